/*
 * The weights of a model: a read-only mapping of a safetensors file, or the caller's memory; counted, so that instances
 * share them and may end in any order. The file is checked against what the model was compiled with before anything
 * reads it: its size, where its data begins, and its fingerprint.
 */

struct psm_weights {
  const char *data; /* the data section */
  void *mapping;    /* NULL when the caller lent the memory */
  uint64_t mapped_bytes;
  psm_allocator allocator; /* of this record: the first instance's */
  uint32_t users;          /* changed atomically */
};

static void psm_put_file_problem(struct psm_text *error, const char *path, const char *what) {
  psm_put_problem(error, "weights file '");
  psm_put(error, path);
  psm_put(error, "': ");
  psm_put(error, what);
}

#if defined(__wasm__)

static int psm_weights_open(const struct psm_model *model, const char *path, struct psm_weights *w,
                            struct psm_text *error) {
  (void)model, (void)w;
  psm_put_file_problem(error, path == NULL ? "" : path, "there are no files in wasm; pass the weights by address");
  return PSM_E_USAGE;
}

static void psm_weights_close(struct psm_weights *w) {
  (void)w;
}

#else

/*
 * FNV-1a over everything before the data section and over 64 lines of 64 bytes spread evenly through the data: cheap,
 * and other weights of the same shape do not pass. Not a safeguard against forgery; `persimmons verify` hashes it all.
 */
static uint32_t psm_fnv1a(uint32_t hash, const unsigned char *bytes, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x01000193u;
  return hash;
}

static uint32_t psm_fingerprint(const struct psm_model *model, const unsigned char *file) {
  const uint64_t bytes = model->weights_bytes;
  const uint64_t step = bytes / 4096 * 64, lines = step == 0 ? 1 : 64, line = step == 0 ? bytes : 64;
  uint32_t hash = psm_fnv1a(0x811c9dc5u, file, model->weights_offset);
  for (uint64_t k = 0; k < lines; k++) hash = psm_fnv1a(hash, file + model->weights_offset + k * step, line);
  return hash == 0 ? 1 : hash; /* 0 stands for "not known" */
}

static uint64_t psm_read_le64(const unsigned char *bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) value = value << 8 | bytes[i];
  return value;
}

static int psm_check_weights(const struct psm_model *model, const char *path, const unsigned char *bytes,
                             struct psm_text *error) {
  if (psm_read_le64(bytes) != model->weights_offset - 8 || bytes[8] != '{') {
    psm_put_file_problem(error, path, "its header is not the one this model was compiled with");
    return PSM_E_FILE;
  }
  if (model->fingerprint != 0 && psm_fingerprint(model, bytes) != model->fingerprint) {
    psm_put_file_problem(error, path, "these are not the weights this model was compiled with");
    return PSM_E_FILE;
  }
  return PSM_OK;
}

/* Maps an open file; the descriptor stays the caller's. */
static int psm_map_weights(const struct psm_model *model, int file, const char *path, struct psm_weights *w,
                           struct psm_text *error) {
  const uint64_t wanted = model->weights_offset + model->weights_bytes;
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    psm_put_file_problem(error, path, "not a regular file");
    return PSM_E_FILE;
  }
  if ((uint64_t)info.st_size != wanted || model->weights_offset < 10 || model->weights_offset % PSM_ALIGN != 0) {
    psm_put_file_problem(error, path, "it has ");
    psm_put_unsigned(error, (uint64_t)info.st_size);
    psm_put(error, " bytes, this model's weights have ");
    psm_put_unsigned(error, wanted);
    return PSM_E_FILE;
  }
  void *mapping = mmap(NULL, (size_t)wanted, PROT_READ, MAP_SHARED, file, 0);
  if (mapping == MAP_FAILED) {
    psm_put_file_problem(error, path, "cannot be mapped into memory");
    return PSM_E_LIMIT;
  }
  int status = psm_check_weights(model, path, mapping, error);
  if (status != PSM_OK) {
    munmap(mapping, (size_t)wanted);
    return status;
  }
  w->mapping = mapping;
  w->mapped_bytes = wanted;
  w->data = (const char *)mapping + model->weights_offset;
  return PSM_OK;
}

/* The folder of this library, with its trailing slash; empty when it is not known. */
static void psm_put_own_folder(struct psm_text *path) {
  Dl_info info;
  if (dladdr((const void *)(uintptr_t)&PSM_SYM(create), &info) == 0 || info.dli_fname == NULL) return;
  psm_put(path, info.dli_fname);
  while (path->used > 0 && path->at[path->used - 1] != '/') path->used--;
  path->at[path->used] = 0;
}

static int psm_open_beside_library(const struct psm_model *model, struct psm_text *path) {
  psm_put_own_folder(path);
  const uint32_t folder = path->used;
  psm_put(path, model->name);
  psm_put(path, ".safetensors");
  int file = open(path->at, O_RDONLY | O_CLOEXEC);
  if (file >= 0) return file;
  path->used = folder;
  psm_put(path, "weights.safetensors");
  return open(path->at, O_RDONLY | O_CLOEXEC);
}

static int psm_weights_open(const struct psm_model *model, const char *path, struct psm_weights *w,
                            struct psm_text *error) {
  char buffer[4096];
  struct psm_text beside = {buffer, sizeof buffer, 0};
  int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : psm_open_beside_library(model, &beside);
  if (path == NULL) path = buffer;
  if (file < 0) {
    psm_put_file_problem(error, path, strerror(errno));
    return PSM_E_FILE;
  }
  int status = psm_map_weights(model, file, path, w, error);
  close(file);
  return status;
}

static void psm_weights_close(struct psm_weights *w) {
  if (w->mapping != NULL) munmap(w->mapping, (size_t)w->mapped_bytes);
}

#endif

static int psm_weights_lent(const struct psm_model *model, const psm_options *options, struct psm_weights *w,
                            struct psm_text *error) {
  if (options->weights_bytes != model->weights_bytes) {
    psm_put_problem(error, "the weights at weights_data have ");
    psm_put_unsigned(error, options->weights_bytes);
    psm_put(error, " bytes, this model's have ");
    psm_put_unsigned(error, model->weights_bytes);
    return PSM_E_USAGE;
  }
  if (((uintptr_t)options->weights_data & (PSM_ALIGN - 1)) != 0) {
    psm_put_problem(error, "weights_data is not 64-byte aligned");
    return PSM_E_USAGE;
  }
  w->data = options->weights_data;
  return PSM_OK;
}

static void psm_weights_release(struct psm_weights *w) {
  if (w == NULL || __atomic_sub_fetch(&w->users, 1, __ATOMIC_ACQ_REL) > 0) return;
  psm_weights_close(w);
  const psm_allocator allocator = w->allocator;
  allocator.free(allocator.context, w);
}

static struct psm_weights *psm_weights_share(struct psm_weights *w) {
  __atomic_add_fetch(&w->users, 1, __ATOMIC_RELAXED);
  return w;
}

/* The weights as the options say; NULL, with the reason in `error` and `*status`, when they cannot be had. */
static struct psm_weights *psm_weights_acquire(const struct psm_model *model, const psm_options *options,
                                               const psm_allocator *allocator, struct psm_text *error,
                                               int32_t *status) {
  struct psm_weights *w = allocator->alloc(allocator->context, sizeof *w, PSM_ALIGN);
  if (w == NULL) {
    psm_put_problem(error, "out of memory");
    *status = PSM_E_LIMIT;
    return NULL;
  }
  *w = (struct psm_weights){.allocator = *allocator, .users = 1};
  if (options->weights_data != NULL) *status = psm_weights_lent(model, options, w, error);
  else if (model->weights_bytes > 0) *status = psm_weights_open(model, options->weights_path, w, error);
  else *status = PSM_OK; /* a model without weights needs no file */
  if (*status == PSM_OK) return w;
  allocator->free(allocator->context, w);
  return NULL;
}
