/*
 * What the runtime, the generated model table and the compiled module agree on. Users see psm_abi.h and NAME.h only.
 * The layouts of psm_rt and psm_tensor are part of the ABI (static assertions in psm_runtime.c hold them still); those of
 * psm_port to psm_model must match the constants that table.ts writes.
 */
#ifndef PSM_RUNTIME_H
#define PSM_RUNTIME_H

#include "psm_abi.h"

#include <stddef.h>

#define PSM_CAT_(a, b) a##_##b
#define PSM_CAT(a, b) PSM_CAT_(a, b)
#define PSM_STR_(a) #a
#define PSM_STR(a) PSM_STR_(a)
/* NAME_x: every symbol with external linkage is spelled through this. */
#define PSM_SYM(x) PSM_CAT(PSM_NAME, x)

#ifdef __cplusplus
#error "the runtime is C; include the generated header from C++"
#endif

#define PSM_EXPORT __attribute__((visibility("default")))

/* What an entry receives: the services of the instance. */
struct psm_rt {
  uint32_t abi;
  uint32_t threads;
  volatile int32_t cancel;
  uint32_t flags;
  void (*parallel)(struct psm_rt *, void (*task)(void *args, int64_t chunk), void *args, int64_t chunks);
  void *(*alloc)(struct psm_rt *, int64_t bytes);
  void (*free)(struct psm_rt *, void *);
  uint64_t *counters;
  void *user;
  uint64_t (*clock)(struct psm_rt *); /* nanoseconds of a steady clock; 0 where there is none (wasm) */
};

typedef int32_t psm_plan_fn(const int64_t *in_dims, int64_t *symbols, int64_t *out_dims, int64_t *sizes);
typedef int32_t psm_run_fn(struct psm_rt *rt, void **bufs, int64_t *symbols, int64_t *out_dims);

#define PSM_PORT_ALLOCATED_BY_RUN 1u

/* An input, output or state of the model. dims: -1 where the size is not a constant. */
struct psm_port {
  const char *name;
  const int64_t *dims;
  int32_t rank;
  int32_t dtype;
  uint32_t flags;
};

/*
 * Sizes that depend on symbols: for each dimension, in postfix, pairs of an operation and its operand, then PSM_SIZE_END.
 * The operators take two values from the stack and leave one.
 */
enum psm_size_code {
  PSM_SIZE_END,
  PSM_SIZE_CONSTANT, /* operand: the value */
  PSM_SIZE_SYMBOL,   /* operand: the symbol's number */
  PSM_SIZE_ADD,
  PSM_SIZE_SUBTRACT,
  PSM_SIZE_MULTIPLY,
  PSM_SIZE_FLOORDIV,
  PSM_SIZE_CEILDIV,
  PSM_SIZE_MOD,
  PSM_SIZE_MIN,
  PSM_SIZE_MAX
};

struct psm_state {
  struct psm_port port;
  const int64_t *sizes; /* NULL when all are constants */
  int64_t init;         /* offset of the first value in the weights; -1: zeros */
};

struct psm_entry {
  const char *name;
  psm_plan_fn *plan;
  psm_run_fn *run;
  const struct psm_port *inputs;
  const struct psm_port *outputs;
  const int32_t *states; /* indices into the model's states, in the order of the entry's buffers */
  const char *const *checks;
  int32_t input_count;
  int32_t output_count;
  int32_t state_count;
  int32_t check_count;
};

/* The table of a model: constant data, generated from its description as LLVM IR (table.ts) and linked with the module. */
struct psm_model {
  const char *name;
  const char *json;
  const struct psm_entry *entries;
  const struct psm_state *states;
  const char *const *features;
  int32_t entry_count;
  int32_t symbol_count; /* of the whole model: every entry's symbols are numbered alike */
  int32_t state_count;
  int32_t feature_count;
  int32_t kernel_count; /* kernels with counters; 0 unless the module was built for profiling */
  uint64_t weights_bytes;
  uint64_t weights_offset; /* of the data section in the weights file */
  uint32_t fingerprint;    /* of the weights file (psm_weights.c); 0: not known */
};

#endif
