/* What the programs of this folder share: arrays and their first values, the clock, and files of results.

   A program is called `NAME [REPETITIONS [FOLDER]]`. It prints the best and the median time of its kernel in seconds;
   every repetition starts from the first values again, outside the clock. With a FOLDER it writes each result
   of the last repetition there as raw f64: FOLDER/ARRAY.f64. Sizes are macros: LARGE unless given by -D. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Names of <math.h> that kernels have for arrays of their own. */
#define y1 y1_array

#define ARRAY _Alignas(64) static double
#define KERNEL __attribute__((noinline)) static void kernel
#define REAL(x) ((double)(x))
#define FILL1(a, n, value) \
  for (int i = 0; i < (n); i++) a[i] = (value)
#define FILL2(a, n, m, value)     \
  for (int i = 0; i < (n); i++)   \
    for (int j = 0; j < (m); j++) a[i][j] = (value)
#define FILL3(a, n, m, l, value)    \
  for (int i = 0; i < (n); i++)     \
    for (int j = 0; j < (m); j++)   \
      for (int k = 0; k < (l); k++) a[i][j][k] = (value)
#define CLEAR(a) memset(a, 0, sizeof(a))
#define RESULT(a) {#a, sizeof(a) / sizeof(double), (const double *)a}

struct result {
  const char *name;
  size_t count;
  const double *data;
};

/* A number that the compiler cannot know: kernels take their scalars at run time. */
static inline double scalar(double x) {
  volatile double hidden = x;
  return hidden;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static int write_results(const char *folder, const struct result *results, size_t count) {
  for (size_t k = 0; k < count; k++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.f64", folder, results[k].name);
    FILE *file = fopen(path, "wb");
    if (!file) return perror(path), 1;
    size_t written = fwrite(results[k].data, sizeof(double), results[k].count, file);
    if (fclose(file) || written != results[k].count) return perror(path), 1;
  }
  return 0;
}

static int measure(int argc, char **argv, void (*init)(void), void (*run)(void), const struct result *results,
                   size_t count) {
  int repetitions = argc > 1 ? atoi(argv[1]) : 5;
  if (repetitions < 1 || repetitions > 1000) return fprintf(stderr, "1 to 1000 repetitions\n"), 2;
  double times[1000];
  for (int k = 0; k < repetitions; k++) {
    init();
    double start = now();
    run();
    times[k] = now() - start;
  }
  qsort(times, repetitions, sizeof(double), by_value);
  printf("%.9f %.9f\n", times[0], (times[(repetitions - 1) / 2] + times[repetitions / 2]) / 2);
  return argc > 2 ? write_results(argv[2], results, count) : 0;
}

/* The rest of a program: `MAIN(call of the kernel, RESULT(…), …)`. */
#define MAIN(call, ...)                                                                       \
  static void run(void) { call; }                                                             \
  int main(int argc, char **argv) {                                                           \
    const struct result results[] = {__VA_ARGS__};                                            \
    return measure(argc, argv, init, run, results, sizeof results / sizeof results[0]);       \
  }
