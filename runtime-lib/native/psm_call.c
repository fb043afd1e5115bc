/*
 * Planning and running an entry: inputs are checked (every problem is reported), the plan of the last sizes is reused,
 * the arena grows when it must, buffers are bound, the module runs, outputs are described.
 */

static int psm_enter(psm_instance *m) {
  if (m == NULL || m->model != &psm_model_table) return 0;
  if (__atomic_exchange_n(&m->busy, 1, __ATOMIC_ACQUIRE) != 0) return 0; /* another thread is in it */
  psm_text_clear(&m->error);
  return 1;
}

static int32_t psm_leave(psm_instance *m, int32_t status) {
  __atomic_store_n(&m->busy, 0, __ATOMIC_RELEASE);
  return status;
}

static void psm_put_port(psm_instance *m, const char *kind, const struct psm_port *port) {
  psm_put_problem(&m->error, kind);
  psm_put(&m->error, " '");
  psm_put(&m->error, port->name);
  psm_put(&m->error, "': ");
}

static void psm_check_dims(psm_instance *m, const struct psm_port *port, const psm_tensor *t) {
  for (int32_t d = 0; d < port->rank; d++) {
    if (t->dims[d] >= 0 && (port->dims[d] < 0 || t->dims[d] == port->dims[d])) continue;
    psm_put_port(m, "input", port);
    psm_put(&m->error, "dimension ");
    psm_put_int(&m->error, d);
    psm_put(&m->error, " is ");
    psm_put_int(&m->error, t->dims[d]);
    psm_put(&m->error, port->dims[d] < 0 ? ", a size cannot be negative" : ", the model takes ");
    if (port->dims[d] >= 0) psm_put_int(&m->error, port->dims[d]);
  }
}

static void psm_check_data(psm_instance *m, const struct psm_port *port, const psm_tensor *t) {
  const int64_t bytes = psm_tensor_bytes(t->dims, t->rank, t->dtype);
  if (bytes > 0 && t->data == NULL) {
    psm_put_port(m, "input", port);
    psm_put(&m->error, "data is NULL");
  }
  if (t->bytes != 0 && bytes >= 0 && t->bytes != (uint64_t)bytes) {
    psm_put_port(m, "input", port);
    psm_put(&m->error, "its data has ");
    psm_put_unsigned(&m->error, t->bytes);
    psm_put(&m->error, " bytes, its shape needs ");
    psm_put_int(&m->error, bytes);
  }
  const uint64_t whole = psm_dtype_bytes(port->dtype), align = whole > 8 ? 8 : whole;
  if (((uintptr_t)t->data & (align - 1)) != 0) {
    psm_put_port(m, "input", port);
    psm_put(&m->error, "data is not aligned to its elements");
  }
}

/* Adds every problem of one input to the error text. */
static void psm_check_input(psm_instance *m, const struct psm_port *port, const psm_tensor *t, int with_data) {
  if (t->dtype != port->dtype) {
    psm_put_port(m, "input", port);
    psm_put(&m->error, "its elements are ");
    psm_put_dtype(&m->error, t->dtype);
    psm_put(&m->error, ", the model takes ");
    psm_put_dtype(&m->error, port->dtype);
  }
  if (t->rank != port->rank || (t->rank > 0 && t->dims == NULL)) {
    psm_put_port(m, "input", port);
    psm_put(&m->error, "it has ");
    psm_put_int(&m->error, t->dims == NULL ? 0 : t->rank);
    psm_put(&m->error, " dimensions, the model takes ");
    psm_put_int(&m->error, port->rank);
    return;
  }
  psm_check_dims(m, port, t);
  if (with_data && t->dtype == port->dtype) psm_check_data(m, port, t);
}

static int psm_check_call(psm_instance *m, int32_t entry, int32_t input_count, int32_t output_count) {
  if (entry < 0 || entry >= psm_model_table.entry_count) {
    psm_put_problem(&m->error, "there is no entry ");
    psm_put_int(&m->error, entry);
    return 0;
  }
  const struct psm_entry *e = &psm_model_table.entries[entry];
  if (input_count != e->input_count) {
    psm_put_problem(&m->error, "number of inputs: ");
    psm_put_int(&m->error, input_count);
    psm_put(&m->error, ", the model takes ");
    psm_put_int(&m->error, e->input_count);
  }
  if (output_count != e->output_count) {
    psm_put_problem(&m->error, "number of outputs: ");
    psm_put_int(&m->error, output_count);
    psm_put(&m->error, ", the model gives ");
    psm_put_int(&m->error, e->output_count);
  }
  return m->error.used == 0;
}

/* A failed check of the module: check k - 1 of the entry. */
static int32_t psm_failed_check(psm_instance *m, const struct psm_entry *e, int32_t code) {
  if (code == -1) {
    psm_put_problem(&m->error, "cancelled");
    return PSM_E_CANCELLED;
  }
  if (code == -2) {
    psm_put_problem(&m->error, "out of memory, or beyond memory_limit, during the run");
    return PSM_E_LIMIT;
  }
  if (code < 1 || code > e->check_count) {
    psm_put_problem(&m->error, "the module returned the unknown code ");
    psm_put_int(&m->error, code);
    return PSM_E_BUG;
  }
  psm_put_problem(&m->error, e->checks[code - 1]);
  return PSM_E_USAGE;
}

static int psm_same_dims(const int64_t *a, const int64_t *b, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    if (a[i] != b[i]) return 0;
  }
  return 1;
}

/* Brings the entry's plan up to date with these inputs. */
static int32_t psm_make_plan(psm_instance *m, int32_t entry, const psm_tensor *inputs, int with_data) {
  const struct psm_entry *e = &psm_model_table.entries[entry];
  struct psm_plan *p = &m->plans[entry];
  for (int32_t i = 0; i < e->input_count; i++) psm_check_input(m, &e->inputs[i], &inputs[i], with_data);
  if (m->error.used > 0) return PSM_E_USAGE;
  int32_t at = 0;
  for (int32_t i = 0; i < e->input_count; i++) {
    for (int32_t d = 0; d < inputs[i].rank; d++) m->new_dims[at++] = inputs[i].dims[d];
  }
  if (p->valid && psm_same_dims(p->in_dims, m->new_dims, at)) return PSM_OK;
  p->valid = 0;
  memset(p->symbols, 0, (size_t)psm_model_table.symbol_count * 8);
  int64_t sizes[8] = {0};
  const int32_t code = e->plan(m->new_dims, p->symbols, p->out_dims, sizes);
  if (code != 0) return psm_failed_check(m, e, code);
  memcpy(p->in_dims, m->new_dims, (size_t)at * 8);
  p->arena_bytes = sizes[0];
  p->valid = 1;
  return PSM_OK;
}

/* Fills an output's record from the sizes at `dims`; returns its bytes, -1 where a size is not known yet. */
static int64_t psm_describe_output(const struct psm_port *port, int64_t *dims, psm_tensor *out) {
  if (out->dims == NULL) out->dims = dims;
  else for (int32_t d = 0; d < port->rank; d++) out->dims[d] = dims[d];
  out->rank = port->rank;
  out->dtype = port->dtype;
  return psm_tensor_bytes(dims, port->rank, port->dtype);
}

static int32_t psm_grow_arena(psm_instance *m, int64_t bytes) {
  if (bytes <= m->arena_bytes) return PSM_OK;
  psm_heap_free(&m->heap, m->arena);
  m->arena_bytes = 0;
  m->arena = psm_heap_alloc(&m->heap, bytes);
  if (m->arena == NULL) {
    psm_put_problem(&m->error, "out of memory, or beyond memory_limit: the arena needs ");
    psm_put_int(&m->error, bytes);
    psm_put(&m->error, " bytes");
    return PSM_E_LIMIT;
  }
  m->arena_bytes = bytes;
  return PSM_OK;
}

/* Where output i goes: the caller's buffer, a new one, or NULL when the run allocates it. */
static int32_t psm_bind_output(psm_instance *m, const struct psm_port *port, const int64_t *dims, const psm_tensor *out,
                               void **slot) {
  const int64_t bytes = psm_tensor_bytes(dims, port->rank, port->dtype);
  *slot = out->data;
  if ((port->flags & PSM_PORT_ALLOCATED_BY_RUN) != 0) {
    if (out->data == NULL) return PSM_OK;
    psm_put_port(m, "output", port);
    psm_put(&m->error, "its size is known only after the run: data must be NULL");
    *slot = NULL;
    return PSM_E_USAGE;
  }
  if (bytes < 0) {
    psm_put_port(m, "output", port);
    psm_put(&m->error, "the plan gave it no size that fits in memory");
    return PSM_E_LIMIT;
  }
  if (out->data == NULL) *slot = psm_heap_alloc(&m->heap, bytes);
  if (*slot == NULL || (out->data != NULL && out->bytes < (uint64_t)bytes)) {
    psm_put_port(m, "output", port);
    psm_put(&m->error, out->data == NULL ? "out of memory, or beyond memory_limit: it needs " : "its buffer needs ");
    psm_put_int(&m->error, bytes);
    psm_put(&m->error, " bytes");
    return out->data == NULL ? PSM_E_LIMIT : PSM_E_USAGE;
  }
  return PSM_OK;
}

static int32_t psm_bind_state(psm_instance *m, int32_t index, const int64_t *symbols) {
  const struct psm_state *s = &psm_model_table.states[index];
  struct psm_slot *slot = &m->states[index];
  if (s->sizes == NULL) return PSM_OK;
  int64_t dims[64];
  psm_evaluate_sizes(s->sizes, s->port.rank, symbols, dims);
  if (slot->data == NULL) {
    memcpy(slot->dims, dims, (size_t)s->port.rank * 8);
    if (psm_place_state(m, index)) return PSM_OK;
    psm_put_port(m, "state", &s->port);
    psm_put(&m->error, "out of memory, or beyond memory_limit");
    return PSM_E_LIMIT;
  }
  if (psm_same_dims(slot->dims, dims, s->port.rank)) return PSM_OK;
  psm_put_port(m, "state", &s->port);
  psm_put(&m->error, "earlier runs gave it another size than these inputs need; reset it first");
  return PSM_E_USAGE;
}

static int32_t psm_bind_buffers(psm_instance *m, int32_t entry, const psm_tensor *inputs, const psm_tensor *outputs,
                                void **output_slots) {
  const struct psm_entry *e = &psm_model_table.entries[entry];
  const int64_t *dims = m->plans[entry].out_dims;
  void **slot = m->bufs;
  int32_t status = psm_grow_arena(m, m->plans[entry].arena_bytes);
  *slot++ = (void *)(uintptr_t)m->weights->data;
  *slot++ = m->arena;
  for (int32_t i = 0; i < e->input_count; i++) *slot++ = inputs[i].data;
  for (int32_t i = 0; i < e->state_count; i++) {
    if (status == PSM_OK) status = psm_bind_state(m, e->states[i], m->plans[entry].symbols);
    *slot++ = m->states[e->states[i]].data;
  }
  for (int32_t i = 0; i < e->output_count; i++) {
    const int32_t bound = psm_bind_output(m, &e->outputs[i], dims, &outputs[i], &output_slots[i]);
    if (status == PSM_OK) status = bound;
    dims += e->outputs[i].rank;
  }
  return status;
}

static int32_t psm_call(psm_instance *m, int32_t entry) {
  const struct psm_entry *e = &psm_model_table.entries[entry];
  struct psm_plan *p = &m->plans[entry];
  memcpy(p->run_symbols, p->symbols, (size_t)psm_model_table.symbol_count * 8);
  memcpy(p->run_out_dims, p->out_dims, (size_t)p->out_dim_count * 8);
  int32_t code = -1;
  if (__atomic_load_n(&m->rt.cancel, __ATOMIC_RELAXED) == 0) {
    const uint64_t fp = psm_fp_enter();
    code = e->run(&m->rt, m->bufs, p->run_symbols, p->run_out_dims);
    psm_fp_leave(fp);
  }
  /* A cancellation is for one run: this one, or, if it came between runs, the next. */
  __atomic_store_n(&m->rt.cancel, 0, __ATOMIC_RELAXED);
  return code == 0 ? PSM_OK : psm_failed_check(m, e, code);
}

static int32_t psm_run_entry(psm_instance *m, int32_t entry, const psm_tensor *inputs, psm_tensor *outputs) {
  const struct psm_entry *e = &psm_model_table.entries[entry];
  void **slots = m->bufs + 2 + e->input_count + e->state_count;
  int64_t *dims = m->plans[entry].run_out_dims;
  int32_t status = psm_make_plan(m, entry, inputs, 1);
  if (status != PSM_OK) return status;
  status = psm_bind_buffers(m, entry, inputs, outputs, slots);
  if (status == PSM_OK) status = psm_call(m, entry);
  for (int32_t i = 0; i < e->output_count; i++) {
    if (status != PSM_OK) {
      if (outputs[i].data == NULL) psm_heap_free(&m->heap, slots[i]);
      slots[i] = NULL;
      continue;
    }
    outputs[i].data = slots[i];
    outputs[i].bytes = (uint64_t)psm_describe_output(&e->outputs[i], dims, &outputs[i]);
    dims += e->outputs[i].rank;
  }
  return status;
}
