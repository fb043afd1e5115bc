/** @file Whole bundles around the modules written by hand for the engines' tests. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Compose } from "../../runtime-lib/bundle/bundle-draft.js";
import type { Manifest } from "../../runtime-lib/bundle/generated/manifest.js";
import { writeBundle } from "../../runtime-lib/bundle/write-bundle.js";
import { type ModelName, makeFixture } from "../runtime-lib/engines/fixtures.js";

const memory = { arenaBytes: "0", lowerBoundBytes: "0" };

/** Writes the files of the model `name`, with the targets of the given kinds. `change` has the last word on the manifest. */
export function composeHandMade(
  root: string,
  name: ModelName,
  kinds: readonly string[] = ["native", "wasm"],
  change: (manifest: Omit<Manifest, "files">) => Omit<Manifest, "files"> = (m) => m,
): Compose {
  const { folder, manifest } = makeFixture(root, name);
  const targets = manifest.targets.filter((target) => kinds.includes(target.kind));
  return async (draft) => {
    const { files: _, weightData: __, ...rest } = manifest;
    const weights = manifest.weights.map(({ name, dtype, shape, bytes }) => {
      const file = readFileSync(join(folder, "weights.safetensors"));
      return { name, dtype, shape, bytes, source: () => file.subarray(file.length - bytes) };
    });
    const written = weights.length === 0 ? undefined : await draft.weights(weights);
    for (const module of targets.flatMap((target) => target.module ?? []))
      await draft.file(module, readFileSync(join(folder, module)));
    const programs = manifest.entries.map((_, entry) => ({ entry, buffers: [], steps: [], memory }));
    return change({
      ...rest,
      ...(written === undefined ? {} : { weightData: written.data, weights: written.tensors }),
      targets: targets.map((target) => ({ ...target, programs })),
    });
  };
}

/** Writes the bundle to `root/NAME.psm` and gives its path. */
export async function writeHandMade(root: string, name: ModelName, kinds?: readonly string[]): Promise<string> {
  const { path } = await writeBundle(join(root, `${name}.psm`), composeHandMade(join(root, "parts"), name, kinds));
  return path;
}
