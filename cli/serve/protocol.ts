/**
 * @file The requests of the compile server: one JSON object a line, `{"id", "method", "params"}`. Each gets one answer,
 * `{"id", "ok", "diagnostics", "exitCode"?, "result"?}`; answers come in the order of the requests, but for `ping`,
 * `cancel` and `shutdown`, which do not wait. Where `progress` is asked for, lines `{"id", "event", ...}` go before.
 */

import { z } from "zod";
import { type Diagnostic, diagnostic } from "../../ir/diagnostic.js";
import { cliCode } from "../faults.js";

const id = z.union([z.string(), z.number()]);
const engine = z.enum(["native", "wasm", "cycles"]);

/** What a file of kernels in Python leaves open: values by name, and which kernel. */
const kernels = { constexprs: z.record(z.string(), z.number()).optional(), kernel: z.string().optional() };

/** Compiles a model to a bundle; `build` goes on to the native library and says where it is. */
const exportRequest = z.strictObject({
  id,
  method: z.literal("export"),
  params: z.strictObject({
    model: z.string(),
    out: z.string().optional(),
    pack: z.string().optional(),
    targets: z.array(z.string()).optional(),
    emit: z.literal("lib").optional(),
    profile: z.boolean().optional(),
    files: z.array(z.string()).optional(),
    progress: z.boolean().optional(),
    build: z.boolean().optional(),
    ...kernels,
  }),
});

/** The native library of a bundle, built if need be. */
const buildRequest = z.strictObject({
  id,
  method: z.literal("build"),
  params: z.strictObject({
    bundle: z.string(),
    target: z.string().optional(),
    trust: z.boolean().optional(),
  }),
});

/** Loads a bundle into the server, for those who cannot load a library themselves. */
const loadRequest = z.strictObject({
  id,
  method: z.literal("load"),
  params: z.strictObject({
    bundle: z.string(),
    engine: engine.optional(),
    target: z.string().optional(),
    threads: z.int().min(1).max(1024).optional(),
    trust: z.boolean().optional(),
  }),
});

/** Runs a loaded bundle: inputs and outputs are .npy files, in the entry's order. */
const runRequest = z.strictObject({
  id,
  method: z.literal("run"),
  params: z.strictObject({
    handle: z.int(),
    entry: z.string().optional(),
    inputs: z.array(z.string()),
    out: z.string(),
  }),
});

/** Gives the states of a loaded bundle their first values again. */
const resetRequest = z.strictObject({
  id,
  method: z.literal("reset"),
  params: z.strictObject({ handle: z.int(), state: z.string().optional() }),
});

const countersRequest = z.strictObject({
  id,
  method: z.literal("counters"),
  params: z.strictObject({ handle: z.int() }),
});

const unloadRequest = z.strictObject({ id, method: z.literal("unload"), params: z.strictObject({ handle: z.int() }) });

const checkRequest = z.strictObject({
  id,
  method: z.literal("check"),
  params: z.strictObject({ model: z.string(), ...kernels }),
});

const pingRequest = z.strictObject({ id, method: z.literal("ping"), params: z.strictObject({}).optional() });

/** Stops the request `target` where it can be stopped. */
const cancelRequest = z.strictObject({ id, method: z.literal("cancel"), params: z.strictObject({ target: id }) });

/** Ends the server when what was asked before is done. */
const shutdownRequest = z.strictObject({ id, method: z.literal("shutdown"), params: z.strictObject({}).optional() });

const request = z.discriminatedUnion("method", [
  exportRequest,
  buildRequest,
  loadRequest,
  runRequest,
  resetRequest,
  countersRequest,
  unloadRequest,
  checkRequest,
  pingRequest,
  cancelRequest,
  shutdownRequest,
]);

export type Request = z.infer<typeof request>;
export type RequestId = z.infer<typeof id>;

export type RequestOf<Method extends Request["method"]> = Extract<Request, { readonly method: Method }>;

/** A line that is no request, with the id it carries, if any. */
export interface BadRequest {
  readonly kind: "bad";
  readonly id: RequestId | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a line; everything wrong with it is listed. */
export function readRequest(line: string): { readonly kind: "request"; readonly request: Request } | BadRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const message = `a line is no JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "bad", id: null, diagnostics: [diagnostic(cliCode.request, message)] };
  }
  const read = request.safeParse(value);
  if (read.success) return { kind: "request", request: read.data };
  const given = id.safeParse((value as { readonly id?: unknown } | null)?.id);
  const diagnostics = read.error.issues.map(({ path, message }) => {
    const where = path.length === 0 ? "the request" : path.join(".");
    return diagnostic(cliCode.request, `${where}: ${message}`);
  });
  return { kind: "bad", id: given.success ? given.data : null, diagnostics };
}
