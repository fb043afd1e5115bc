/** @file Scalar arithmetic. Registers have 64 bits; results beyond 53, which no address or size reaches, are faults. */

import { type ProgramPlace, programFault } from "./faults.js";

type Binary = (a: number, b: number) => number;

const binary: Readonly<Record<string, Binary>> = {
  "s.add": (a, b) => a + b,
  "s.addi": (a, b) => a + b,
  "s.sub": (a, b) => a - b,
  "s.mul": (a, b) => a * b,
  "s.muli": (a, b) => a * b,
  "s.min": Math.min,
  "s.max": Math.max,
};

export function computeScalar(name: string, a: number, b: number, place: ProgramPlace): number {
  const value = binary[name]!(a, b);
  // Integers have one zero.
  if (Number.isSafeInteger(value)) return value + 0;
  throw programFault("PS5268", place, `${name} of ${a} and ${b} leaves the 53 bits that the emulator computes with`);
}
