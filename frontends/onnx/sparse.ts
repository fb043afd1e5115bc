/**
 * @file Sparse tensors: kept as they are, and made dense on demand, with a limit on what that may cost.
 */

import { compileError } from "../../ir/diagnostic.js";
import { denseBytes } from "./dtypes.js";
import type { SparseTensorProto } from "./generated/onnx.js";
import { onnxCode, type Place } from "./problems.js";
import type { OnnxSparseTensor } from "./records.js";
import { checkedProduct, type ReadContext, readDims, readTensor } from "./tensor.js";
import { tensorBytes } from "./tensor-data.js";

/** A sparse tensor of a few bytes may claim any size; a dense form beyond this is refused. */
export const MAX_DENSE_BYTES = 2 ** 30;

/** The sparse tensor, or `undefined` after reporting what is wrong with it. */
export function readSparseTensor(
  proto: SparseTensorProto,
  place: Place,
  context: ReadContext,
): OnnxSparseTensor | undefined {
  const fail = (message: string): undefined => {
    context.problems.error(onnxCode.sparse, place, message);
  };
  if (proto.values === undefined || proto.indices === undefined)
    return fail("a sparse tensor needs values and indices");
  const part = (what: string): Place => ({ at: place.at, what: place.what === "" ? what : `${place.what}: ${what}` });
  const values = readTensor(proto.values, part("values"), context);
  const indices = readTensor(proto.indices, part("indices"), context);
  const dims = readDims(proto.dims ?? [], fail);
  if (values === undefined || indices === undefined || dims === undefined) return undefined;
  const { dtype, name } = values;
  const elements = checkedProduct(dims);
  if (dtype === "string") return fail("sparse tensors of strings are not supported");
  if (elements === undefined || !Number.isSafeInteger(denseBytes(dtype, elements))) {
    return fail(`sizes [${dims.join(", ")}] of ${dtype} are more than 2^53 bytes`);
  }
  const sparse: OnnxSparseTensor = { name, dtype, dims, elements, values, indices, at: place.at };
  const mismatch = shapeProblem(sparse) ?? (indices.payload.kind === "external" ? undefined : indexProblem(sparse));
  return mismatch === undefined ? sparse : fail(mismatch);
}

function shapeProblem({ values, indices, dims }: OnnxSparseTensor): string | undefined {
  const [n] = values.dims;
  if (n === undefined || values.dims.length !== 1)
    return `values of sizes [${values.dims.join(", ")}] instead of a list`;
  if (indices.dtype !== "i64") return `indices of ${indices.dtype} instead of i64`;
  const [rows, columns] = indices.dims;
  const linear = indices.dims.length === 1;
  const coordinates = indices.dims.length === 2 && columns === dims.length;
  if (rows === n && (linear || coordinates)) return undefined;
  return `indices of sizes [${indices.dims.join(", ")}] for ${n} values in a tensor of rank ${dims.length}`;
}

/** Indices ascend and are inside the tensor. */
function indexProblem(sparse: OnnxSparseTensor): string | undefined {
  let last = -1;
  let i = 0;
  for (const position of positions(sparse)) {
    if (position === undefined) return `index ${i} is outside sizes [${sparse.dims.join(", ")}]`;
    if (position <= last) return `index ${i} does not come after the one before it`;
    last = position;
    i++;
  }
  return undefined;
}

/** The row-major position of each value; `undefined` for an index outside the tensor. */
function* positions({ indices, dims, elements }: OnnxSparseTensor): Generator<number | undefined> {
  const bytes = tensorBytes(indices);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const index = (i: number): number => Number(view.getBigInt64(8 * i, true));
  const rows = indices.dims[0] ?? 0;
  for (let row = 0; row < rows; row++) {
    if (indices.dims.length === 1) {
      const position = index(row);
      yield position >= 0 && position < elements ? position : undefined;
      continue;
    }
    let position: number | undefined = 0;
    for (const [axis, size] of dims.entries()) {
      const x = index(row * dims.length + axis);
      position = position !== undefined && x >= 0 && x < size ? position * size + x : undefined;
    }
    yield position;
  }
}

/**
 * All elements of `sparse`, in the form of `tensorBytes`.
 * @throws CompileError where they take more than `limit` bytes (exit code 4), or external indices are wrong.
 */
export function sparseTensorBytes(sparse: OnnxSparseTensor, limit = MAX_DENSE_BYTES): Uint8Array {
  const size = denseBytes(sparse.dtype, sparse.elements);
  if (size > limit) {
    const message = `sparse tensor '${sparse.name}' takes ${size} bytes when dense, the limit is ${limit}`;
    throw compileError(onnxCode.sparse, message, { at: sparse.at, exitCode: 4 });
  }
  const problem = sparse.indices.payload.kind === "external" ? indexProblem(sparse) : undefined;
  if (problem !== undefined)
    throw compileError(onnxCode.sparse, `sparse tensor '${sparse.name}': ${problem}`, { at: sparse.at });
  const out = new Uint8Array(size);
  const values = tensorBytes(sparse.values);
  const width = denseBytes(sparse.dtype, 1);
  let i = 0;
  for (const position of positions(sparse)) {
    out.set(values.subarray(i * width, (i + 1) * width), (position ?? 0) * width);
    i++;
  }
  return out;
}
