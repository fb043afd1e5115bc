/*
 * Memory of an instance: everything comes from one allocator (the caller's or the default) in 64-byte aligned blocks
 * with a 64-byte head that holds their size, so that a limit can be kept. Blocks may be taken and given back from any
 * thread that runs a task.
 */

#define PSM_ALIGN 64u
#define PSM_HUGE (UINT64_C(4) << 20) /* from here on, huge pages are worth asking for */

#if defined(__wasm__)

#include "psm_wasm.c"

#else

static void *psm_default_alloc(void *context, uint64_t bytes, uint64_t alignment) {
  void *block = NULL;
  (void)context;
  if (bytes >= PSM_HUGE) alignment = UINT64_C(2) << 20;
  if (bytes > SIZE_MAX || posix_memalign(&block, (size_t)alignment, (size_t)bytes) != 0) return NULL;
#if defined(MADV_HUGEPAGE)
  if (bytes >= PSM_HUGE) (void)madvise(block, (size_t)bytes, MADV_HUGEPAGE); /* a wish: its failure changes nothing */
#endif
  return block;
}

static void psm_default_free(void *context, void *block) {
  (void)context;
  free(block);
}

#endif

struct psm_heap {
  psm_allocator allocator;
  uint64_t limit; /* 0: none */
  uint64_t used;  /* changed atomically */
};

static int psm_heap_charge(struct psm_heap *heap, uint64_t bytes) {
  uint64_t used = __atomic_add_fetch(&heap->used, bytes, __ATOMIC_RELAXED);
  if (heap->limit == 0 || used <= heap->limit) return 1;
  __atomic_sub_fetch(&heap->used, bytes, __ATOMIC_RELAXED);
  return 0;
}

/* A block of at least `bytes` bytes, not cleared; NULL when the limit or the machine has no more. */
static void *psm_heap_alloc(struct psm_heap *heap, int64_t bytes) {
  if (bytes < 0 || bytes > INT64_MAX - 2 * (int64_t)PSM_ALIGN) return NULL;
  uint64_t whole = (((uint64_t)bytes + PSM_ALIGN - 1) & ~(uint64_t)(PSM_ALIGN - 1)) + PSM_ALIGN;
  if (!psm_heap_charge(heap, whole)) return NULL;
  char *block = heap->allocator.alloc(heap->allocator.context, whole, PSM_ALIGN);
  if (block == NULL || ((uintptr_t)block & (PSM_ALIGN - 1)) != 0) {
    if (block != NULL) heap->allocator.free(heap->allocator.context, block);
    __atomic_sub_fetch(&heap->used, whole, __ATOMIC_RELAXED);
    return NULL;
  }
  *(uint64_t *)block = whole;
  return block + PSM_ALIGN;
}

static void *psm_heap_alloc_zeroed(struct psm_heap *heap, int64_t bytes) {
  void *block = psm_heap_alloc(heap, bytes);
  if (block != NULL) memset(block, 0, (size_t)bytes);
  return block;
}

static void psm_heap_free(struct psm_heap *heap, void *block) {
  if (block == NULL) return;
  char *start = (char *)block - PSM_ALIGN;
  __atomic_sub_fetch(&heap->used, *(uint64_t *)start, __ATOMIC_RELAXED);
  heap->allocator.free(heap->allocator.context, start);
}
