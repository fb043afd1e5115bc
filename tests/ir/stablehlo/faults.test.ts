/** @file Programs that are not StableHLO: each is refused with a message that names the fault, and jaxlib refuses it too. */

import { beforeAll, describe, expect, it } from "vitest";
import { CompileError } from "../../../ir/diagnostic.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { graphContext } from "../../support/draft-program.js";
import { pythonWith } from "../../support/python.js";
import { judge, type Verdict } from "./referee.js";

interface Fault {
  /** Arguments of the function. */
  readonly args: string;
  readonly op: string;
  readonly message: string;
  /** What jaxlib takes and we do not; with the reason. */
  readonly ours?: string;
}

const body = "({ ^bb0(%p: tensor<f32>, %q: tensor<f32>): stablehlo.return %p : tensor<f32> })";
const x = "%a: tensor<3x4xf32>";
const gatherNumbers = (rest: string) => `dimension_numbers = #stablehlo.gather<${rest}>`;

const faults: Readonly<Record<string, Fault>> = {
  "different elements": {
    args: "%a: tensor<2xf32>, %b: tensor<2xf64>",
    op: '%0 = "stablehlo.add"(%a, %b) : (tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>',
    message: "tensor<2xf32> and tensor<2xf64> differ",
  },
  "different sizes": {
    args: "%a: tensor<2xf32>, %b: tensor<3xf32>",
    op: '%0 = "stablehlo.multiply"(%a, %b) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>',
    message: "tensor<2xf32> and tensor<3xf32> differ",
  },
  "a function of the wrong elements": {
    args: "%a: tensor<2xi32>",
    op: '%0 = "stablehlo.exponential"(%a) : (tensor<2xi32>) -> tensor<2xi32>',
    message: "operand 'operand' must be a float or complex tensor, not tensor<2xi32>",
  },
  "an operand too few": {
    args: "%a: tensor<2xi32>",
    op: '%0 = "stablehlo.subtract"(%a) : (tensor<2xi32>) -> tensor<2xi32>',
    message: "takes 2 operands, not 1",
  },
  "an ordered comparison of complex numbers": {
    args: "%a: tensor<2xcomplex<f32>>",
    op: "%0 = stablehlo.compare LT, %a, %a : (tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>) -> tensor<2xi1>",
    message: "complex numbers have no order for LT",
    ours: "jaxlib leaves it to the compiler",
  },
  "a comparison type of another element": {
    args: "%a: tensor<2xf32>",
    op: "%0 = stablehlo.compare LT, %a, %a, SIGNED : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
    message: "the comparison type SIGNED does not fit f32",
    ours: "jaxlib leaves it to the compiler",
  },
  "a predicate of another shape": {
    args: "%a: tensor<3xi1>, %b: tensor<2xf32>",
    op: '%0 = "stablehlo.select"(%a, %b, %b) : (tensor<3xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>',
    message: "tensor<3xi1> does not fit tensor<2xf32>",
  },
  "bounds of another shape": {
    args: "%a: tensor<3xf32>, %b: tensor<2xf32>",
    op: '%0 = "stablehlo.clamp"(%a, %b, %a) : (tensor<3xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>',
    message: "tensor<3xf32> does not bound tensor<2xf32>",
  },
  "a reshape that loses elements": {
    args: x,
    op: "%0 = stablehlo.reshape %a : (tensor<3x4xf32>) -> tensor<13xf32>",
    message: "tensor<3x4xf32> and tensor<13xf32> differ in their number of elements",
  },
  "a reshape to unknown sizes": {
    args: "%a: tensor<?x4xf32>",
    op: "%0 = stablehlo.reshape %a : (tensor<?x4xf32>) -> tensor<?x2xf32>",
    message: "dynamic_reshape takes them as an operand",
  },
  "a broadcast along an axis that is not there": {
    args: x,
    op: "%0 = stablehlo.broadcast_in_dim %a, dims = [0, 2] : (tensor<3x4xf32>) -> tensor<3x4xf32>",
    message: "dims names axis 2 of a tensor of rank 2",
  },
  "a broadcast of a size that is not 1": {
    args: x,
    op: "%0 = stablehlo.broadcast_in_dim %a, dims = [0, 1] : (tensor<3x4xf32>) -> tensor<3x8xf32>",
    message: "size [4] cannot be repeated to fill axis 1 of tensor<3x8xf32>",
  },
  "a permutation that is none": {
    args: x,
    op: "%0 = stablehlo.transpose %a, dims = [0, 0] : (tensor<3x4xf32>) -> tensor<3x3xf32>",
    message: "dims [0, 0] names an axis twice",
  },
  "a slice beyond the end": {
    args: x,
    op: "%0 = stablehlo.slice %a [0:3, 0:5] : (tensor<3x4xf32>) -> tensor<3x5xf32>",
    message: "the range 0:5:1 does not lie in axis 1 of tensor<3x4xf32>",
  },
  "a result type that does not follow": {
    args: x,
    op: "%0 = stablehlo.slice %a [0:3, 0:2] : (tensor<3x4xf32>) -> tensor<3x3xf32>",
    message: "result 0 is given as tensor<3x3xf32> but must be tensor<3x2xf32>",
  },
  "tensors that do not fit end to end": {
    args: "%a: tensor<3x4xf32>, %b: tensor<2x5xf32>",
    op: "%0 = stablehlo.concatenate %a, %b, dim = 0 : (tensor<3x4xf32>, tensor<2x5xf32>) -> tensor<5x4xf32>",
    message: "do not fit together along axis 0",
  },
  "padding that cuts too much": {
    args: "%a: tensor<3xf32>, %b: tensor<f32>",
    op: "%0 = stablehlo.pad %a, %b, low = [-2], high = [-2], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<0xf32>",
    message: "more is cut off axis 0 of tensor<3xf32> than there is",
  },
  "counting along no axis": {
    args: x,
    op: "%0 = stablehlo.iota dim = 2 : tensor<3x4xi32>",
    message: "there is no axis 2 to count along",
  },
  "a block larger than the operand": {
    args: "%a: tensor<3xf32>, %b: tensor<i32>",
    op: "%0 = stablehlo.dynamic_slice %a, %b, sizes = [4] : (tensor<3xf32>, tensor<i32>) -> tensor<4xf32>",
    message: "a block of size 4 does not fit axis 0 of tensor<3xf32>",
  },
  "an update larger than the operand": {
    args: "%a: tensor<3xf32>, %b: tensor<i32>, %c: tensor<4xf32>",
    op: "%0 = stablehlo.dynamic_update_slice %a, %c, %b : (tensor<3xf32>, tensor<4xf32>, tensor<i32>) -> tensor<3xf32>",
    message: "tensor<4xf32> is no block of tensor<3xf32>",
  },
  "contracted axes of different sizes": {
    args: "%a: tensor<3x4xf32>, %b: tensor<5x6xf32>",
    op: "%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<3x4xf32>, tensor<5x6xf32>) -> tensor<3x6xf32>",
    message: "axis 1 of tensor<3x4xf32> and axis 0 of tensor<5x6xf32> differ in size",
  },
  "an axis that is both batched and contracted": {
    args: x,
    op: "%0 = stablehlo.dot_general %a, %a, batching_dims = [1] x [1], contracting_dims = [1] x [1] : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<4x3x3xf32>",
    message: "names an axis twice",
  },
  "a convolution of other channels": {
    args: "%a: tensor<1x8x8x3xf32>, %b: tensor<3x3x4x2xf32>",
    op: "%0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x8x3xf32>, tensor<3x3x4x2xf32>) -> tensor<1x6x6x2xf32>",
    message: "3 input features are not 1 groups of 4",
  },
  "a convolution whose outputs are not in groups": {
    args: "%a: tensor<1x8x8x4xf32>, %b: tensor<3x3x2x3xf32>",
    op: "%0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<1x8x8x4xf32>, tensor<3x3x2x3xf32>) -> tensor<1x6x6x3xf32>",
    message: "3 output features are not 2 groups",
  },
  "a reduction with a foreign initial value": {
    args: "%a: tensor<3xf32>, %b: tensor<2xf32>",
    op: `%0 = "stablehlo.reduce"(%a, %b) ${body} {dimensions = array<i64: 0>} : (tensor<3xf32>, tensor<2xf32>) -> tensor<f32>`,
    message: "initial values have rank 0",
  },
  "a reduction over no axis": {
    args: "%a: tensor<3xf32>, %b: tensor<f32>",
    op: `%0 = "stablehlo.reduce"(%a, %b) ${body} {dimensions = array<i64: 1>} : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>`,
    message: "dimensions names axis 1 of a tensor of rank 1",
  },
  "a reduction whose body returns too much": {
    args: "%a: tensor<3xf32>, %b: tensor<f32>",
    op: '%0 = "stablehlo.reduce"(%a, %b) ({ ^bb0(%p: tensor<f32>, %q: tensor<f32>): stablehlo.return %p, %q : tensor<f32>, tensor<f32> }) {dimensions = array<i64: 0>} : (tensor<3xf32>, tensor<f32>) -> tensor<f32>',
    message: "the body must take 2 values and return 1",
  },
  "a window of another rank": {
    args: "%a: tensor<3x4xf32>, %b: tensor<f32>",
    op: `%0 = "stablehlo.reduce_window"(%a, %b) <{window_dimensions = array<i64: 2>}> ${body} : (tensor<3x4xf32>, tensor<f32>) -> tensor<2x4xf32>`,
    message: "the window has 1 axes, tensor<3x4xf32> has 2",
  },
  "a window of no size": {
    args: "%a: tensor<3xf32>, %b: tensor<f32>",
    op: `%0 = "stablehlo.reduce_window"(%a, %b) <{window_dimensions = array<i64: 0>}> ${body} : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>`,
    message: "the window [0] must be positive",
  },
  "a comparator that returns no predicate": {
    args: "%a: tensor<3xf32>",
    op: `%0 = "stablehlo.sort"(%a) <{dimension = 0 : i64}> ${body} : (tensor<3xf32>) -> tensor<3xf32>`,
    message: "the comparator must take two elements of each tensor and return tensor<i1>",
  },
  "a gather that leaves an axis out": {
    args: "%a: tensor<3x4xf32>, %b: tensor<2x1xi32>",
    op: `%0 = "stablehlo.gather"(%a, %b) <{${gatherNumbers("offset_dims = [1], start_index_map = [0], index_vector_dim = 1")}, slice_sizes = array<i64: 1, 4>}> : (tensor<3x4xf32>, tensor<2x1xi32>) -> tensor<2x4xf32>`,
    message: "1 offset, 0 collapsed and 0 batching axes for tensor<3x4xf32>",
  },
  "a gather of slices that are too large": {
    args: "%a: tensor<3x4xf32>, %b: tensor<2x1xi32>",
    op: `%0 = "stablehlo.gather"(%a, %b) <{${gatherNumbers("offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1")}, slice_sizes = array<i64: 1, 5>}> : (tensor<3x4xf32>, tensor<2x1xi32>) -> tensor<2x5xf32>`,
    message: "slice size 5 does not fit axis 1 of tensor<3x4xf32>",
  },
  "a scatter of windows that are too large": {
    args: "%a: tensor<3x4xf32>, %b: tensor<2x1xi32>, %c: tensor<2x5xf32>",
    op: `%0 = "stablehlo.scatter"(%a, %b, %c) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ${body} : (tensor<3x4xf32>, tensor<2x1xi32>, tensor<2x5xf32>) -> tensor<3x4xf32>`,
    message: "axis 1 of tensor<2x5xf32> does not fit axis 1 of tensor<3x4xf32>",
  },
  "branches of different types": {
    args: "%a: tensor<i1>, %b: tensor<f32>, %c: tensor<i32>",
    op: '%0 = "stablehlo.if"(%a) ({ stablehlo.return %b : tensor<f32> }, { stablehlo.return %c : tensor<i32> }) : (tensor<i1>) -> tensor<f32>',
    message: "the branches return tensor<f32> and tensor<i32> as result 0",
  },
  "a loop that changes its value": {
    args: "%a: tensor<f32>, %b: tensor<i32>, %c: tensor<i1>",
    op: "%0 = stablehlo.while(%v = %a) : tensor<f32> cond { stablehlo.return %c : tensor<i1> } do { stablehlo.return %b : tensor<i32> }",
    message: "value 0 goes round as tensor<f32>, tensor<f32>, tensor<f32>, tensor<i32>",
  },
  "a condition that is no predicate": {
    args: "%a: tensor<f32>",
    op: "%0 = stablehlo.while(%v = %a) : tensor<f32> cond { stablehlo.return %v : tensor<f32> } do { stablehlo.return %v : tensor<f32> }",
    message: "the condition must return tensor<i1>",
  },
  "a composite of a function that is not there": {
    args: "%a: tensor<f32>",
    op: '%0 = stablehlo.composite "a.b" %a {decomposition = @missing} : (tensor<f32>) -> tensor<f32>',
    message: "there is no function @missing to decompose into",
  },
  "a tuple element that is not there": {
    args: "%a: tuple<tensor<f32>>",
    op: "%0 = stablehlo.get_tuple_element %a[1] : (tuple<tensor<f32>>) -> tensor<f32>",
    message: "tuple<tensor<f32>> has no element 1",
  },
  "a transform of the wrong length": {
    args: "%a: tensor<8xf32>",
    op: "%0 = stablehlo.fft %a, type = RFFT, length = [6] : (tensor<8xf32>) -> tensor<4xcomplex<f32>>",
    message: "axis 0 of tensor<8xf32> does not fit a length of 6",
  },
  "a real transform of complex numbers": {
    args: "%a: tensor<8xcomplex<f32>>",
    op: "%0 = stablehlo.fft %a, type = RFFT, length = [8] : (tensor<8xcomplex<f32>>) -> tensor<5xcomplex<f32>>",
    message: "RFFT does not take complex<f32>",
  },
  "a factorisation of something not square": {
    args: x,
    op: "%0 = stablehlo.cholesky %a : tensor<3x4xf32>",
    message: "tensor<3x4xf32> does not hold square matrices",
  },
  "features of another number": {
    args: "%a: tensor<3x4xf32>, %b: tensor<3xf32>",
    op: '%0:3 = "stablehlo.batch_norm_training"(%a, %b, %b) <{epsilon = 1.0e-3 : f32, feature_index = 1 : i64}> : (tensor<3x4xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<3x4xf32>, tensor<3xf32>, tensor<3xf32>)',
    message: "tensor<3xf32> does not hold one value per feature of tensor<3x4xf32>",
  },
  "a state of the wrong size": {
    args: "%a: tensor<4xui64>",
    op: "%0:2 = stablehlo.rng_bit_generator %a, algorithm = THREE_FRY : (tensor<4xui64>) -> (tensor<4xui64>, tensor<3xui32>)",
    message: "THREE_FRY takes a state of 2 elements of ui64",
    ours: "jaxlib leaves it to the compiler",
  },
  "a replica in two groups": {
    args: "%a: tensor<2xf32>",
    op: '%0 = "stablehlo.cross-replica-sum"(%a) <{replica_groups = dense<[[0, 1], [1, 2]]> : tensor<2x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>',
    message: "a process is in two replica groups",
    ours: "jaxlib leaves it to the compiler",
  },
  "a permutation with two targets": {
    args: "%a: tensor<2xf32>",
    op: '%0 = "stablehlo.collective_permute"(%a) <{source_target_pairs = dense<[[0, 1], [0, 2]]> : tensor<2x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>',
    message: "a process is source or target of two pairs",
  },
  "a quantized type": {
    args: "%a: tensor<2xf32>",
    op: "%0 = stablehlo.uniform_quantize %a : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>",
    message: "quantized element types are not modelled",
    ours: "jaxlib models them",
  },
  "an unknown word in an attribute": {
    args: x,
    op: "%0 = stablehlo.compare LESS, %a, %a : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>",
    message: "attribute 'comparison_direction' must be one of EQ, NE, GE, GT, LE, LT",
  },
  "dimension numbers that are none": {
    args: x,
    op: '%0 = "stablehlo.dot_general"(%a, %a) <{dot_dimension_numbers = #stablehlo.dot<lhs = [0]>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>',
    message: "attribute 'dot_dimension_numbers' must be #stablehlo.dot<…>",
  },
  "a missing attribute": {
    args: x,
    op: '%0 = "stablehlo.transpose"(%a) : (tensor<3x4xf32>) -> tensor<4x3xf32>',
    message: "attribute 'permutation' is missing",
  },
};

const textOf = ({ args, op }: Fault): string =>
  `module {\n  func.func @main(${args}) {\n    ${op}\n    func.return\n  }\n}\n`;

/** Every problem found, by reading or by verifying. */
function problemsOf(text: string): string {
  const context = graphContext();
  try {
    const module = parseModule(text, "fault.mlir", context);
    return verify(module, context)
      .map((d) => d.message)
      .join("\n");
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

describe("refused", () => {
  it.each(Object.entries(faults))("%s", (_, fault) => {
    expect(problemsOf(textOf(fault))).toContain(fault.message);
  });
});

const python = pythonWith("jax", "jaxlib");

describe.skipIf(python === undefined)("refused by jaxlib too (needs Python with jax)", () => {
  const shared = Object.entries(faults).filter(([, fault]) => fault.ours === undefined);
  const verdicts = new Map<string, Verdict>();

  beforeAll(() => {
    const answers = judge(
      python!,
      shared.map(([, fault]) => ({ texts: [textOf(fault)] })),
    );
    shared.forEach(([name], i) => {
      verdicts.set(name, answers[i]!);
    });
  }, 120_000);

  it.each(shared)("%s", (name) => {
    expect(verdicts.get(name)!.problems[0]).not.toBeNull();
  });
});
