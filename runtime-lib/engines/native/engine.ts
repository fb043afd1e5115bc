/**
 * @file The native engine: the bundle's module as a shared library, built with the first LLVM found, called through C ABI
 * v1. Inputs are passed where they lie; outputs are written where they stay.
 */

import { buildNative } from "../build-native.js";
import type { Engine, LoadedModel, LoadOptions, ModelVariant } from "../engine.js";
import { NativeLibrary } from "./library.js";
import { createInstance, NativeModel } from "./model.js";

/** The engine; the environment names the compiler (PERSIMMONS_CLANG) and the cache (PERSIMMONS_CACHE). */
export function nativeEngine(env: NodeJS.ProcessEnv = process.env): Engine {
  return {
    name: "native",
    load: async (variant: ModelVariant, options: LoadOptions = {}) => {
      const file = await buildNative(variant, env);
      return openNative(file, variant, options);
    },
  };
}

/** An instance of a library that is already built. Throws what `createInstance` throws. */
export function openNative(file: string, variant: ModelVariant, options: LoadOptions = {}): LoadedModel {
  const library = new NativeLibrary(file, variant.description.model);
  const source = variant.weightsPath === undefined ? {} : { weightsPath: variant.weightsPath };
  return new NativeModel(library, variant.description, options, createInstance(library, { ...options, ...source }));
}
