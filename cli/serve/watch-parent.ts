/**
 * @file Ends a server whose client has died. Standard input ends then too, but a server that is compiling does not see
 * that before it is done, and nobody waits for the answer any more. The watch is kept by a thread of its own.
 */

import { Worker } from "node:worker_threads";

const watch = `
const { ppid } = process;
setInterval(() => {
  if (process.ppid !== ppid) process.kill(process.pid, "SIGKILL");
}, 1000);
`;

/** Starts the watch, which does not keep the process alive. */
export function watchParent(): void {
  new Worker(watch, { eval: true }).unref();
}
