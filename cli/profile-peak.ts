/**
 * @file What this machine can do at most, measured: multiply-adds and reading memory, on one thread and on several. A
 * small C program, compiled by the compiler of the native engine, takes about 0.2 s; what it found is kept in the cache.
 * The figures are for reports alone: no decision of the compiler ever asks for them.
 */

import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { cachedFile, contentKey } from "../runtime-lib/engines/cache.js";
import { findNativeToolchain, runProgram } from "../runtime-lib/engines/toolchain.js";

const figures = z.object({
  /** f32 operations per second, a multiply-add being two. */
  flops: z.number().positive(),
  /** Bytes per second that are read from memory, not from caches. */
  bytes: z.number().positive(),
});

const peakSchema = z.object({
  threads: z.int().positive(),
  one: figures,
  all: figures,
});

/** The most that was measured, on one thread and on `threads`. */
export type MachinePeak = z.infer<typeof peakSchema>;
export type PeakFigures = z.infer<typeof figures>;

/** Measures, or finds what was measured before. Rejects with PS5220 where there is no compiler, PS5222 for the cache. */
export async function machinePeak(threads: number, env: NodeJS.ProcessEnv): Promise<MachinePeak> {
  const toolchain = await findNativeToolchain(env);
  const native = toolchain.kind === "zig" ? ["-mcpu=native"] : ["-march=native"];
  const options = ["-O3", ...native, "-ffp-contract=fast", "-pthread", "peak.c", "-o", "peak"];
  const machine = JSON.stringify([cpus()[0]?.model, cpus().length, process.arch, threads]);
  const key = contentKey(["peak 1", program, toolchain.version, options.join(" "), machine]);
  const measure = async (folder: string): Promise<string> => {
    await writeFile(join(folder, "peak.c"), program);
    await run([...toolchain.command, ...options], folder);
    const result = join(folder, "peak.json");
    await writeFile(result, await run([join(folder, "peak"), String(threads)], folder));
    return result;
  };
  const file = await cachedFile(key, ".json", measure, env);
  return peakSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

async function run(command: readonly string[], folder: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, folder);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

/**
 * Sums are kept in twelve registers, more than latency times ports of any CPU described and few enough for all of them.
 * Memory is read from 128 MiB, four times the largest cache of the usual machine, each thread its own part.
 */
const program = `#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
typedef float vec __attribute__((vector_size(64)));
#elif defined(__AVX__)
typedef float vec __attribute__((vector_size(32)));
#else
typedef float vec __attribute__((vector_size(16)));
#endif
enum { LANES = sizeof(vec) / sizeof(float), SUMS = 12, MOST = 1024 };
static const double SPAN = 0.04;
static const int64_t BYTES = 128LL << 20;

struct part { int kind; double rate; char *data; int64_t bytes; pthread_barrier_t *start; };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static volatile float sink;

static double multiply_adds(void) {
  vec s[SUMS], a, b;
  for (int l = 0; l < LANES; l++) { a[l] = 0.999f; b[l] = 1e-3f; }
  for (int k = 0; k < SUMS; k++) s[k] = b + (float)k;
  double start = now(), end = start;
  int64_t rounds = 0;
  for (; end - start < SPAN; end = now(), rounds++) {
    for (int i = 0; i < 20000; i++) {
#pragma clang loop unroll(full)
      for (int k = 0; k < SUMS; k++) s[k] = s[k] * a + b;
      __asm__ volatile("");
    }
  }
  for (int k = 0; k < SUMS; k++) sink = s[k][0];
  return (double)rounds * 20000 * SUMS * LANES * 2 / (end - start);
}

static double reads(const char *data, int64_t bytes) {
  vec s[8] = {0};
  double start = now(), end = start;
  int64_t done = 0;
  for (; end - start < SPAN; end = now(), done += bytes) {
    const vec *p = (const vec *)data;
    for (int64_t i = 0; i + 8 <= bytes / (int64_t)sizeof(vec); i += 8) {
#pragma clang loop unroll(full)
      for (int k = 0; k < 8; k++) s[k] += p[i + k];
    }
  }
  for (int k = 0; k < 8; k++) sink = s[k][0];
  return (double)done / (end - start);
}

static void *work(void *given) {
  struct part *p = given;
  pthread_barrier_wait(p->start);
  p->rate = p->kind == 0 ? multiply_adds() : reads(p->data, p->bytes);
  return NULL;
}

static double together(int kind, int threads, char *data) {
  static struct part parts[MOST];
  static pthread_t ids[MOST];
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, (unsigned)threads);
  int64_t each = BYTES / threads / 4096 * 4096;
  for (int k = 0; k < threads; k++) {
    parts[k] = (struct part){kind, 0, data + k * each, each, &start};
    if (pthread_create(&ids[k], NULL, work, &parts[k]) != 0) exit(1);
  }
  double sum = 0;
  for (int k = 0; k < threads; k++) { pthread_join(ids[k], NULL); sum += parts[k].rate; }
  return sum;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  if (threads < 1 || threads > MOST) return 1;
  char *data = aligned_alloc(4096, (size_t)BYTES);
  if (data == NULL) return 1;
  memset(data, 0, (size_t)BYTES);
  double f1 = together(0, 1, data), fn = together(0, threads, data);
  double b1 = together(1, 1, data), bn = together(1, threads, data);
  printf("{\\"threads\\": %d, \\"one\\": {\\"flops\\": %.0f, \\"bytes\\": %.0f}, \\"all\\": {\\"flops\\": %.0f, \\"bytes\\": %.0f}}\\n",
         threads, f1, b1, fn, bn);
  return 0;
}
`;
