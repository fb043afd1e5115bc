/** @file A resource with more elements behind the last ones of some axes. Nothing is held: each read takes from the source what it needs. */

import { fromScalars, toBytes } from "./ndarray.js";
import type { Resource } from "./resource.js";

/** `source` as a tensor of `shape`, no axis of which is shorter; `fill` is what is new. */
export function paddedResource(source: Resource, shape: readonly number[], fill: number): Resource {
  const element = toBytes(fromScalars(source.element, [1], [fill]));
  const bytes = element.byteLength;
  const rowBytes = (shape.at(-1) ?? 1) * bytes;
  const sourceBytes = (source.shape.at(-1) ?? 1) * bytes;
  const rows = shape.slice(0, -1).reduce((n, d) => n * d, 1);
  return {
    name: `${source.name}.padded_${shape.join("x")}_${fill}`,
    element: source.element,
    shape,
    byteLength: rows * rowBytes,
    read(offset, length) {
      const first = Math.floor(offset / rowBytes);
      const end = Math.ceil((offset + length) / rowBytes);
      const out = new Uint8Array((end - first) * rowBytes);
      for (let at = 0; at < out.length; at += bytes) out.set(element, at);
      for (let row = first; row < end; row++) {
        const from = sourceRow(row, shape, source.shape);
        if (from !== undefined) out.set(source.read(from * sourceBytes, sourceBytes), (row - first) * rowBytes);
      }
      return out.subarray(offset - first * rowBytes, offset - first * rowBytes + length);
    },
  };
}

/** The row of the source that a row is; `undefined` for one of padding. */
function sourceRow(row: number, shape: readonly number[], from: readonly number[]): number | undefined {
  let [left, at, step] = [row, 0, 1];
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    const position = left % shape[axis]!;
    if (position >= from[axis]!) return undefined;
    left = Math.floor(left / shape[axis]!);
    at += position * step;
    step *= from[axis]!;
  }
  return at;
}
