/**
 * @file The compile server. Requests are done one after the other; what goes wrong with one is its answer and nobody
 * else's trouble. Nothing of a compilation outlives it but the loaded bundles that were asked for.
 */

import { createInterface } from "node:readline";
import type { Compiler } from "../compiler.js";
import { failureOf } from "../faults.js";
import type { Session } from "../session.js";
import { packageVersion } from "../version.js";
import { LoadedBundles } from "./loaded-bundles.js";
import { type Answer, answerBuild, answerCheck, answerExport, type Serving } from "./methods.js";
import { type Request, type RequestId, readRequest } from "./protocol.js";

/** Serves until standard input ends, `shutdown` is asked for, or the session is interrupted. */
export async function serve(session: Session, compile: Compiler): Promise<void> {
  const server = new Server(session, compile);
  const lines = createInterface({ input: session.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  await session.interruptible(async () => {
    const stop = () => lines.close();
    session.signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const line of lines) if (line.trim() !== "" && !server.take(line)) break;
      await server.finish();
    } finally {
      session.signal.removeEventListener("abort", stop);
      server.close();
    }
    session.signal.throwIfAborted();
  });
}

class Server {
  readonly #session: Session;
  readonly #compile: Compiler;
  readonly #bundles = new LoadedBundles();
  readonly #running = new Map<RequestId, AbortController>();
  #queue: Promise<void> = Promise.resolve();

  constructor(session: Session, compile: Compiler) {
    this.#session = session;
    this.#compile = compile;
  }

  /** Takes a line; false where it asks for the end. */
  take(line: string): boolean {
    const read = readRequest(line);
    if (read.kind === "bad") {
      this.#send({ id: read.id, ok: false, exitCode: 2, diagnostics: read.diagnostics });
      return true;
    }
    const { request } = read;
    switch (request.method) {
      case "ping":
        this.#send({ id: request.id, ok: true, diagnostics: [], result: { version: packageVersion() } });
        return true;
      case "cancel":
        this.#running.get(request.params.target)?.abort();
        this.#send({ id: request.id, ok: true, diagnostics: [], result: {} });
        return true;
      case "shutdown":
        this.#queue = this.#queue.then(() => this.#send({ id: request.id, ok: true, diagnostics: [], result: {} }));
        return false;
      default: {
        const controller = new AbortController();
        this.#running.set(request.id, controller);
        this.#queue = this.#queue.then(() => this.#answer(request, controller));
        return true;
      }
    }
  }

  /** Resolves when everything asked for is answered. */
  finish(): Promise<void> {
    return this.#queue;
  }

  close(): void {
    for (const controller of this.#running.values()) controller.abort();
    this.#bundles.close();
  }

  async #answer(request: Exclude<Request, { method: "ping" | "cancel" | "shutdown" }>, controller: AbortController) {
    try {
      const signal = AbortSignal.any([controller.signal, this.#session.signal]);
      signal.throwIfAborted();
      const { exitCode = 0, diagnostics, result } = await this.#do(request, this.#serving(request.id, signal));
      const failed = exitCode === 0 ? {} : { exitCode };
      this.#send({ id: request.id, ok: exitCode === 0, ...failed, diagnostics, result });
    } catch (error) {
      const { exitCode, diagnostics } = failureOf(error);
      this.#send({ id: request.id, ok: false, exitCode, diagnostics });
    } finally {
      this.#running.delete(request.id);
    }
  }

  #do(request: Exclude<Request, { method: "ping" | "cancel" | "shutdown" }>, serving: Serving): Promise<Answer> {
    switch (request.method) {
      case "export":
        return answerExport(request.params, serving);
      case "build":
        return answerBuild(request.params, serving);
      case "check":
        return answerCheck(request.params);
      case "load":
        return this.#bundles.load(request.params, serving);
      case "run":
        return this.#bundles.run(request.params, serving);
      case "reset":
        return this.#bundles.reset(request.params);
      case "counters":
        return this.#bundles.counters(request.params);
      case "unload":
        return this.#bundles.unload(request.params);
    }
  }

  #serving(id: RequestId, signal: AbortSignal): Serving {
    const { env } = this.#session;
    return { env, signal, compile: this.#compile, event: (event) => this.#send({ id, ...event }) };
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    this.#session.stdout.write(`${JSON.stringify(message)}\n`);
  }
}
