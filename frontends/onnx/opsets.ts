/** @file Versions: of the file format, and of the operator sets a model or function is written against. */

import { quote } from "../../ir/refusal.js";
import type { OperatorSetIdProto } from "./generated/onnx.js";
import { onnxCode, type Place, type Problems } from "./problems.js";
import { normalDomain } from "./records.js";

/** The newest `ir_version` read: ONNX 1.23's. */
export const MAX_IR_VERSION = 14;

/** The newest version of each standard operator set, in ONNX 1.23. Other domains may have any. */
export const newestOpsets: ReadonlyMap<string, number> = new Map([
  ["", 28],
  ["ai.onnx.ml", 5],
  ["ai.onnx.preview", 1],
  ["ai.onnx.preview.training", 1],
]);

/** `ir_version`, checked; the newest where it is missing or wrong. */
export function readIrVersion(version: bigint | undefined, place: Place, problems: Problems): number {
  if (version !== undefined && version >= 1n && version <= BigInt(MAX_IR_VERSION)) return Number(version);
  if (version === undefined) {
    problems.error(onnxCode.version, place, "the model has no ir_version");
  } else {
    const fix = version > 0n ? "save the model with an older ONNX release (1.23 or before)" : undefined;
    problems.error(onnxCode.version, place, `ir_version ${version}, but 1 to ${MAX_IR_VERSION} can be read`, fix);
  }
  return MAX_IR_VERSION;
}

/** The imported operator sets of a model. Before `ir_version` 3 there was only one, which needed no import. */
export function readModelOpsets(
  list: readonly OperatorSetIdProto[],
  irVersion: number,
  place: Place,
  problems: Problems,
): ReadonlyMap<string, number> {
  if (list.length > 0) return readOpsets(list, place, problems);
  if (irVersion < 3) return new Map([["", 1]]);
  problems.error(onnxCode.version, place, "the model imports no operator set", "add an opset_import for ai.onnx");
  return new Map(newestOpsets);
}

/** Versions by domain; those out of range are reported and kept. */
export function readOpsets(
  list: readonly OperatorSetIdProto[],
  place: Place,
  problems: Problems,
): ReadonlyMap<string, number> {
  const versions = new Map<string, number>();
  for (const { domain: given = "", version = 0n } of list) {
    const domain = normalDomain(given);
    const what = `operator set ${quote(domain === "" ? "ai.onnx" : domain)}`;
    const newest = newestOpsets.get(domain);
    const before = versions.get(domain);
    if (before !== undefined && before !== Number(version)) {
      problems.error(onnxCode.version, place, `${what} is imported in versions ${before} and ${version}`);
    }
    if (version < 1n || version > BigInt(newest ?? Number.MAX_SAFE_INTEGER)) {
      const range = newest === undefined ? "versions start at 1" : `1 to ${newest} can be read`;
      const fix = newest !== undefined && version > 0n ? `export the model with opset ${newest} or older` : undefined;
      problems.error(onnxCode.version, place, `${what} in version ${version}, but ${range}`, fix);
    }
    if (before === undefined) versions.set(domain, Number(version));
  }
  return versions;
}
