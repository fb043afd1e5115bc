/**
 * @file Progress of long verbs, on standard error: a live list on a terminal, a line per finished step elsewhere, nothing
 * with `--json`, whose reader wants one object.
 */

import { writeSync } from "node:fs";
import type { CommonOptions, Session } from "./session.js";

export interface Progress {
  /** Does a step; `say` tells what it is at. */
  step<T>(title: string, work: (say: (detail: string) => void) => Promise<T>): Promise<T>;
}

export function progressOf(session: Session, options: CommonOptions): Progress {
  if (options.json) return { step: (_, work) => work(() => {}) };
  return session.isTerminal ? { step: drawn } : { step: (title, work) => plain(session, title, work) };
}

async function plain<T>(session: Session, title: string, work: (say: () => void) => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work(() => {});
  session.stderr.write(`${title}: ${formatMilliseconds(performance.now() - start)}\n`);
  return result;
}

/** A one-step list of listr2's, drawn on standard error so that standard output stays the verb's own. */
async function drawn<T>(title: string, work: (say: (detail: string) => void) => Promise<T>): Promise<T> {
  const { Listr, ListrLogger, ProcessOutput } = await import("listr2");
  /** With the cursor left as it is: a program that is ended by a signal while it compiles could not show it again. */
  class Drawing extends ProcessOutput {
    override hijack(): void {
      super.hijack();
      writeSync(process.stderr.fd, "\u001b[?25h");
    }
  }
  const results: T[] = [];
  const processOutput = new Drawing(process.stderr, process.stderr, { leaveEmptyLine: false });
  const list = new Listr(
    [
      {
        title,
        task: async (_, task) => {
          const start = performance.now();
          results.push(await work((detail) => (task.output = detail)));
          task.title = `${title}: ${formatMilliseconds(performance.now() - start)}`;
        },
      },
    ],
    {
      registerSignalListeners: false,
      rendererOptions: { logger: new ListrLogger({ processOutput }), collapseErrors: false, showErrorMessage: false },
    },
  );
  await list.run();
  return results[0]!;
}

export function formatMilliseconds(ms: number): string {
  if (ms < 1) return `${ms.toFixed(3)} ms`;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
