/*
 * C ABI v1 over a compiled module: instances, plans, runs, states.
 *
 * One translation unit, compiled once with -DPSM_NAME=psm and linked with the module, its table (psm_model_table) and a
 * bridge that gives the functions the model's name (abi.ts). A library exports nothing else, so that any number of models
 * live in one process. Nothing here is variable and global: an instance owns its arena, states, threads and error text;
 * instances share the weights alone.
 */

#if !defined(__wasm__)
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#endif

#include "psm_runtime.h"

typedef struct PSM_SYM(instance) psm_instance;

PSM_EXPORT int32_t PSM_SYM(create)(const psm_options *options, psm_instance **out);

#define psm_model_table PSM_SYM(model_table)
extern const struct psm_model psm_model_table __attribute__((visibility("hidden")));

#include "psm_sizes.c"
#include "psm_text.c"
#include "psm_memory.c"
#include "psm_cpu.c"
#include "psm_weights.c"
#include "psm_threads.c"
#include "psm_instance.c"
#include "psm_call.c"

#define PSM_PTR sizeof(void *)
_Static_assert(offsetof(struct psm_rt, parallel) == 16, "psm_rt is part of the module ABI");
_Static_assert(offsetof(struct psm_rt, alloc) == 16 + PSM_PTR, "psm_rt is part of the module ABI");
_Static_assert(offsetof(struct psm_rt, counters) == 16 + 3 * PSM_PTR, "psm_rt is part of the module ABI");
_Static_assert(offsetof(struct psm_rt, clock) == 16 + 5 * PSM_PTR, "psm_rt is part of the module ABI");
_Static_assert(offsetof(psm_tensor, bytes) == 2 * PSM_PTR, "psm_tensor is part of the C ABI");
_Static_assert(sizeof(psm_tensor) == 16 + 2 * PSM_PTR, "psm_tensor is part of the C ABI");
_Static_assert(offsetof(psm_options, weights_path) == 32, "psm_options is part of the C ABI");

PSM_EXPORT uint32_t PSM_SYM(abi_version)(void);
PSM_EXPORT const char *PSM_SYM(describe)(void);
PSM_EXPORT int32_t PSM_SYM(plan)(psm_instance *m, int32_t entry, const psm_tensor *inputs, int32_t input_count,
                                 psm_tensor *outputs, int32_t output_count);
PSM_EXPORT int32_t PSM_SYM(run)(psm_instance *m, int32_t entry, const psm_tensor *inputs, int32_t input_count,
                                psm_tensor *outputs, int32_t output_count);
PSM_EXPORT void PSM_SYM(release)(psm_instance *m, psm_tensor *output);
PSM_EXPORT int32_t PSM_SYM(state_get)(psm_instance *m, int32_t state, psm_tensor *out);
PSM_EXPORT int32_t PSM_SYM(state_reset)(psm_instance *m, int32_t state);
PSM_EXPORT int32_t PSM_SYM(counters)(psm_instance *m, uint64_t *out, int32_t capacity);
PSM_EXPORT const char *PSM_SYM(last_error)(const psm_instance *m);
PSM_EXPORT void PSM_SYM(cancel)(psm_instance *m);
PSM_EXPORT void PSM_SYM(destroy)(psm_instance *m);

uint32_t PSM_SYM(abi_version)(void) {
  return PSM_ABI_VERSION;
}

const char *PSM_SYM(describe)(void) {
  return psm_model_table.json;
}

int32_t PSM_SYM(create)(const psm_options *options, psm_instance **out) {
  psm_options o;
  struct psm_text error = {NULL, 0, 0};
  if (out == NULL) return PSM_E_USAGE;
  *out = NULL;
  const int32_t status = psm_read_options(options, &o, &error);
  return status == PSM_OK ? psm_make_instance(&o, out, &error) : status;
}

int32_t PSM_SYM(plan)(psm_instance *m, int32_t entry, const psm_tensor *inputs, int32_t input_count,
                      psm_tensor *outputs, int32_t output_count) {
  if (!psm_enter(m)) return PSM_E_USAGE;
  if (!psm_check_call(m, entry, input_count, output_count)) return psm_leave(m, PSM_E_USAGE);
  const int32_t status = psm_make_plan(m, entry, inputs, 0);
  const struct psm_entry *e = &psm_model_table.entries[entry];
  int64_t *dims = m->plans[entry].out_dims;
  for (int32_t i = 0; status == PSM_OK && i < e->output_count; i++) {
    const int64_t bytes = psm_describe_output(&e->outputs[i], dims, &outputs[i]);
    outputs[i].bytes = bytes < 0 ? 0 : (uint64_t)bytes;
    dims += e->outputs[i].rank;
  }
  return psm_leave(m, status);
}

int32_t PSM_SYM(run)(psm_instance *m, int32_t entry, const psm_tensor *inputs, int32_t input_count,
                     psm_tensor *outputs, int32_t output_count) {
  if (!psm_enter(m)) return PSM_E_USAGE;
  if (!psm_check_call(m, entry, input_count, output_count)) return psm_leave(m, PSM_E_USAGE);
  return psm_leave(m, psm_run_entry(m, entry, inputs, outputs));
}

void PSM_SYM(release)(psm_instance *m, psm_tensor *output) {
  if (m == NULL || output == NULL) return;
  psm_heap_free(&m->heap, output->data);
  output->data = NULL;
  output->bytes = 0;
}

int32_t PSM_SYM(state_get)(psm_instance *m, int32_t state, psm_tensor *out) {
  if (state < 0 || state >= psm_model_table.state_count || !psm_enter(m)) return PSM_E_USAGE;
  const struct psm_port *port = &psm_model_table.states[state].port;
  const struct psm_slot *slot = &m->states[state];
  if (slot->data == NULL) {
    psm_put_port(m, "state", port);
    psm_put(&m->error, "it has no size before the first run that uses it");
    return psm_leave(m, PSM_E_USAGE);
  }
  out->data = slot->data;
  out->dims = slot->dims;
  out->bytes = (uint64_t)psm_tensor_bytes(slot->dims, port->rank, port->dtype);
  out->rank = port->rank;
  out->dtype = port->dtype;
  return psm_leave(m, PSM_OK);
}

int32_t PSM_SYM(state_reset)(psm_instance *m, int32_t state) {
  if (state < -1 || state >= psm_model_table.state_count || !psm_enter(m)) return PSM_E_USAGE;
  for (int32_t i = 0; i < psm_model_table.state_count; i++) {
    if (state == -1 || state == i) psm_reset_state(m, i);
  }
  return psm_leave(m, PSM_OK);
}

int32_t PSM_SYM(counters)(psm_instance *m, uint64_t *out, int32_t capacity) {
  if (m == NULL || m->rt.counters == NULL) return 0;
  const int32_t count = 2 * psm_model_table.kernel_count;
  for (int32_t i = 0; i < count && i < capacity; i++) out[i] = m->rt.counters[i];
  return count;
}

const char *PSM_SYM(last_error)(const psm_instance *m) {
  return m == NULL ? "no instance" : m->error_bytes;
}

void PSM_SYM(cancel)(psm_instance *m) {
  if (m != NULL) __atomic_store_n(&m->rt.cancel, 1, __ATOMIC_RELAXED);
}

void PSM_SYM(destroy)(psm_instance *m) {
  if (m != NULL) psm_free_instance(m);
}
