/**
 * @file The manifest between bytes and records. The records are declared in `generated/manifest.ts`, from manifest.fbs.
 * Invariant: what `encodeManifest` returns `decodeManifest` accepts, and gives back equal; equal records give equal bytes.
 */

import { inFile, RuntimeFault, runtimeFault } from "../diagnostic.js";
import { checkManifest, formatVersion } from "./check-manifest.js";
import { decodeFlatBuffer } from "./decode-flatbuffer.js";
import { encodeFlatBuffer } from "./encode-flatbuffer.js";
import { type Manifest, manifestSchema } from "./generated/manifest.js";
import { seal, unseal } from "./seal.js";
import { verifyFlatBuffer, verifyIdentifier } from "./verify-flatbuffer.js";

/**
 * The bytes of `manifest.bin`. Throws an `Error` listing every inconsistency (the compiler's fault), or a `RuntimeFault`
 * (PS5005) where the program exceeds the format's limits.
 */
export function encodeManifest(m: Manifest): Uint8Array {
  if (m.formatVersion !== formatVersion)
    throw new Error(`this code writes format ${formatVersion}, not ${m.formatVersion}`);
  const problems = checkManifest(m, "manifest");
  if (problems.length > 0) throw new Error(`an inconsistent manifest:\n${problems.map((p) => p.message).join("\n")}`);
  // The records are the schema's own, field by field: both are generated from manifest.fbs.
  return seal(encodeFlatBuffer(manifestSchema, m as unknown as Readonly<Record<string, unknown>>));
}

/**
 * The manifest in `bytes`; `file` names them in messages. Throws a `RuntimeFault` for bytes that are damaged or malformed (PS5003),
 * of another format version (PS5007) or inconsistent (PS5004, every problem listed).
 */
export function decodeManifest(bytes: Uint8Array, file: string): Manifest {
  const m = decodeStructure(bytes, file);
  requireConsistent(m, file);
  return m;
}

/** The first half of `decodeManifest`: bytes to records, without asking whether they make sense together. */
export function decodeStructure(bytes: Uint8Array, file: string): Manifest {
  verifyIdentifier(manifestSchema, bytes, file);
  const body = unseal(bytes, file);
  verifyFlatBuffer(manifestSchema, body, file);
  const m = decodeFlatBuffer(manifestSchema, body) as Manifest;
  if (m.formatVersion !== formatVersion) {
    throw runtimeFault(
      "PS5007",
      `the bundle has format ${m.formatVersion}; this version reads format ${formatVersion}`,
      {
        at: inFile(file),
        fix: "export the model again with this version, or use the version that wrote the bundle",
      },
    );
  }
  return m;
}

/** The second half of `decodeManifest`: throws (PS5004) with everything inconsistent in `m`. */
export function requireConsistent(m: Manifest, file: string): void {
  const problems = checkManifest(m, file);
  if (problems.length > 0) throw new RuntimeFault(problems);
}
