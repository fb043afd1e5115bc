/*
 * An instance: its parts, the services it gives to the module, how it is made and unmade.
 */

/* What an entry's plan gave for the last input sizes: kept, as the same sizes usually come again. */
struct psm_plan {
  int64_t *in_dims;
  int64_t *symbols;
  int64_t *out_dims;
  int64_t *run_symbols; /* copies that the run writes to */
  int64_t *run_out_dims;
  int64_t arena_bytes;
  int32_t in_dim_count;
  int32_t out_dim_count;
  int valid;
};

/* A state's storage. Where its size depends on the inputs, the first run that uses it gives it one. */
struct psm_slot {
  void *data;
  int64_t *dims;
};

struct PSM_SYM(instance) {
  struct psm_rt rt; /* first: entries get its address */
  const struct psm_model *model;
  struct psm_heap heap;
  struct psm_weights *weights;
  struct psm_pool *pool;
  psm_threads lent_threads; /* parallel is NULL unless the caller lent threads */
  struct psm_plan *plans;   /* one per entry */
  struct psm_slot *states;
  void **bufs;       /* the argument of an entry: room for the largest */
  int64_t *new_dims; /* the input sizes of this call */
  void *arena;
  int64_t arena_bytes;
  uint32_t busy;     /* a call is in progress; changed atomically */
  uint32_t parallel; /* a parallel kernel is in progress */
  struct psm_text error;
  char error_bytes[4096];
};

static psm_instance *psm_of(struct psm_rt *rt) {
  return (psm_instance *)rt;
}

struct psm_guarded {
  psm_task *task;
  void *args;
};

static void psm_guarded_task(void *args, int64_t chunk) {
  const struct psm_guarded *g = args;
  const uint64_t fp = psm_fp_enter();
  g->task(g->args, chunk);
  psm_fp_leave(fp);
}

static int psm_have_pool(psm_instance *m) {
  if (m->pool == NULL) m->pool = psm_pool_start(&m->heap.allocator, m->rt.threads);
  return m->pool != NULL;
}

static void psm_parallel(struct psm_rt *rt, psm_task *task, void *args, int64_t chunks) {
  psm_instance *m = psm_of(rt);
  const int lent = m->lent_threads.parallel != NULL;
  /* A task that asks for more threads runs its part alone: the threads are all taken. */
  if (chunks <= 1 || rt->threads <= 1 || m->parallel || (!lent && !psm_have_pool(m))) {
    for (int64_t chunk = 0; chunk < chunks; chunk++) task(args, chunk);
    return;
  }
  m->parallel = 1;
  if (lent) {
    struct psm_guarded guarded = {task, args};
    m->lent_threads.parallel(m->lent_threads.context, psm_guarded_task, &guarded, chunks);
  } else {
    psm_pool_run(m->pool, task, args, chunks);
  }
  m->parallel = 0;
}

static void *psm_rt_alloc(struct psm_rt *rt, int64_t bytes) {
  return psm_heap_alloc(&psm_of(rt)->heap, bytes);
}

static void psm_rt_free(struct psm_rt *rt, void *block) {
  psm_heap_free(&psm_of(rt)->heap, block);
}

static uint64_t psm_rt_clock(struct psm_rt *rt) {
  (void)rt;
  return psm_now();
}

static int32_t psm_dims_of(const struct psm_port *ports, int32_t count) {
  int32_t dims = 0;
  for (int32_t i = 0; i < count; i++) dims += ports[i].rank;
  return dims;
}

static int32_t psm_max(int32_t a, int32_t b) {
  return a > b ? a : b;
}

static int64_t *psm_alloc_dims(psm_instance *m, int32_t count, int *ok) {
  int64_t *dims = psm_heap_alloc_zeroed(&m->heap, (int64_t)count * 8);
  if (dims == NULL) *ok = 0;
  return dims;
}

static int psm_create_plans(psm_instance *m) {
  const struct psm_model *model = &psm_model_table;
  int32_t most_bufs = 0, most_dims = 0;
  int ok = 1;
  m->plans = psm_heap_alloc_zeroed(&m->heap, (int64_t)sizeof *m->plans * model->entry_count);
  if (m->plans == NULL) return 0;
  for (int32_t i = 0; i < model->entry_count; i++) {
    const struct psm_entry *e = &model->entries[i];
    struct psm_plan *p = &m->plans[i];
    p->in_dim_count = psm_dims_of(e->inputs, e->input_count);
    p->out_dim_count = psm_dims_of(e->outputs, e->output_count);
    p->in_dims = psm_alloc_dims(m, p->in_dim_count, &ok);
    p->symbols = psm_alloc_dims(m, model->symbol_count, &ok);
    p->out_dims = psm_alloc_dims(m, p->out_dim_count, &ok);
    p->run_symbols = psm_alloc_dims(m, model->symbol_count, &ok);
    p->run_out_dims = psm_alloc_dims(m, p->out_dim_count, &ok);
    most_bufs = psm_max(most_bufs, 2 + e->input_count + e->state_count + e->output_count);
    most_dims = psm_max(most_dims, p->in_dim_count);
  }
  m->new_dims = psm_alloc_dims(m, most_dims, &ok);
  m->bufs = psm_heap_alloc_zeroed(&m->heap, (int64_t)sizeof *m->bufs * most_bufs);
  return ok && m->bufs != NULL;
}

/* Gives a state the size in its slot and its first value. */
static int psm_place_state(psm_instance *m, int32_t index) {
  const struct psm_state *s = &psm_model_table.states[index];
  struct psm_slot *slot = &m->states[index];
  const int64_t bytes = psm_tensor_bytes(slot->dims, s->port.rank, s->port.dtype);
  if (slot->data == NULL) slot->data = psm_heap_alloc(&m->heap, bytes);
  if (slot->data == NULL) return 0;
  if (s->init < 0) memset(slot->data, 0, (size_t)bytes);
  else memcpy(slot->data, m->weights->data + s->init, (size_t)bytes);
  return 1;
}

static void psm_reset_state(psm_instance *m, int32_t index) {
  if (psm_model_table.states[index].sizes == NULL) {
    psm_place_state(m, index);
    return;
  }
  psm_heap_free(&m->heap, m->states[index].data); /* the next run may give it another size */
  m->states[index].data = NULL;
}

static int psm_create_states(psm_instance *m) {
  const struct psm_model *model = &psm_model_table;
  int ok = 1;
  m->states = psm_heap_alloc_zeroed(&m->heap, (int64_t)sizeof *m->states * model->state_count);
  if (m->states == NULL) return 0;
  for (int32_t i = 0; ok && i < model->state_count; i++) {
    const struct psm_port *port = &model->states[i].port;
    m->states[i].dims = psm_alloc_dims(m, port->rank, &ok);
    if (!ok || model->states[i].sizes != NULL) continue;
    memcpy(m->states[i].dims, port->dims, (size_t)port->rank * 8);
    ok = psm_place_state(m, i);
  }
  return ok;
}

static int psm_create_counters(psm_instance *m) {
  if (psm_model_table.kernel_count == 0) return 1;
  m->rt.counters = psm_heap_alloc_zeroed(&m->heap, (int64_t)psm_model_table.kernel_count * 16);
  return m->rt.counters != NULL;
}

/* Leaves the instance itself, whose memory its own heap's record is in. */
static void psm_free_parts(psm_instance *m) {
  const struct psm_model *model = &psm_model_table;
  psm_pool_stop(m->pool);
  for (int32_t i = 0; m->plans != NULL && i < model->entry_count; i++) {
    const struct psm_plan *p = &m->plans[i];
    int64_t *const blocks[] = {p->in_dims, p->symbols, p->out_dims, p->run_symbols, p->run_out_dims};
    for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) psm_heap_free(&m->heap, blocks[b]);
  }
  for (int32_t i = 0; m->states != NULL && i < model->state_count; i++) {
    psm_heap_free(&m->heap, m->states[i].data);
    psm_heap_free(&m->heap, m->states[i].dims);
  }
  void *const blocks[] = {m->plans, m->states, m->bufs, m->new_dims, m->arena, m->rt.counters};
  for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) psm_heap_free(&m->heap, blocks[b]);
  psm_weights_release(m->weights);
}

static void psm_free_instance(psm_instance *m) {
  psm_free_parts(m);
  const psm_allocator allocator = m->heap.allocator;
  allocator.free(allocator.context, m);
}

/* The options with defaults for what an older caller does not know. */
static int32_t psm_read_options(const psm_options *given, psm_options *o, struct psm_text *error) {
  *o = (psm_options){.size = sizeof *o};
  if (given == NULL) return PSM_OK;
  if (given->size >= 16 && given->size <= sizeof *o) memcpy(o, given, given->size);
  *error = (struct psm_text){o->error, o->error == NULL ? 0 : o->error_bytes, 0};
  psm_text_clear(error);
  if (given->size < 16 || given->size > sizeof *o) return PSM_E_USAGE;
  const int sources = (o->weights_path != NULL) + (o->weights_data != NULL) + (o->share_weights != NULL);
  if (sources > 1) psm_put_problem(error, "give one of weights_path, weights_data and share_weights");
  if (o->collectives != NULL) psm_put_problem(error, "collectives are reserved: pass NULL");
  const int half = o->allocator != NULL && (o->allocator->alloc == NULL || o->allocator->free == NULL);
  if (half) psm_put_problem(error, "allocator needs alloc and free");
  const int idle = o->thread_pool != NULL && o->thread_pool->parallel == NULL;
  if (idle) psm_put_problem(error, "thread_pool needs parallel");
  return sources > 1 || o->collectives != NULL || half || idle ? PSM_E_USAGE : PSM_OK;
}

static void psm_create_services(psm_instance *m, const psm_options *o) {
  m->error = (struct psm_text){m->error_bytes, sizeof m->error_bytes, 0};
  m->heap.limit = o->memory_limit;
  if (o->thread_pool != NULL) m->lent_threads = *o->thread_pool;
  const uint32_t lent = o->thread_pool == NULL ? 0 : o->thread_pool->count;
  m->model = &psm_model_table;
  m->rt.abi = PSM_ABI_VERSION;
  m->rt.threads = lent != 0 ? lent : o->threads != 0 ? o->threads : psm_default_threads();
  m->rt.flags = o->flags;
  m->rt.parallel = psm_parallel;
  m->rt.alloc = psm_rt_alloc;
  m->rt.free = psm_rt_free;
  m->rt.clock = psm_rt_clock;
  m->rt.user = m;
}

/* The weights of the instance named in the options, or new ones; NULL with the reason in `error` and `*status`. */
static struct psm_weights *psm_take_weights(const psm_options *o, const psm_allocator *allocator,
                                            struct psm_text *error, int32_t *status) {
  const psm_instance *other = o->share_weights;
  if (other == NULL) return psm_weights_acquire(&psm_model_table, o, allocator, error, status);
  if (other->model == &psm_model_table) return psm_weights_share(other->weights);
  psm_put_problem(error, "share_weights is an instance of another model");
  *status = PSM_E_USAGE;
  return NULL;
}

static int32_t psm_make_instance(const psm_options *o, psm_instance **out, struct psm_text *error) {
  if (!psm_cpu_suffices(&psm_model_table, error)) return PSM_E_LIMIT;
  const psm_allocator fallback = {NULL, psm_default_alloc, psm_default_free};
  const psm_allocator allocator = o->allocator != NULL ? *o->allocator : fallback;
  int32_t status = PSM_OK;
  psm_instance *m = allocator.alloc(allocator.context, sizeof *m, PSM_ALIGN);
  if (m == NULL) {
    psm_put_problem(error, "out of memory");
    return PSM_E_LIMIT;
  }
  memset(m, 0, sizeof *m);
  m->heap.allocator = allocator;
  psm_create_services(m, o);
  m->weights = psm_take_weights(o, &allocator, error, &status);
  if (m->weights != NULL && (!psm_create_plans(m) || !psm_create_states(m) || !psm_create_counters(m))) {
    psm_put_problem(error, "out of memory, or beyond memory_limit, for the instance");
    status = PSM_E_LIMIT;
  }
  if (status == PSM_OK) *out = m;
  else psm_free_instance(m);
  return status;
}
