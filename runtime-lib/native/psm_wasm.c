/*
 * What wasm32 lacks without a C library: memcpy and its family, and an allocator over memory.grow. Memory can grow up
 * to the maximum the module was linked with; beyond it every allocation fails and the run ends with PSM_E_LIMIT.
 *
 * The allocator: blocks lie one after another from __heap_base on, each with a 64-byte head (its size, whether it is
 * free); first fit, free neighbours joined on the way. Few, large blocks are what it is for. Where they end is the
 * runtime's only variable: a wasm memory belongs to one wasm instance of one model.
 */

/* -fno-builtin keeps these loops from being recognised as the very functions they define. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  char *t = to;
  const char *f = from;
  for (size_t i = 0; i < bytes; i++) t[i] = f[i];
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  char *t = to;
  const char *f = from;
  if (t <= f) {
    for (size_t i = 0; i < bytes; i++) t[i] = f[i];
  } else {
    for (size_t i = bytes; i > 0; i--) t[i - 1] = f[i - 1];
  }
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  char *t = to;
  for (size_t i = 0; i < bytes; i++) t[i] = (char)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t bytes) {
  const unsigned char *x = a, *y = b;
  for (size_t i = 0; i < bytes; i++) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

#include "psm_wasm_builtins.c"

#define PSM_PAGE 65536u

extern char __heap_base[];

struct psm_block {
  uint64_t bytes; /* with this head */
  uint32_t free;
  char pad[52];
};

static uint32_t psm_blocks_end;

static struct psm_block *psm_first_block(void) {
  return (struct psm_block *)(((uintptr_t)__heap_base + PSM_ALIGN - 1) & ~(uintptr_t)(PSM_ALIGN - 1));
}

static struct psm_block *psm_next_block(struct psm_block *block) {
  return (struct psm_block *)((char *)block + block->bytes);
}

/* Extends the heap by one block of `bytes` at its end; NULL when memory is at its maximum. */
static struct psm_block *psm_grow(uint64_t bytes) {
  if (psm_blocks_end == 0) psm_blocks_end = (uint32_t)(uintptr_t)psm_first_block();
  uint64_t wanted = (uint64_t)psm_blocks_end + bytes;
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PSM_PAGE;
  if (wanted > UINT32_MAX) return NULL;
  if (wanted > have) {
    uint64_t pages = (wanted - have + PSM_PAGE - 1) / PSM_PAGE;
    if (__builtin_wasm_memory_grow(0, (size_t)pages) == SIZE_MAX) return NULL;
  }
  struct psm_block *block = (struct psm_block *)(uintptr_t)psm_blocks_end;
  block->bytes = bytes;
  psm_blocks_end = (uint32_t)wanted;
  return block;
}

static void psm_join_free(struct psm_block *block) {
  const char *end = (const char *)(uintptr_t)psm_blocks_end;
  for (struct psm_block *next = psm_next_block(block); (const char *)next < end && next->free;) {
    block->bytes += next->bytes;
    next = psm_next_block(block);
  }
}

static struct psm_block *psm_find_free(uint64_t bytes) {
  const char *end = (const char *)(uintptr_t)psm_blocks_end;
  for (struct psm_block *b = psm_first_block(); (const char *)b < end; b = psm_next_block(b)) {
    if (!b->free) continue;
    psm_join_free(b);
    if (b->bytes < bytes) continue;
    if (b->bytes - bytes >= 2 * sizeof *b) {
      struct psm_block *rest = (struct psm_block *)((char *)b + bytes);
      rest->bytes = b->bytes - bytes;
      rest->free = 1;
      b->bytes = bytes;
    }
    return b;
  }
  return NULL;
}

static void *psm_default_alloc(void *context, uint64_t bytes, uint64_t alignment) {
  (void)context;
  if (alignment > PSM_ALIGN || bytes > UINT32_MAX) return NULL;
  bytes = ((bytes + PSM_ALIGN - 1) & ~(uint64_t)(PSM_ALIGN - 1)) + sizeof(struct psm_block);
  struct psm_block *block = psm_find_free(bytes);
  if (block == NULL) block = psm_grow(bytes);
  if (block == NULL) return NULL;
  block->free = 0;
  return block + 1;
}

static void psm_default_free(void *context, void *block) {
  (void)context;
  ((struct psm_block *)block - 1)->free = 1;
}

/* For the host: room for weights, inputs and the records of a call. */
PSM_EXPORT void *PSM_SYM(wasm_alloc)(uint32_t bytes) {
  return psm_default_alloc(NULL, bytes, PSM_ALIGN);
}

PSM_EXPORT void PSM_SYM(wasm_free)(void *block) {
  psm_default_free(NULL, block);
}
