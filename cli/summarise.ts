/** @file A tensor in a few words: its least, greatest and mean value, or the values themselves where they are few. */

import { elementFacts } from "../ir/element.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";
import { arrayOf } from "./compare.js";

const few = 8;

export function summarise(tensor: TensorData): string {
  const { data, element } = arrayOf(tensor);
  const { kind } = elementFacts[element];
  if (data.length === 0) return "empty";
  const digits = (x: number): string =>
    (kind === "float" || kind === "complex" ? Number(x.toPrecision(6)) : x).toString();
  if (data.length <= few) return `[${Array.from(data as Float64Array, (x) => digits(Number(x))).join(", ")}]`;
  let [least, greatest, sum, odd] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (!Number.isFinite(x)) odd++;
    else {
      least = Math.min(least, x);
      greatest = Math.max(greatest, x);
      sum += x;
    }
  }
  const count = data.length - odd;
  const finite =
    count === 0 ? "" : `from ${digits(least)} to ${digits(greatest)}, mean ${(sum / count).toPrecision(4)}`;
  return odd === 0 ? finite : `${finite}${finite === "" ? "" : ", "}${odd} NaN or infinite`;
}
