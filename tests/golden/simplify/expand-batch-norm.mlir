// RUN: expand-batch-norm
// -----
// Per feature: the operand less the mean, over the deviation, scaled and moved.
func.func @main(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %o: tensor<3xf32>, %m: tensor<3xf32>, %v: tensor<3xf32>) -> tensor<2x3xf32> {
  %r = "stablehlo.batch_norm_inference"(%x, %s, %o, %m, %v) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<2x3xf32>, %arg1: tensor<3xf32>, %arg2: tensor<3xf32>, %arg3: tensor<3xf32>, %arg4: tensor<3xf32>) -> tensor<2x3xf32> {
// =>     %0 = stablehlo.broadcast_in_dim %arg3, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
// =>     %1 = stablehlo.subtract %arg0, %0 : tensor<2x3xf32>
// =>     %2 = stablehlo.constant dense<1.000000e-03> : tensor<3xf32>
// =>     %3 = stablehlo.add %arg4, %2 : tensor<3xf32>
// =>     %4 = stablehlo.rsqrt %3 : tensor<3xf32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
// =>     %6 = stablehlo.multiply %1, %5 : tensor<2x3xf32>
// =>     %7 = stablehlo.broadcast_in_dim %arg1, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
// =>     %8 = stablehlo.multiply %6, %7 : tensor<2x3xf32>
// =>     %9 = stablehlo.broadcast_in_dim %arg2, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
// =>     %10 = stablehlo.add %8, %9 : tensor<2x3xf32>
// =>     func.return %10 : tensor<2x3xf32>
// =>   }
// => }
// -----
// Nothing to write out.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %r = stablehlo.rsqrt %x : tensor<2xf32>
  return %r : tensor<2xf32>
}
// => unchanged
