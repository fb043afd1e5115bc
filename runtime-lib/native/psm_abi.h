/*
 * Persimmons C ABI v1: the types that every model's header shares.
 *
 * A model NAME is a library with the functions NAME_create, NAME_run, ... (its generated header NAME.h declares them).
 * All are re-entrant and keep no global data. An instance serves one call at a time; for parallel callers make one
 * instance each, sharing the weights through psm_options.share_weights. Only NAME_cancel may be called from another
 * thread during a call.
 *
 * Functions that can fail return a psm_status; the numbers are the exit codes of the persimmons command line.
 */
#ifndef PSM_ABI_V1_H
#define PSM_ABI_V1_H

#include <stdint.h>

#define PSM_ABI_VERSION 1u

typedef enum psm_status {
  PSM_OK = 0,
  PSM_E_USAGE = 2,      /* wrong arguments or inputs; NAME_last_error lists every problem, one a line */
  PSM_E_LIMIT = 4,      /* this CPU, or the memory allowed, does not suffice */
  PSM_E_FILE = 5,       /* the weights file is missing, unreadable or not this model's */
  PSM_E_BUG = 70,       /* a fault of the compiler or of this library */
  PSM_E_CANCELLED = 130 /* NAME_cancel was called */
} psm_status;

/*
 * Element types: DLPack's type code * 256 + bits. Elements narrower than a byte take one byte each; PSM_I1 is a byte
 * 0 or 1; complex numbers are real part, imaginary part.
 */
typedef enum psm_dtype {
  PSM_I2 = 0x0002,
  PSM_I4 = 0x0004,
  PSM_I8 = 0x0008,
  PSM_I16 = 0x0010,
  PSM_I32 = 0x0020,
  PSM_I64 = 0x0040,
  PSM_UI2 = 0x0102,
  PSM_UI4 = 0x0104,
  PSM_UI8 = 0x0108,
  PSM_UI16 = 0x0110,
  PSM_UI32 = 0x0120,
  PSM_UI64 = 0x0140,
  PSM_F16 = 0x0210,
  PSM_F32 = 0x0220,
  PSM_F64 = 0x0240,
  PSM_BF16 = 0x0410,
  PSM_COMPLEX_F32 = 0x0540,
  PSM_COMPLEX_F64 = 0x0580,
  PSM_I1 = 0x0608,
  PSM_F8E3M4 = 0x0708,
  PSM_F8E4M3 = 0x0808,
  PSM_F8E4M3B11FNUZ = 0x0908,
  PSM_F8E4M3FN = 0x0a08,
  PSM_F8E4M3FNUZ = 0x0b08,
  PSM_F8E5M2 = 0x0c08,
  PSM_F8E5M2FNUZ = 0x0d08,
  PSM_F8E8M0FNU = 0x0e08,
  PSM_F6E2M3FN = 0x0f06,
  PSM_F6E3M2FN = 0x1006,
  PSM_F4E2M1FN = 0x1104
} psm_dtype;

/*
 * A dense row-major tensor.
 *
 * As an input: data, dims, rank and dtype are read; data must be aligned to its element; bytes, when not 0, must be the
 * tensor's size. As an output: data is the caller's buffer of `bytes` bytes, or NULL to have the run allocate it (give
 * it back with NAME_release before NAME_destroy). dims is the caller's array of as many sizes as the output has
 * dimensions, or NULL to have it point into the instance (valid until the next call on it). bytes, dims, rank and dtype
 * are written. Outputs must not overlap inputs or each other.
 */
typedef struct psm_tensor {
  void *data;
  int64_t *dims;
  uint64_t bytes;
  int32_t rank;
  int32_t dtype; /* psm_dtype */
} psm_tensor;

/* Where an instance takes its memory from. alloc returns NULL when there is none; alignment is a power of two.
 * Both may be called from the threads that run tasks. */
typedef struct psm_allocator {
  void *context;
  void *(*alloc)(void *context, uint64_t bytes, uint64_t alignment);
  void (*free)(void *context, void *block);
} psm_allocator;

/*
 * Threads lent by the caller. parallel runs task(args, chunk) for every chunk in 0..chunks-1, in any order, on any
 * threads, and returns when all are done. Results do not depend on the number of threads.
 */
typedef struct psm_threads {
  void *context;
  void (*parallel)(void *context, void (*task)(void *args, int64_t chunk), void *args, int64_t chunks);
  uint32_t count;
} psm_threads;

#define PSM_FLAG_PROFILE 1u /* count calls and nanoseconds per kernel, where the model was built for it */

/* All-zero means default; set size to sizeof(psm_options). */
typedef struct psm_options {
  uint32_t size;
  uint32_t threads;      /* 0: one per CPU this process may use; 1: the calling thread alone */
  uint32_t flags;        /* PSM_FLAG_... */
  uint32_t error_bytes;  /* size of the buffer at error */
  uint64_t memory_limit; /* bytes for states, arena and allocated outputs; 0: none */
  uint64_t weights_bytes;
  /* The weights: a file, mapped read-only (NULL: NAME.safetensors or weights.safetensors beside the library); */
  const char *weights_path;
  /* or the file's data section in memory, weights_bytes long, 64-byte aligned, outliving the instances; */
  const void *weights_data;
  /* or those of another instance of the same model; either instance may be destroyed first. */
  const void *share_weights;
  const psm_allocator *allocator;
  const psm_threads *thread_pool;
  const void *collectives; /* reserved: NULL */
  char *error;             /* where NAME_create writes what went wrong; may be NULL */
} psm_options;

#endif
