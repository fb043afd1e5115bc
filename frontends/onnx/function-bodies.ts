/**
 * @file The bodies that ONNX defines for operators made of other operators, for those that have no row of their own.
 * Read when a model first needs one.
 */

import { gunzipSync } from "node:zlib";
import { DiagnosticSink } from "../../ir/diagnostic.js";
import { functionIndex, functionModel } from "./generated/function-bodies.js";
import { readOnnxBytes } from "./read.js";
import { functionKey, type OnnxFunction } from "./records.js";

let functions: ReadonlyMap<string, OnnxFunction> | undefined;

/** The body of an operator as of an opset of its domain; `undefined` where it has none that stands by itself. */
export function builtinFunction(domain: string, name: string, opset: number): OnnxFunction | undefined {
  const rows = functionIndex.filter(([d, n, since]) => d === domain && n === name && since <= opset);
  const since = Math.max(...rows.map((row) => row[2]));
  const bodies = rows.filter((row) => row[2] === since).map((row) => row[3]);
  if (bodies.length === 0) return undefined;
  // The newest body that the model's opset knows; a body may be written in a newer one than the operator.
  const known = bodies.filter((body) => body <= opset);
  const body = known.length > 0 ? Math.max(...known) : Math.min(...bodies);
  functions ??= readOnnxBytes(
    gunzipSync(Buffer.from(functionModel, "base64")),
    { file: "onnx-functions" },
    new DiagnosticSink(),
  ).functions;
  return functions.get(functionKey(domain, name, `${since}.${body}`));
}

/** Whether some version of the operator has a body. */
export function hasBody(domain: string, name: string): boolean {
  return functionIndex.some(([d, n]) => d === domain && n === name);
}
