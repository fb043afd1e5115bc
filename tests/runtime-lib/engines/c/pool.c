/*
 * The thread pool under stress: every chunk runs exactly once, whatever the number of threads, chunks and the time
 * between jobs; tasks that ask for threads run alone; pools start and stop. `pool bench` prints the barrier's latency.
 */

#define PSM_NAME pool
#include "psm_runtime.c"

#include <stdio.h>

static int32_t plan(const int64_t *in_dims, int64_t *symbols, int64_t *out_dims, int64_t *sizes) {
  (void)in_dims, (void)symbols, (void)out_dims, (void)sizes;
  return 0;
}

static int32_t run(struct psm_rt *rt, void **bufs, int64_t *symbols, int64_t *out_dims) {
  (void)rt, (void)bufs, (void)symbols, (void)out_dims;
  return 0;
}

static const struct psm_entry entries[] = {{"main", plan, run, NULL, NULL, NULL, NULL, 0, 0, 0, 0}};
const struct psm_model psm_model_table = {.name = "pool", .json = "{}", .entries = entries, .entry_count = 1};

#define CHUNKS 300

struct work {
  struct psm_rt *rt;
  int64_t chunks;
  uint8_t ran[CHUNKS];
  int64_t *sums;
};

static void fail(const char *what, int64_t chunk) {
  fprintf(stderr, "%s at chunk %lld\n", what, (long long)chunk);
  exit(1);
}

static void touch(void *args, int64_t chunk) {
  struct work *w = args;
  w->ran[chunk]++; /* unguarded on purpose: two threads on one chunk are a race that a sanitizer reports */
}

static void nest(void *args, int64_t chunk) {
  struct work *w = args;
  struct work inner = {.rt = w->rt, .chunks = 5};
  w->rt->parallel(w->rt, touch, &inner, 5);
  for (int i = 0; i < 5; i++) {
    if (inner.ran[i] != 1) fail("a nested chunk did not run once", i);
  }
  w->ran[chunk]++;
}

static void nothing(void *args, int64_t chunk) {
  (void)args, (void)chunk;
}

static void stress(psm_instance *m, int jobs) {
  for (int job = 0; job < jobs; job++) {
    struct work w = {.rt = &m->rt, .chunks = job % CHUNKS};
    m->rt.parallel(&m->rt, job % 7 == 0 ? nest : touch, &w, w.chunks);
    for (int64_t i = 0; i < CHUNKS; i++) {
      if (w.ran[i] != (i < w.chunks)) fail("a chunk did not run once", i);
    }
    if (job % 512 == 0) usleep(1500); /* long enough for the workers to go to sleep */
  }
}

static void bench(void) {
  const uint32_t cpus = psm_default_threads();
  for (uint32_t threads = 2; threads <= cpus; threads++) {
    psm_instance *m = NULL;
    psm_options o = {.size = sizeof o, .threads = threads};
    if (pool_create(&o, &m) != PSM_OK) fail("create", 0);
    uint64_t best = UINT64_MAX, all = 0;
    for (int round = 0; round < 200; round++) {
      const uint64_t begin = psm_now();
      for (int i = 0; i < 1000; i++) m->rt.parallel(&m->rt, nothing, NULL, threads);
      const uint64_t ns = psm_now() - begin;
      if (round > 0) all += ns;
      if (ns < best) best = ns;
    }
    printf("%u threads: barrier %.0f ns best, %.0f ns mean\n", threads, (double)best / 1e3, (double)all / 199e3);
    uint64_t cold = 0;
    for (int i = 0; i < 200; i++) {
      usleep(2000);
      const uint64_t begin = psm_now();
      m->rt.parallel(&m->rt, nothing, NULL, threads);
      cold += psm_now() - begin;
    }
    printf("%u threads: %.0f ns mean after sleep\n", threads, (double)cold / 200);
    pool_destroy(m);
  }
}

int main(int argc, char **argv) {
  if (argc > 1 && psm_same_text(argv[1], "bench")) {
    bench();
    return 0;
  }
  const int jobs = argc > 1 ? atoi(argv[1]) : 20000;
  for (uint32_t threads = 1; threads <= 9; threads++) {
    psm_instance *m = NULL;
    psm_options o = {.size = sizeof o, .threads = threads};
    if (pool_create(&o, &m) != PSM_OK) fail("create", threads);
    stress(m, threads <= 2 ? jobs : jobs / 10);
    pool_destroy(m);
  }
  for (int i = 0; i < 200; i++) { /* pools that stop right after they started */
    psm_instance *m = NULL;
    psm_options o = {.size = sizeof o, .threads = 4};
    if (pool_create(&o, &m) != PSM_OK) fail("create", i);
    if (i % 2 == 0) m->rt.parallel(&m->rt, nothing, NULL, 4);
    pool_destroy(m);
  }
  puts("ok");
  return 0;
}
