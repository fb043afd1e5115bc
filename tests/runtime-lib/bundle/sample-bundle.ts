/** @file A small bundle to write, open and damage. */

import { readFileSync } from "node:fs";
import type { Compose, ManifestDraft } from "../../../runtime-lib/bundle/bundle-draft.js";
import { openBundle } from "../../../runtime-lib/bundle/read-bundle.js";
import type { TensorSource } from "../../../runtime-lib/bundle/safetensors-writer.js";
import { emptyManifest, sampleManifest } from "./sample-manifest.js";

export const kernels = "define void @tiny_k0() {\n  ret void\n}\n";

/** Tensors `w0`, `w1`, ... of the given sizes, whose bytes depend on `salt`. */
export function tensors(sizes: readonly number[], salt = 1): readonly TensorSource[] {
  return sizes.map((bytes, k) => ({
    name: `w${k}`,
    dtype: "ui8",
    shape: [bytes],
    bytes,
    source: () => Uint8Array.from({ length: bytes }, (_, i) => i * salt + k),
  }));
}

/** Writes weights of the given sizes and one module. */
export function compose(sizes: readonly number[] = [100, 64, 1], salt = 1): Compose {
  return async (draft): Promise<ManifestDraft> => {
    const written = await draft.weights(tensors(sizes, salt));
    await draft.file("kernels.host.ll", kernels);
    const { files: _, ...rest } = emptyManifest;
    return {
      ...rest,
      weightData: written.data,
      weights: written.tensors,
      targets: [{ ...sampleManifest.targets[0]!, kernels: [], programs: [] }],
    };
  };
}

/** The salt of the bundle at `path`, told from its weights: all files belong together, or this fails. */
export async function saltOf(path: string): Promise<number> {
  const bundle = await openBundle(path, { verify: "always" });
  const { path: file, offset } = bundle.file("weights.safetensors");
  return readFileSync(file)[offset + bundle.manifest.weightData!.offset + 1]!;
}
