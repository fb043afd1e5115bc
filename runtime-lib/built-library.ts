/**
 * @file Remembers which library in the compile cache belongs to a bundle, so that loading one again asks no compiler for
 * its version and hashes no module. A note names the library by bundle, target, runtime and chosen compiler; where any
 * of them changed there is no note, and where the library is gone the note counts for nothing.
 */

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { publishText } from "./bundle/publish.js";
import { buildNative } from "./engines/build-native.js";
import { cacheFolder, contentKey } from "./engines/cache.js";
import type { ModelVariant } from "./engines/engine.js";
import { nativeSources } from "./native/sources.js";

export interface BundleTarget {
  /** Hash of the bundle's manifest. */
  readonly digest: string;
  readonly target: string;
}

/** The library built earlier for this target of the bundle, if it is still there. */
export function knownLibrary(which: BundleTarget, env: NodeJS.ProcessEnv): string | undefined {
  try {
    const name = readFileSync(join(cacheFolder(env), "libraries", noteName(which, env)), "utf8").trim();
    const library = join(cacheFolder(env), "compiled", basename(dirname(name)), basename(name));
    return existsSync(library) ? library : undefined;
  } catch {
    return undefined; // no note, or none that can be read: the library is looked up by content
  }
}

/** Builds the library, or finds it in the cache by its content, and notes it. Rejects with what `buildNative` rejects with. */
export async function buildLibrary(
  which: BundleTarget,
  variant: ModelVariant,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const library = await buildNative(variant, env);
  try {
    const folder = join(cacheFolder(env), "libraries");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    publishText(join(folder, noteName(which, env)), `${library}\n`);
  } catch {
    // A note only saves time; the library itself is in the cache.
  }
  return library;
}

function noteName({ digest, target }: BundleTarget, env: NodeJS.ProcessEnv): string {
  const runtime = [...nativeSources().files].flat();
  return contentKey(["note 1", digest, target, env["PERSIMMONS_CLANG"] ?? "", process.platform, ...runtime]);
}
