/**
 * @file Where the elements of a transfer lie: four dimensions of strides at either end, walked as contiguous stretches
 * where there are any.
 */

/** Of a descriptor. */
export const dimensions = 4;

/** One end of a transfer. */
export interface End {
  readonly base: number;
  readonly strides: readonly number[];
}

/** What is moved: elements of so many bytes, and as which box they arrive. */
export interface Box {
  readonly element: number;
  readonly sizes: readonly number[];
  readonly padded: readonly number[];
  readonly fill: number;
}

/** The bytes from the first to behind the last that the elements touch. */
export function extent(
  { base, strides }: End,
  sizes: readonly number[],
  element: number,
): { from: number; to: number } {
  let from = base;
  let to = base + element;
  sizes.forEach((size, k) => {
    const reach = (size - 1) * strides[k]!;
    if (reach < 0) from += reach;
    else to += reach;
  });
  return { from, to };
}

export function denseStrides(sizes: readonly number[], element: number): readonly number[] {
  const strides: number[] = [];
  sizes.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, element);
  return strides;
}

/** Calls `visit` for stretches that are contiguous at both ends. */
export function forEachPair(
  a: End,
  b: End,
  sizes: readonly number[],
  element: number,
  visit: (a: number, b: number, bytes: number) => void,
): void {
  const isRun = a.strides[0] === element && b.strides[0] === element;
  const inner = isRun ? 1 : sizes[0]!;
  const bytes = isRun ? element * sizes[0]! : element;
  for (let z = 0; z < sizes[3]!; z++) {
    for (let y = 0; y < sizes[2]!; y++) {
      for (let x = 0; x < sizes[1]!; x++) {
        const fromA = a.base + z * a.strides[3]! + y * a.strides[2]! + x * a.strides[1]!;
        const fromB = b.base + z * b.strides[3]! + y * b.strides[2]! + x * b.strides[1]!;
        for (let w = 0; w < inner; w++) visit(fromA + w * a.strides[0]!, fromB + w * b.strides[0]!, bytes);
      }
    }
  }
}

/** A contiguous stretch of memory, and where it lies in dense data. */
export interface Run {
  readonly at: number;
  readonly from: number;
  readonly bytes: number;
}

export function runsOf(end: End, sizes: readonly number[], element: number): readonly Run[] {
  const runs: Run[] = [];
  const dense = { base: 0, strides: denseStrides(sizes, element) };
  forEachPair(end, dense, sizes, element, (at, from, bytes) => void runs.push({ at, from, bytes }));
  return runs;
}
