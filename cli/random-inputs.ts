/**
 * @file Made-up inputs: a function of seed, name, type and shape alone, the same on every machine. Floats are normally
 * distributed with deviation 1, integers uniform in 0 ... 9 (as far as the type reaches), so that they do as indices.
 */

import { compileError } from "../ir/diagnostic.js";
import { type ElementType, elementFacts, isFloat, parseElementType, partOf } from "../ir/element.js";
import { roundTo } from "../ir/float-format.js";
import { emptyArray, type NdArray, setScalar, sizeOf, toBytes } from "../ir/ndarray.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";
import { cliCode } from "./faults.js";

export type Random = () => number;

/** Numbers in [0, 1) with 32 random bits: Doty-Humphrey's sfc32, seeded by hashing `key` (FNV-1a), warmed up. */
export function randomOf(key: string): Random {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  let [a, b, c, counter] = [hash, Math.imul(hash, 0x9e3779b1), Math.imul(hash, 0x85ebca6b) ^ 0x5bd1e995, 1];
  const next = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let k = 0; k < 16; k++) next();
  return next;
}

/** Normally distributed numbers (Box and Muller). */
function normalOf(random: Random): Random {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function emptyOf(name: string, element: ElementType, shape: readonly number[]): NdArray {
  try {
    return emptyArray(element, shape);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `the input '${name}' of sizes [${shape.join(", ")}] is more than can be made up`;
    throw compileError(cliCode.inputs, message, { exitCode: 4, fix: "give smaller sizes by --dim" });
  }
}

/**
 * A tensor of `dtype` and `shape` for the input `name`. Throws an `Error` for a type the IR does not have, PS6005 (exit 4)
 * where it is too large.
 */
export function randomTensor(seed: number, name: string, dtype: string, shape: readonly number[]): TensorData {
  const element = parseElementType(dtype);
  if (element === undefined) throw new Error(`no element type '${dtype}'`);
  const random = randomOf(`${seed}:${name}`);
  const normal = normalOf(random);
  const array = emptyOf(name, element, shape);
  const part = partOf(element);
  // f8E8M0FNU has powers of two alone, and no sign.
  const draw = element === "f8E8M0FNU" ? () => Math.abs(normal()) : normal;
  const float = () => (isFloat(part) ? roundTo(part, draw()) : draw());
  const { kind, bits } = elementFacts[element];
  const limit = Math.min(10, kind === "int" ? 2 ** (bits - 1) : 2 ** bits);
  for (let i = 0, size = sizeOf(shape); i < size; i++) {
    if (kind === "complex") setScalar(array, i, { re: float(), im: float() });
    else if (kind === "float") setScalar(array, i, float());
    else {
      const value = Math.floor(random() * limit);
      setScalar(array, i, typeof array.data[i] === "bigint" ? BigInt(value) : value);
    }
  }
  return { dtype, shape, bytes: toBytes(array) };
}
