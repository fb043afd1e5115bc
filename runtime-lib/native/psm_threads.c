/*
 * The thread pool of an instance. Work is a task and a number of chunks; thread t of T begins with the same contiguous
 * share of them each time, so that what it left in its caches serves it again, and when done takes what others have not
 * begun, from the end of their shares. A thread that wakes late or lost its CPU so costs one chunk, not its share. What a
 * chunk computes depends on neither T nor who runs it, so neither do results. Between two parallel kernels the threads
 * spin for a while (a barrier below 2 us), then sleep (futex on Linux, a condition variable elsewhere). Threads start
 * with the first parallel kernel: a model without one never has any.
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

/* Longer than the kernels of one thread between those of all; waking a thread that sleeps costs 50 us and more. */
#define PSM_SPIN_NS 1000000u

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
  _Alignas(64) uint64_t share; /* see psm_share */
  struct psm_pool *pool;
  pthread_t thread;
  uint32_t index;
};

struct psm_pool {
  struct psm_gate job;  /* its value numbers the jobs; the owner sets it */
  struct psm_gate done; /* the number of the last finished job; who finishes it sets it */
  _Alignas(64) uint32_t remaining; /* units of this job that are not finished */
  _Alignas(64) psm_task *task;
  void *args;
  int64_t chunks;
  int64_t unit; /* chunks that are taken at a time */
  uint64_t spin_ns;
  psm_allocator allocator;
  uint32_t threads; /* with the owner, which is thread 0 */
  int stop;
  int avoided; /* the CPU that workers were last told to keep off; -1 at first */
  struct psm_worker workers[];
};

/*
 * What is left of a thread's share in one word: units [first, end), 20 bits each, under 24 bits of the job's number. With
 * the number in it, a thread that is late for a job cannot take from a later one.
 */
#define PSM_UNITS (UINT64_C(1) << 20)

static uint64_t psm_share(uint32_t job, uint64_t first, uint64_t end) {
  return (uint64_t)job << 40 | end << 20 | first;
}

/* A unit of the job off the share, its first or its last; -1 where none is left. */
static int64_t psm_take(uint64_t *share, uint32_t job, int last) {
  uint64_t seen = __atomic_load_n(share, __ATOMIC_ACQUIRE);
  for (;;) {
    const uint64_t first = seen % PSM_UNITS, end = seen / PSM_UNITS % PSM_UNITS;
    if (seen >> 40 != (job & 0xffffff) || first >= end) return -1;
    const uint64_t left = last ? seen - PSM_UNITS : seen + 1;
    if (__atomic_compare_exchange_n(share, &seen, left, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      return (int64_t)(last ? end - 1 : first);
    }
  }
}

/*
 * Runs what the thread gets of the job. The task is read before the first unit is taken: a unit of this job that is not
 * finished keeps the owner from writing the next, and without one nothing that was read is used.
 */
static void psm_work(struct psm_pool *pool, uint32_t index, uint32_t job) {
  psm_task *task = __atomic_load_n(&pool->task, __ATOMIC_RELAXED);
  void *args = __atomic_load_n(&pool->args, __ATOMIC_RELAXED);
  const int64_t chunks = __atomic_load_n(&pool->chunks, __ATOMIC_RELAXED);
  const int64_t each = __atomic_load_n(&pool->unit, __ATOMIC_RELAXED);
  uint32_t finished = 0;
  for (uint32_t t = 0; t < pool->threads; t++) {
    const uint32_t from = (index + t) % pool->threads;
    int64_t unit;
    while ((unit = psm_take(&pool->workers[from].share, job, t > 0)) >= 0) {
      const int64_t end = (unit + 1) * each < chunks ? (unit + 1) * each : chunks;
      for (int64_t chunk = unit * each; chunk < end; chunk++) task(args, chunk);
      finished++;
    }
  }
  if (finished > 0 && __atomic_sub_fetch(&pool->remaining, finished, __ATOMIC_ACQ_REL) == 0) {
    psm_gate_set(&pool->done, job);
  }
}

static void *psm_worker_main(void *argument) {
  const struct psm_worker *worker = argument;
  struct psm_pool *pool = worker->pool;
  psm_fp_enter();
  for (uint32_t job = 0;;) {
    psm_gate_await(&pool->job, job, pool->spin_ns);
    job = __atomic_load_n(&pool->job.value, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&pool->stop, __ATOMIC_ACQUIRE)) return NULL;
    psm_work(pool, worker->index, job);
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
  __atomic_store_n(&pool->stop, 1, __ATOMIC_RELEASE);
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
  pool->avoided = -1;
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

/* Deals the units out: each thread's share is contiguous, and they differ by one at most. */
static void psm_deal(struct psm_pool *pool, uint32_t job, uint64_t units) {
  const uint64_t each = units / pool->threads, extra = units % pool->threads;
  for (uint64_t t = 0, first = 0; t < pool->threads; t++) {
    const uint64_t end = first + each + (t < extra ? 1 : 0);
    __atomic_store_n(&pool->workers[t].share, psm_share(job, first, end), __ATOMIC_RELEASE);
    first = end;
  }
}

/*
 * Tells workers that are about to be woken to run anywhere but where the owner runs. Without it Linux may queue them
 * behind the owner, which does not sleep: in a virtual machine a halted CPU counts as one that the host has taken away,
 * and the other CPU is found milliseconds later, by balancing.
 */
static void psm_spread(struct psm_pool *pool) {
#if PSM_FUTEX
  cpu_set_t set;
  const int mine = sched_getcpu();
  if (mine < 0 || mine == pool->avoided || sched_getaffinity(0, sizeof set, &set) != 0) return;
  CPU_CLR((size_t)mine, &set);
  if (CPU_COUNT(&set) == 0) return;
  for (uint32_t i = 1; i < pool->threads; i++) {
    pthread_setaffinity_np(pool->workers[i].thread, sizeof set, &set); /* only a hint: a failure changes nothing */
  }
  pool->avoided = mine;
#else
  (void)pool;
#endif
}

static void psm_pool_run(struct psm_pool *pool, psm_task *task, void *args, int64_t chunks) {
  if (pool->threads == 1 || chunks < 2) {
    for (int64_t chunk = 0; chunk < chunks; chunk++) task(args, chunk);
    return;
  }
  const uint32_t job = pool->job.value + 1;
  const int64_t each = 1 + (chunks - 1) / (int64_t)(PSM_UNITS - 1), units = 1 + (chunks - 1) / each;
  __atomic_store_n(&pool->task, task, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->args, args, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->chunks, chunks, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->unit, each, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->remaining, (uint32_t)units, __ATOMIC_RELAXED); /* published with the shares */
  psm_deal(pool, job, (uint64_t)units);
  if (__atomic_load_n(&pool->job.sleepers, __ATOMIC_RELAXED) > 0) psm_spread(pool);
  psm_gate_set(&pool->job, job);
  psm_work(pool, 0, job);
  psm_gate_await(&pool->done, job - 1, pool->spin_ns);
}

#endif
