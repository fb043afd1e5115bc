/** @file Number literals of MLIR text: shortest decimals that read back to the same bits, hexadecimal where none does. */

import { type ElementType, elementFacts } from "./element.js";
import { numericsOf } from "./scalar.js";

/** `1.000000e+00`-style floats (always with a point), plain integers; infinities and NaN as their bits. */
export function printScalarLiteral(value: number | bigint, element: ElementType): string {
  const facts = elementFacts[element];
  if (facts.kind !== "float") return String(value);
  const x = Number(value);
  if (!Number.isFinite(x)) {
    const digits = Math.ceil(facts.bits / 4);
    return `0x${numericsOf(element).toBits(x).toString(16).toUpperCase().padStart(digits, "0")}`;
  }
  return printDecimal(x, element);
}

function printDecimal(x: number, element: ElementType): string {
  if (Object.is(x, -0)) return "-0.000000e+00";
  const short = x.toExponential(6);
  const exact = Number(short) === x || (element !== "f64" && Math.fround(Number(short)) === x);
  const text = exact ? short : x.toExponential();
  const [mantissa = "", exponent = ""] = text.split("e");
  const point = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${point}e${sign}${exponent.replace(/^[+-]/, "").padStart(2, "0")}`;
}
