// RUN: expand-einsum
// -----
// Labels in both operands and the result are batches, those in neither result are summed, the result's order comes last.
func.func @main(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) -> tensor<5x2x3xf32> {
  %r = "stablehlo.einsum"(%a, %b) <{einsum_config = "nij,njk->kni"}> : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<5x2x3xf32>
  return %r : tensor<5x2x3xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<2x3x4xf32>, %arg1: tensor<2x4x5xf32>) -> tensor<5x2x3xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
// =>     %1 = stablehlo.transpose %0, dims = [2, 0, 1] : (tensor<2x3x5xf32>) -> tensor<5x2x3xf32>
// =>     func.return %1 : tensor<5x2x3xf32>
// =>   }
// => }
// -----
// A diagonal is a sum over the elements whose positions agree.
func.func @main(%a: tensor<3x3xi32>) -> tensor<3xi32> {
  %r = "stablehlo.unary_einsum"(%a) <{einsum_config = "aa->a"}> : (tensor<3x3xi32>) -> tensor<3xi32>
  return %r : tensor<3xi32>
}
// => module {
// =>   func.func @main(%arg0: tensor<3x3xi32>) -> tensor<3xi32> {
// =>     %0 = stablehlo.iota dim = 0 : tensor<3x3xi64>
// =>     %1 = stablehlo.iota dim = 1 : tensor<3x3xi64>
// =>     %2 = stablehlo.compare EQ, %0, %1 : (tensor<3x3xi64>, tensor<3x3xi64>) -> tensor<3x3xi1>
// =>     %3 = stablehlo.constant dense<0> : tensor<3x3xi32>
// =>     %4 = stablehlo.select %2, %arg0, %3 : tensor<3x3xi1>, tensor<3x3xi32>
// =>     %5 = stablehlo.constant dense<0> : tensor<i32>
// =>     %6 = stablehlo.reduce(%4 init: %5) applies stablehlo.add across dimensions = [1] : (tensor<3x3xi32>, tensor<i32>) -> tensor<3xi32>
// =>     func.return %6 : tensor<3xi32>
// =>   }
// => }
// -----
// Nothing to write out.
func.func @main(%a: tensor<3x4xf32>, %b: tensor<4xf32>) -> tensor<3xf32> {
  %r = stablehlo.dot %a, %b : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3xf32>
  return %r : tensor<3xf32>
}
// => unchanged
