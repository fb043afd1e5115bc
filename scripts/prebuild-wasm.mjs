/**
 * @file The last step of the build: the C runtime as a wasm object beside its sources, where the package ships it. It is
 * compiled only when it is missing or its sources have changed.
 */

import { prebuildWasmRuntime } from "../dist/runtime-lib/engines/build-wasm.js";

await prebuildWasmRuntime();
