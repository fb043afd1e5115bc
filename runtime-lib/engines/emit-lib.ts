/**
 * @file `--emit=lib`: a folder that a C or Python program needs and nothing else: the shared library, its header, and the
 * weights beside them. Each file is written under a temporary name and renamed.
 */

import { constants, copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { runtimeFault } from "../diagnostic.js";
import { modelHeader } from "../native/header.js";
import { nativeSources } from "../native/sources.js";
import { buildNative } from "./build-native.js";
import type { ModelVariant } from "./engine.js";

export interface EmittedLibrary {
  readonly library: string;
  readonly header: string;
  /** NAME.safetensors: where the library looks by default. */
  readonly weights?: string;
}

/** The files of `--emit=lib` in `folder`. Rejects with what `buildNative` rejects with, or PS5226 (exit 5) for I/O. */
export async function emitLibrary(
  variant: ModelVariant,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<EmittedLibrary> {
  const name = variant.description.model;
  const built = await buildNative(variant, env);
  const library = path.join(folder, `lib${name}${path.extname(built)}`);
  const header = path.join(folder, `${name}.h`);
  const text = modelHeader(variant.description, nativeSources().files.get("psm_abi.h")!);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw cannotWrite(folder, error);
  });
  await place(library, (file) => copyFile(built, file));
  await place(header, (file) => writeFile(file, text));
  if (variant.weightsPath === undefined) return { library, header };
  const weights = path.join(folder, `${name}.safetensors`);
  const source = variant.weightsPath;
  if (path.resolve(source) !== path.resolve(weights))
    await place(weights, (file) => copyFile(source, file, constants.COPYFILE_FICLONE));
  return { library, header, weights };
}

async function place(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.new-${process.pid}`;
  try {
    await write(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw cannotWrite(file, error);
  }
}

function cannotWrite(file: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return runtimeFault("PS5226", `${file} cannot be written: ${reason}`, { cause: error });
}
