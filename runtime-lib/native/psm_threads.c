/*
 * The thread pool of an instance. Work is a task and a number of chunks; thread t of T always runs the same contiguous
 * share of them, and what a chunk computes does not depend on T, so neither do results. Between two parallel kernels
 * the threads spin for a while (a barrier below 2 us), then sleep (futex on Linux, a condition variable elsewhere).
 * Threads start with the first parallel kernel: a model without one never has any.
 */

typedef void psm_task(void *args, int64_t chunk);

/* Kernels run in the default floating-point environment (round to nearest, no flushing of subnormals), whatever the
 * calling thread uses. psm_fp_enter returns what psm_fp_leave restores. */
static uint64_t psm_fp_enter(void) {
#if defined(__x86_64__)
  uint32_t saved = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(0x1f80);
  return saved;
#elif defined(__aarch64__)
  uint64_t saved;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
  __asm__ volatile("msr fpcr, %0" ::"r"(UINT64_C(0)));
  return saved;
#else
  return 0;
#endif
}

static void psm_fp_leave(uint64_t saved) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((uint32_t)saved);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" ::"r"(saved));
#else
  (void)saved;
#endif
}

#if defined(__wasm__)

struct psm_pool {
  int none;
};

static uint64_t psm_now(void) {
  return 0;
}

static uint32_t psm_default_threads(void) {
  return 1;
}

static struct psm_pool *psm_pool_start(const psm_allocator *allocator, uint32_t threads) {
  (void)allocator, (void)threads;
  return NULL;
}

static void psm_pool_run(struct psm_pool *pool, psm_task *task, void *args, int64_t chunks) {
  (void)pool;
  for (int64_t chunk = 0; chunk < chunks; chunk++) task(args, chunk);
}

static void psm_pool_stop(struct psm_pool *pool) {
  (void)pool;
}

#else

#define PSM_SPIN_NS 50000u

static uint64_t psm_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* The CPU time a container may use, in whole CPUs; `cpus` where there is no such bound. */
static uint32_t psm_quota(uint32_t cpus) {
#if defined(__linux__)
  char text[64];
  int file = open("/sys/fs/cgroup/cpu.max", O_RDONLY | O_CLOEXEC);
  if (file < 0) return cpus;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return cpus;
  text[count] = 0;
  char *rest;
  long long quota = strtoll(text, &rest, 10), period = strtoll(rest, NULL, 10);
  if (quota <= 0 || period <= 0) return cpus; /* "max 100000" */
  long long whole = (quota + period - 1) / period;
  return whole < (long long)cpus ? (uint32_t)whole : cpus;
#else
  return cpus;
#endif
}

static uint32_t psm_default_threads(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
#endif
  return psm_quota(cpus < 1 ? 1 : cpus > 1024 ? 1024 : (uint32_t)cpus);
}

#if defined(__linux__) && !defined(PSM_NO_FUTEX)
#define PSM_FUTEX 1
#else
#define PSM_FUTEX 0
#endif

/* A number that one side changes and the other waits for. */
struct psm_gate {
  _Alignas(64) uint32_t value;
  uint32_t sleepers;
#if !PSM_FUTEX
  pthread_mutex_t mutex;
  pthread_cond_t changed;
#endif
};

#if PSM_FUTEX

static void psm_gate_init(struct psm_gate *gate) {
  (void)gate;
}

static void psm_gate_end(struct psm_gate *gate) {
  (void)gate;
}

static void psm_gate_sleep(struct psm_gate *gate, uint32_t seen) {
  while (__atomic_load_n(&gate->value, __ATOMIC_SEQ_CST) == seen) {
    syscall(SYS_futex, &gate->value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
  }
}

static void psm_gate_wake(struct psm_gate *gate) {
  syscall(SYS_futex, &gate->value, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

#else

static void psm_gate_init(struct psm_gate *gate) {
  pthread_mutex_init(&gate->mutex, NULL);
  pthread_cond_init(&gate->changed, NULL);
}

static void psm_gate_end(struct psm_gate *gate) {
  pthread_mutex_destroy(&gate->mutex);
  pthread_cond_destroy(&gate->changed);
}

static void psm_gate_sleep(struct psm_gate *gate, uint32_t seen) {
  pthread_mutex_lock(&gate->mutex);
  while (__atomic_load_n(&gate->value, __ATOMIC_SEQ_CST) == seen) pthread_cond_wait(&gate->changed, &gate->mutex);
  pthread_mutex_unlock(&gate->mutex);
}

static void psm_gate_wake(struct psm_gate *gate) {
  pthread_mutex_lock(&gate->mutex); /* a sleeper that has looked but not yet waits is waited for */
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->mutex);
}

#endif

static void psm_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int psm_spin(const struct psm_gate *gate, uint32_t seen, uint64_t spin_ns) {
  uint64_t end = 0;
  while (spin_ns > 0) {
    for (int i = 0; i < 64; i++) {
      if (__atomic_load_n(&gate->value, __ATOMIC_ACQUIRE) != seen) return 1;
      psm_pause();
    }
    uint64_t now = psm_now();
    if (end == 0) end = now + spin_ns;
    else if (now >= end) break;
  }
  return 0;
}

/* Returns once the value is no longer `seen`. */
static void psm_gate_await(struct psm_gate *gate, uint32_t seen, uint64_t spin_ns) {
  if (psm_spin(gate, seen, spin_ns)) return;
  /* Announce, then look again: whoever changes the value looks for sleepers afterwards (both in one total order). */
  __atomic_add_fetch(&gate->sleepers, 1, __ATOMIC_SEQ_CST);
  psm_gate_sleep(gate, seen);
  __atomic_sub_fetch(&gate->sleepers, 1, __ATOMIC_SEQ_CST);
}

static void psm_gate_set(struct psm_gate *gate, uint32_t value) {
  __atomic_store_n(&gate->value, value, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&gate->sleepers, __ATOMIC_SEQ_CST) > 0) psm_gate_wake(gate);
}

struct psm_worker {
  struct psm_pool *pool;
  pthread_t thread;
  uint32_t index;
};

struct psm_pool {
  struct psm_gate job;  /* its value numbers the jobs; the owner sets it */
  struct psm_gate done; /* the number of the last finished job; the last worker sets it */
  _Alignas(64) uint32_t remaining; /* workers that have not finished this job */
  _Alignas(64) psm_task *task;
  void *args;
  int64_t chunks;
  uint64_t spin_ns;
  psm_allocator allocator;
  uint32_t threads; /* with the owner, which is thread 0 */
  int stop;
  struct psm_worker workers[];
};

static void psm_run_share(const struct psm_pool *pool, uint32_t index) {
  const int64_t each = pool->chunks / pool->threads, extra = pool->chunks % pool->threads;
  const int64_t first = each * index + (index < extra ? index : extra);
  const int64_t end = first + each + (index < extra ? 1 : 0);
  for (int64_t chunk = first; chunk < end; chunk++) pool->task(pool->args, chunk);
}

static void *psm_worker_main(void *argument) {
  const struct psm_worker *worker = argument;
  struct psm_pool *pool = worker->pool;
  psm_fp_enter();
  for (uint32_t job = 1;; job++) {
    psm_gate_await(&pool->job, job - 1, pool->spin_ns);
    if (pool->stop) return NULL;
    psm_run_share(pool, worker->index);
    if (__atomic_sub_fetch(&pool->remaining, 1, __ATOMIC_ACQ_REL) == 0) psm_gate_set(&pool->done, job);
  }
}

/* Signals go to the application's own threads. */
static int psm_start_worker(struct psm_worker *worker) {
  sigset_t all, saved;
  sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &saved) != 0) return 0;
  int failed = pthread_create(&worker->thread, NULL, psm_worker_main, worker);
  pthread_sigmask(SIG_SETMASK, &saved, NULL);
  return !failed;
}

static void psm_pool_stop(struct psm_pool *pool) {
  if (pool == NULL) return;
  pool->stop = 1;
  psm_gate_set(&pool->job, pool->job.value + 1);
  for (uint32_t i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
  psm_gate_end(&pool->job);
  psm_gate_end(&pool->done);
  const psm_allocator allocator = pool->allocator;
  allocator.free(allocator.context, pool);
}

/*
 * A pool of `threads` threads, the caller's included; NULL when memory lacks. Where the system refuses a thread the
 * pool has fewer: slower, the same results.
 */
static struct psm_pool *psm_pool_start(const psm_allocator *allocator, uint32_t threads) {
  const uint64_t bytes = sizeof(struct psm_pool) + threads * sizeof(struct psm_worker);
  struct psm_pool *pool = allocator->alloc(allocator->context, bytes, 64);
  if (pool == NULL) return NULL;
  memset(pool, 0, (size_t)bytes);
  pool->allocator = *allocator;
  /* Spinning helps only while every thread has a CPU of its own. */
  pool->spin_ns = threads <= psm_default_threads() ? PSM_SPIN_NS : 0;
  psm_gate_init(&pool->job);
  psm_gate_init(&pool->done);
  for (pool->threads = 1; pool->threads < threads; pool->threads++) {
    struct psm_worker *worker = &pool->workers[pool->threads];
    worker->pool = pool;
    worker->index = pool->threads;
    if (!psm_start_worker(worker)) break;
  }
  return pool;
}

static void psm_pool_run(struct psm_pool *pool, psm_task *task, void *args, int64_t chunks) {
  const uint32_t job = pool->job.value + 1;
  pool->task = task;
  pool->args = args;
  pool->chunks = chunks;
  if (pool->threads == 1) {
    psm_run_share(pool, 0);
    return;
  }
  __atomic_store_n(&pool->remaining, pool->threads - 1, __ATOMIC_RELAXED); /* published by the gate */
  psm_gate_set(&pool->job, job);
  psm_run_share(pool, 0);
  psm_gate_await(&pool->done, job - 1, pool->spin_ns);
}

#endif
