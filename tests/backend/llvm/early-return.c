// Runs a program with the k-th allocation failing, then cancelled at the k-th call of the runtime; prints what it saw.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
struct psm_rt {
  uint32_t abi, threads; volatile int32_t cancel; uint32_t flags;
  void (*parallel)(struct psm_rt *, void (*)(void *, int64_t), void *, int64_t);
  void *(*alloc)(struct psm_rt *, int64_t); void (*free)(struct psm_rt *, void *);
  uint64_t *counters; void *user; uint64_t (*clock)(struct psm_rt *);
};
int32_t program_main_run(struct psm_rt *, void **, int64_t *, int64_t *);
int32_t program_main_plan(int64_t *, int64_t *, int64_t *, int64_t *);
static int live, allocs, fail_at, calls, cancel_at;
static void event(struct psm_rt *rt) { if (++calls == cancel_at) rt->cancel = 1; }
static void *get(struct psm_rt *rt, int64_t n) {
  event(rt);
  if (++allocs == fail_at) return NULL;
  live++;
  return aligned_alloc(64, (n + 64) & -64);
}
static void put(struct psm_rt *rt, void *p) { (void)rt; live--; free(p); }
static void all(struct psm_rt *rt, void (*task)(void *, int64_t), void *args, int64_t n) {
  event(rt);
  for (int64_t k = 0; k < n; k++) task(args, k);
}
static int once(int64_t n, char c) {
  struct psm_rt rt = {1, 1, 0, 0, all, get, put, NULL, NULL, NULL};
  int64_t in_dims[1] = {1}, symbols[64] = {0}, out_dims[2], sizes[8];
  live = allocs = calls = 0;
  if (program_main_plan(in_dims, symbols, out_dims, sizes)) exit(9);
  void *arena = aligned_alloc(64, (sizes[0] + 64) & -64);
  static _Alignas(64) int64_t weights[8] = {10};
  void *bufs[6] = {weights, arena, &c, &n, NULL, NULL};
  int32_t status = program_main_run(&rt, bufs, symbols, out_dims);
  if (status == 0) { put(&rt, bufs[4]); put(&rt, bufs[5]); }
  free(arena);
  return status;
}
int main(void) {
  for (int c = 0; c < 2; c++) {
    fail_at = cancel_at = 0;
    printf("done %d", once(5, c)); printf(" live %d\n", live);
    int count = allocs, events = calls;
    printf("check %d", once(12, c)); printf(" live %d\n", live);
    for (fail_at = 1; fail_at <= count; fail_at++) { printf("memory %d", once(5, c)); printf(" live %d\n", live); }
    fail_at = 0;
    for (cancel_at = 1; cancel_at <= events; cancel_at++) { printf("cancel %d", once(5, c)); printf(" live %d\n", live); }
  }
}
