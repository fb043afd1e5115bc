/* Measures what one core, or several at once, can do: multiply-adds in registers, and reads of working sets of several
   sizes. Prints JSON: GFLOP/s of f32 and f64, and GB/s for each size, all summed over the threads.

   probe THREADS; compile with clang -O3 -march=native -pthread. Figures are the best of several short measurements. */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define CHAINS 12
#define MAX_THREADS 256
#define SAMPLES 7

typedef float f32s __attribute__((vector_size(4 * LANES)));
typedef double f64s __attribute__((vector_size(4 * LANES)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Twelve independent chains of multiply-adds cover the latency of four cycles at two a cycle; the empty assembler text
   keeps the compiler from simplifying them. A function for each type gives the floating-point operations done. */
#define MULTIPLY_ADDS(name, vector, lanes)                                                      \
  static double name(long rounds) {                                                             \
    vector sum[CHAINS], factor = {0}, term = {0};                                               \
    memset(sum, 0, sizeof sum);                                                                 \
    __asm__ volatile("" : "+v"(factor), "+v"(term));                                            \
    _Pragma("clang loop unroll(disable)") for (long r = 0; r < rounds; r++) {                   \
      _Pragma("clang loop unroll(full)") for (int c = 0; c < CHAINS; c++) {                     \
        sum[c] = sum[c] * factor + term;                                                        \
        __asm__ volatile("" : "+v"(sum[c]));                                                    \
      }                                                                                         \
    }                                                                                           \
    return 2.0 * (lanes) * CHAINS * rounds;                                                     \
  }
MULTIPLY_ADDS(multiply_adds_f32, f32s, LANES)
MULTIPLY_ADDS(multiply_adds_f64, f64s, LANES / 2)

/* Reads a working set; gives the bytes. */
static double read_all(const f64s *data, size_t vectors) {
  f64s sums[8];
  memset(sums, 0, sizeof sums);
  for (size_t k = 0; k + 8 <= vectors; k += 8)
    for (int c = 0; c < 8; c++) sums[c] += data[k + c];
  for (int c = 0; c < 8; c++) __asm__ volatile("" ::"v"(sums[c]));
  return (double)(vectors / 8 * 8 * sizeof(f64s));
}

enum work { F32, F64, READ };

struct worker {
  pthread_t thread;
  enum work work;
  size_t bytes;
  pthread_barrier_t *barrier;
  double done;
  double seconds;
};

static double some_work(const struct worker *w, const f64s *data) {
  if (w->work == F32) return multiply_adds_f32(1000000);
  if (w->work == F64) return multiply_adds_f64(1000000);
  double read = 0;
  while (read < 5e8) read += read_all(data, w->bytes / sizeof(f64s));
  return read;
}

static void *run_worker(void *argument) {
  struct worker *w = argument;
  void *data = NULL;
  if (w->work == READ) {
    if (posix_memalign(&data, 4096, w->bytes)) exit(1);
    memset(data, 1, w->bytes);
  }
  some_work(w, data);
  pthread_barrier_wait(w->barrier);
  double start = now();
  w->done = some_work(w, data);
  w->seconds = now() - start;
  free(data);
  return NULL;
}

/* Work per nanosecond of all threads together, while all are at it. */
static double rate(int threads, enum work work, size_t bytes) {
  static struct worker workers[MAX_THREADS];
  double best = 0;
  for (int sample = 0; sample < SAMPLES; sample++) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, threads);
    double sum = 0;
    for (int k = 0; k < threads; k++) {
      workers[k] = (struct worker){.work = work, .bytes = bytes, .barrier = &barrier};
      if (pthread_create(&workers[k].thread, NULL, run_worker, &workers[k])) exit(1);
    }
    for (int k = 0; k < threads; k++) pthread_join(workers[k].thread, NULL);
    for (int k = 0; k < threads; k++) sum += workers[k].done / workers[k].seconds;
    pthread_barrier_destroy(&barrier);
    if (sum > best) best = sum;
  }
  return best * 1e-9;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  if (threads < 1 || threads > MAX_THREADS) return fprintf(stderr, "1 to %d threads\n", MAX_THREADS), 2;
  static const size_t kibibytes[] = {24, 512, 8192, 262144};
  printf("{\"threads\": %d, \"f32\": %.2f, ", threads, rate(threads, F32, 0));
  printf("\"f64\": %.2f, \"read\": {", rate(threads, F64, 0));
  for (int k = 0; k < 4; k++)
    printf("%s\"%zu\": %.2f", k ? ", " : "", kibibytes[k] * 1024, rate(threads, READ, kibibytes[k] * 1024));
  printf("}}\n");
  return 0;
}
