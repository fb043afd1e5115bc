/** @file The status codes of the C ABI as faults: what a library's number and error text become in TypeScript. */

import { type FaultCode, faultDiagnostic, RuntimeFault } from "../diagnostic.js";
import { RunCancelled } from "./engine.js";

/** psm_status of psm_abi.h. */
export const status = { ok: 0, usage: 2, limit: 4, file: 5, bug: 70, cancelled: 130 } as const;

const codes: Readonly<Record<number, readonly [FaultCode, 2 | 4 | 5]>> = {
  [status.usage]: ["PS5208", 2],
  [status.limit]: ["PS5241", 4],
  [status.file]: ["PS5230", 5],
};

/**
 * What to throw for a status other than ok; `text` is the library's, one problem a line. A `RuntimeFault`,
 * `RunCancelled`, or, for a fault of ours, a plain `Error`.
 */
export function statusError(code: number, text: string): Error {
  if (code === status.cancelled) return new RunCancelled();
  const known = codes[code];
  if (known === undefined) return new Error(`the compiled model failed with status ${code}: ${text}`);
  const [fault, exitCode] = known;
  const lines = text === "" ? ["the model is in use: an instance serves one call at a time"] : text.split("\n");
  return new RuntimeFault(
    lines.map((line) => faultDiagnostic(fault, line)),
    exitCode,
  );
}
