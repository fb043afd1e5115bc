/**
 * @file The seal of a manifest: the SHA-256 of its bytes, after them. A flipped bit in a shape expression would otherwise
 * give a manifest that is well formed, consistent and wrong.
 */

import { createHash } from "node:crypto";
import { inFile, runtimeFault } from "../diagnostic.js";

export const sealBytes = 32;

/** `bytes` with their hash appended. */
export function seal(bytes: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(bytes.length + sealBytes);
  sealed.set(bytes);
  sealed.set(createHash("sha256").update(bytes).digest(), bytes.length);
  return sealed;
}

/** The bytes before the seal; a `RuntimeFault` (PS5003) where it does not fit them. */
export function unseal(sealed: Uint8Array, file: string): Uint8Array {
  const end = Math.max(0, sealed.length - sealBytes);
  const bytes = sealed.subarray(0, end);
  const hash = createHash("sha256").update(bytes).digest();
  if (sealed.length >= sealBytes && hash.equals(sealed.subarray(end))) return bytes;
  throw runtimeFault("PS5003", "the file is not what was written: its checksum differs", {
    at: inFile(file, end),
    fix: "the file is damaged or incomplete: export the model again, or copy the bundle again",
  });
}
