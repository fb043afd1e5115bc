// RUN: expand-chlo
// -----
// Operands of known sizes are repeated to one shape.
func.func @main(%a: tensor<3x1xf32>, %b: tensor<4xf32>) -> tensor<3x4xf32> {
  %r = chlo.broadcast_add %a, %b : (tensor<3x1xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<3x1xf32>, %arg1: tensor<4xf32>) -> tensor<3x4xf32> {
// =>     %0 = stablehlo.broadcast_in_dim %arg0, dims = [0, 1] : (tensor<3x1xf32>) -> tensor<3x4xf32>
// =>     %1 = stablehlo.broadcast_in_dim %arg1, dims = [1] : (tensor<4xf32>) -> tensor<3x4xf32>
// =>     %2 = stablehlo.add %0, %1 : tensor<3x4xf32>
// =>     func.return %2 : tensor<3x4xf32>
// =>   }
// => }
// -----
// The largest elements come first in a stable sort.
func.func @main(%x: tensor<2x9xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>) {
  %v, %i = chlo.top_k(%x, k = 3) : tensor<2x9xf32> -> (tensor<2x3xf32>, tensor<2x3xi32>)
  return %v, %i : tensor<2x3xf32>, tensor<2x3xi32>
}
// => module {
// =>   func.func @main(%arg0: tensor<2x9xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>) {
// =>     %0 = stablehlo.iota dim = 1 : tensor<2x9xi32>
// =>     %1:2 = "stablehlo.sort"(%arg0, %0) <{dimension = 1 : i64, is_stable = true}> ({
// =>     ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>, %arg3: tensor<i32>, %arg4: tensor<i32>):
// =>       %2 = stablehlo.compare GT, %arg1, %arg2, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
// =>       stablehlo.return %2 : tensor<i1>
// =>     }) : (tensor<2x9xf32>, tensor<2x9xi32>) -> (tensor<2x9xf32>, tensor<2x9xi32>)
// =>     %3 = stablehlo.slice %1#0 [0:2, 0:3] : (tensor<2x9xf32>) -> tensor<2x3xf32>
// =>     %4 = stablehlo.slice %1#1 [0:2, 0:3] : (tensor<2x9xi32>) -> tensor<2x3xi32>
// =>     func.return %3, %4 : tensor<2x3xf32>, tensor<2x3xi32>
// =>   }
// => }
// -----
// Functions stay: they have structured forms.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %r = chlo.erf %x : tensor<2xf32> -> tensor<2xf32>
  return %r : tensor<2xf32>
}
// => unchanged
