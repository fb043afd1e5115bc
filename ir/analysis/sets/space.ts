/**
 * @file Spaces: what the columns of a set or relation mean: parameters, then input dims, then output dims.
 * A set has an output alone. Binary operations align parameters by name and demand tuples of equal name and size.
 */

export interface Tuple {
  /** Empty where the tuple has no name. */
  readonly name: string;
  readonly dims: readonly string[];
}

export interface Space {
  readonly params: readonly string[];
  /** Absent in the space of a set. */
  readonly input?: Tuple;
  readonly output: Tuple;
}

export function setSpace(params: readonly string[], output: Tuple): Space {
  return { params, output };
}

export function mapSpace(params: readonly string[], input: Tuple, output: Tuple): Space {
  return { params, input, output };
}

export function inputSize(space: Space): number {
  return space.input?.dims.length ?? 0;
}

export function columnsOfSpace(space: Space): number {
  return space.params.length + inputSize(space) + space.output.dims.length;
}

/** The first column of the parameters, the input or the output. */
export function firstColumn(space: Space, part: "params" | "input" | "output"): number {
  if (part === "params") return 0;
  return part === "input" ? space.params.length : space.params.length + inputSize(space);
}

export function sameTuple(a: Tuple | undefined, b: Tuple | undefined): boolean {
  return a?.name === b?.name && a?.dims.length === b?.dims.length;
}

/** The numbers from `first` on, `count` of them. */
export function range(first: number, count: number): number[] {
  const numbers = new Array<number>(Math.max(count, 0));
  for (let i = 0; i < count; i++) numbers[i] = first + i;
  return numbers;
}
