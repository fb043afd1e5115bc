/*
 * A C program that uses compiled models with neither Node nor Python: four models in one process, outputs of both kinds,
 * states, wrong inputs, cancellation, lent memory and threads, eight threads at once over shared weights.
 * Ends with 0 and "ok" when everything is as it should be, else says which line is not.
 */

#define _POSIX_C_SOURCE 200809L

#include "add.h"
#include "nonzero.h"
#include "rows.h"
#include "spin.h"
#include "total.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Sizes for a machine that a checker slows down fiftyfold. */
#if defined(PSM_SLOW_MACHINE)
#define ROWS 200
#define REPEATS 2000
#else
#define ROWS 4096
#define REPEATS 100000
#endif

#define CHECK(x) \
  do { \
    if (!(x)) fprintf(stderr, "line %d: %s\n", __LINE__, #x), exit(1); \
  } while (0)

static void check_add(void) {
  add_instance *m = NULL;
  float x[4] = {1, 2, 3, 4}, y[4] = {0};
  int64_t dims[1] = {4};
  psm_tensor in = {.data = x, .dims = dims, .rank = 1, .dtype = PSM_F32}, out = {.data = y, .bytes = sizeof y};
  CHECK(add_abi_version() == PSM_ABI_VERSION);
  CHECK(strstr(add_describe(), "\"model\":\"add\"") != NULL);
  CHECK(add_create(NULL, &m) == PSM_OK); /* the weights are beside the library */
  CHECK(add_run(m, ADD_ENTRY_MAIN, &in, ADD_MAIN_INPUTS, &out, ADD_MAIN_OUTPUTS) == PSM_OK);
  CHECK(y[0] == 11 && y[1] == 22 && y[2] == 33 && y[3] == 44);
  CHECK(out.rank == 1 && out.dims[0] == 4 && out.dtype == PSM_F32 && out.bytes == sizeof y);
  out.bytes = 15;
  CHECK(add_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  CHECK(strcmp(add_last_error(m), "output 'y': its buffer needs 16 bytes") == 0);
  add_destroy(m);
  add_destroy(NULL);
}

static void check_wrong_inputs(void) {
  add_instance *m = NULL;
  float x[4] = {0};
  int64_t dims[1] = {5};
  psm_tensor in = {.data = x, .dims = dims, .bytes = 16, .rank = 1, .dtype = PSM_F64}, out = {0};
  CHECK(add_create(NULL, &m) == PSM_OK);
  CHECK(add_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  CHECK(strcmp(add_last_error(m), "input 'x': its elements are f64, the model takes f32\n"
                                  "input 'x': dimension 0 is 5, the model takes 4") == 0);
  CHECK(add_run(m, 0, &in, 2, &out, 0) == PSM_E_USAGE);
  CHECK(strcmp(add_last_error(m), "number of inputs: 2, the model takes 1\nnumber of outputs: 0, the model gives 1") == 0);
  CHECK(add_run(m, 7, &in, 1, &out, 1) == PSM_E_USAGE && strcmp(add_last_error(m), "there is no entry 7") == 0);
  in.dtype = PSM_F32;
  dims[0] = 4;
  in.data = (char *)x + 1;
  CHECK(add_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  CHECK(strcmp(add_last_error(m), "input 'x': data is not aligned to its elements") == 0);
  in.data = NULL;
  CHECK(add_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  in.data = x;
  in.bytes = 12;
  CHECK(add_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  CHECK(strcmp(add_last_error(m), "input 'x': its data has 12 bytes, its shape needs 16") == 0);
  in.bytes = 0;
  CHECK(add_run(m, 0, &in, 1, &out, 1) == PSM_OK && *add_last_error(m) == 0);
  add_release(m, &out);
  CHECK(out.data == NULL);
  CHECK(add_run(NULL, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  CHECK(rows_run((rows_instance *)m, 0, &in, 1, &out, 1) == PSM_E_USAGE); /* another model's instance */
  add_destroy(m);
}

static void check_weights(const char *folder) {
  char error[512], path[512];
  _Alignas(64) const float weights[4] = {-1, -2, -3, -4};
  add_instance *m = NULL, *shared = NULL;
  psm_options o = {.size = sizeof o, .weights_path = "/nowhere", .error = error, .error_bytes = sizeof error};
  CHECK(add_create(&o, &m) == PSM_E_FILE && m == NULL && strstr(error, "'/nowhere'") != NULL);
  snprintf(path, sizeof path, "%s/rows.safetensors", folder); /* another model's */
  o.weights_path = path;
  CHECK(add_create(&o, &m) == PSM_E_FILE);
  snprintf(path, sizeof path, "%s/forged.safetensors", folder); /* right in everything but the numbers */
  CHECK(add_create(&o, &m) == PSM_E_FILE && strstr(error, "not the weights") != NULL);
  o.weights_data = weights;
  CHECK(add_create(&o, &m) == PSM_E_USAGE && strstr(error, "give one of") != NULL);
  o.weights_path = NULL;
  o.weights_bytes = 12;
  CHECK(add_create(&o, &m) == PSM_E_USAGE);
  o.weights_bytes = 16;
  CHECK(add_create(&o, &m) == PSM_OK);
  psm_options share = {.size = sizeof share, .share_weights = m};
  CHECK(add_create(&share, &shared) == PSM_OK);
  add_destroy(m);
  float x[4] = {1, 2, 3, 4}, y[4];
  int64_t dims[1] = {4};
  psm_tensor in = {.data = x, .dims = dims, .rank = 1, .dtype = PSM_F32}, out = {.data = y, .bytes = sizeof y};
  CHECK(add_run(shared, 0, &in, 1, &out, 1) == PSM_OK && y[0] == 0 && y[3] == 0);
  psm_options wrong = {.size = sizeof wrong, .share_weights = shared, .error = error, .error_bytes = sizeof error};
  rows_instance *r = NULL;
  CHECK(rows_create(&wrong, &r) == PSM_E_USAGE && strstr(error, "another model") != NULL);
  add_destroy(shared);
}

static void check_run_allocated(void) {
  nonzero_instance *m = NULL;
  int32_t x[6] = {0, 3, 0, 0, 5, 1};
  int64_t dims[1] = {6}, own[1];
  psm_tensor in = {.data = x, .dims = dims, .rank = 1, .dtype = PSM_I32}, out = {.dims = own};
  psm_options o = {.size = sizeof o, .memory_limit = 100000};
  CHECK(nonzero_create(&o, &m) == PSM_OK);
  CHECK(nonzero_plan(m, 0, &in, 1, &out, 1) == PSM_OK && own[0] == -1 && out.bytes == 0);
  for (int i = 0; i < REPEATS; i++) { /* would pass the limit if anything stayed */
    CHECK(nonzero_run(m, 0, &in, 1, &out, 1) == PSM_OK && own[0] == 3 && out.bytes == 24);
    CHECK(((int64_t *)out.data)[2] == 5);
    nonzero_release(m, &out);
  }
  x[5] = -1;
  for (int i = 0; i < REPEATS; i++) CHECK(nonzero_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE && out.data == NULL);
  CHECK(strcmp(nonzero_last_error(m), "no element of 'x' may be negative") == 0);
  out.data = x;
  out.bytes = sizeof x;
  CHECK(nonzero_run(m, 0, &in, 1, &out, 1) == PSM_E_USAGE);
  out.data = NULL;
  dims[0] = 50000; /* its output would pass the limit; x is not read before that */
  CHECK(nonzero_run(m, 0, &in, 1, &out, 1) == PSM_E_LIMIT);
  dims[0] = INT64_MAX / 2;
  CHECK(nonzero_run(m, 0, &in, 1, &out, 1) == PSM_E_LIMIT);
  nonzero_destroy(m);
}

static void check_states(void) {
  total_instance *m = NULL;
  float x[2] = {1, 2}, y[2];
  int64_t dims[1] = {2};
  psm_tensor in = {.data = x, .dims = dims, .rank = 1, .dtype = PSM_F32}, out = {.data = y, .bytes = sizeof y}, s = {0};
  CHECK(total_create(NULL, &m) == PSM_OK);
  for (int i = 1; i <= 5; i++) {
    CHECK(total_run(m, TOTAL_ENTRY_MAIN, &in, 1, &out, 1) == PSM_OK && y[0] == 100 + i && y[1] == 200 + 2 * i);
  }
  CHECK(total_state_get(m, TOTAL_STATE_TOTAL, &s) == PSM_OK && s.bytes == 8 && ((float *)s.data)[1] == 210);
  ((float *)s.data)[1] = -2;
  CHECK(total_run(m, TOTAL_ENTRY_MAIN, &in, 1, &out, 1) == PSM_OK && y[1] == 0);
  CHECK(total_state_get(m, TOTAL_STATE_WINDOW, &s) == PSM_E_USAGE);
  CHECK(total_run(m, TOTAL_ENTRY_KEEP, &in, 1, NULL, 0) == PSM_OK);
  CHECK(total_state_get(m, TOTAL_STATE_WINDOW, &s) == PSM_OK && s.dims[0] == 2 && ((float *)s.data)[1] == 2);
  CHECK(total_state_reset(m, -1) == PSM_OK && total_state_get(m, TOTAL_STATE_WINDOW, &s) == PSM_E_USAGE);
  CHECK(total_run(m, TOTAL_ENTRY_PEEK, NULL, 0, &out, 1) == PSM_OK && y[0] == 100 && y[1] == 200);
  CHECK(total_state_get(m, 2, &s) == PSM_E_USAGE && total_state_reset(m, -2) == PSM_E_USAGE);
  total_destroy(m);
}

static void *cancel_soon(void *m) {
  const struct timespec t = {0, 50 * 1000 * 1000};
  nanosleep(&t, NULL);
  spin_cancel(m);
  return NULL;
}

static void check_cancel(void) {
  spin_instance *m = NULL;
  int64_t x = INT64_MAX, y = 0;
  uint64_t counters[2];
  psm_tensor in = {.data = &x, .dtype = PSM_I64}, out = {.data = &y, .bytes = 8};
  pthread_t thread;
  CHECK(spin_create(NULL, &m) == PSM_OK);
  CHECK(pthread_create(&thread, NULL, cancel_soon, m) == 0);
  CHECK(spin_run(m, 0, &in, 1, &out, 1) == PSM_E_CANCELLED); /* would take centuries */
  pthread_join(thread, NULL);
  x = 1000;
  CHECK(spin_run(m, 0, &in, 1, &out, 1) == PSM_OK && y == 1000);
  CHECK(spin_counters(m, counters, 2) == 2 && counters[0] > 1000 && counters[1] > 0);
  spin_destroy(m);
}

static uint64_t blocks; /* of lent memory in use */

static void *lend(void *context, uint64_t bytes, uint64_t alignment) {
  void *block = NULL;
  CHECK(context == &blocks);
  if (posix_memalign(&block, alignment, bytes) != 0) return NULL;
  __atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
  return block;
}

static void take_back(void *context, void *block) {
  CHECK(context == &blocks);
  __atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
  free(block);
}

static void run_backwards(void *context, void (*task)(void *, int64_t), void *args, int64_t chunks) {
  ++*(int *)context;
  for (int64_t chunk = chunks - 1; chunk >= 0; chunk--) task(args, chunk);
}

static void run_rows(rows_instance *m, int64_t rows, int seed) {
  static const float w[3] = {0.25f, 0.5f, 0.75f};
  float *x = malloc((size_t)rows * 12);
  int64_t dims[2] = {rows, 3};
  psm_tensor in = {.data = x, .dims = dims, .rank = 2, .dtype = PSM_F32}, out = {0};
  for (int64_t i = 0; i < rows * 3; i++) x[i] = (float)(i % 1000 + seed);
  CHECK(rows_run(m, 0, &in, 1, &out, 1) == PSM_OK && out.dims[0] == rows && out.dims[1] == 3);
  for (int64_t i = 0; i < rows * 3; i++) CHECK(((float *)out.data)[i] == 2 * x[i] + w[i % 3]);
  rows_release(m, &out);
  free(x);
}

static void check_lent(void) {
  const psm_allocator allocator = {&blocks, lend, take_back};
  int calls = 0;
  const psm_threads threads = {&calls, run_backwards, 4};
  psm_options o = {.size = sizeof o, .allocator = &allocator, .thread_pool = &threads};
  rows_instance *m = NULL;
  CHECK(rows_create(&o, &m) == PSM_OK && blocks > 0);
  run_rows(m, 100, 3);
  CHECK(calls == 1);
  rows_destroy(m);
  CHECK(blocks == 0);
  o.thread_pool = NULL;
  o.threads = 4;
  CHECK(rows_create(&o, &m) == PSM_OK);
  run_rows(m, 100, 3);
  rows_destroy(m);
  CHECK(blocks == 0);
}

static rows_instance *first;

static void *serve(void *argument) {
  const int seed = *(int *)argument;
  psm_options o = {.size = sizeof o, .threads = 2, .share_weights = first};
  rows_instance *m = NULL;
  CHECK(rows_create(&o, &m) == PSM_OK);
  for (int i = 0; i < 50; i++) run_rows(m, 1 + (i * 397 + seed) % ROWS, seed + i);
  rows_destroy(m);
  return NULL;
}

static void check_eight_threads(void) {
  pthread_t threads[8];
  int seeds[8];
  CHECK(rows_create(NULL, &first) == PSM_OK);
  for (int t = 0; t < 8; t++) seeds[t] = t * 100;
  for (int t = 0; t < 8; t++) CHECK(pthread_create(&threads[t], NULL, serve, &seeds[t]) == 0);
  for (int t = 0; t < 8; t++) CHECK(pthread_join(threads[t], NULL) == 0);
  rows_destroy(first);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  check_add();
  check_wrong_inputs();
  check_weights(argv[1]);
  check_run_allocated();
  check_states();
  check_cancel();
  check_lent();
  check_eight_threads();
  puts("ok");
  return 0;
}
