// RUN: inline-calls raise remove-dead-code
// Rotary embeddings as exporters write them out.
// -----
// Halves in JAX, [B, S, H, D].
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x1x4xf32>, %arg2: tensor<2x5x1x4xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 0:4] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %1 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 4:8] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %2 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %3 = stablehlo.multiply %0, %2 : tensor<2x5x4x4xf32>
    %4 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %5 = stablehlo.multiply %1, %4 : tensor<2x5x4x4xf32>
    %6 = stablehlo.subtract %3, %5 : tensor<2x5x4x4xf32>
    %7 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %8 = stablehlo.multiply %1, %7 : tensor<2x5x4x4xf32>
    %9 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %10 = stablehlo.multiply %0, %9 : tensor<2x5x4x4xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x5x4x4xf32>
    %12 = stablehlo.concatenate %6, %11, dim = 3 : (tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>) -> tensor<2x5x4x8xf32>
    return %12 : tensor<2x5x4x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x1x4xf32>, %arg2: tensor<2x5x1x4xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5x1x4xf32>) -> tensor<2x5x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x5x1x4xf32>) -> tensor<2x5x4xf32>
// =>     %2 = stablehlo.composite "psm.rotary_embedding" %arg0, %0, %1 {composite_attributes = {heads_axis = 2 : i64}, decomposition = @psm.rotary_embedding.0} : (tensor<2x5x4x8xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %2 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.rotary_embedding.0(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x4xf32>, %arg2: tensor<2x5x4xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5x4xf32>) -> tensor<2x5x1x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x5x4xf32>) -> tensor<2x5x1x4xf32>
// =>     %2 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x2x4xf32>
// =>     %3 = stablehlo.slice %2 [0:2, 0:5, 0:4, 0:1, 0:4] : (tensor<2x5x4x2x4xf32>) -> tensor<2x5x4x1x4xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x5x4x1x4xf32>) -> tensor<2x5x4x4xf32>
// =>     %5 = stablehlo.slice %2 [0:2, 0:5, 0:4, 1:2, 0:4] : (tensor<2x5x4x2x4xf32>) -> tensor<2x5x4x1x4xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x5x4x1x4xf32>) -> tensor<2x5x4x4xf32>
// =>     %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
// =>     %8 = stablehlo.multiply %4, %7 : tensor<2x5x4x4xf32>
// =>     %9 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
// =>     %10 = stablehlo.multiply %6, %9 : tensor<2x5x4x4xf32>
// =>     %11 = stablehlo.subtract %8, %10 : tensor<2x5x4x4xf32>
// =>     %12 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
// =>     %13 = stablehlo.multiply %4, %12 : tensor<2x5x4x4xf32>
// =>     %14 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
// =>     %15 = stablehlo.multiply %6, %14 : tensor<2x5x4x4xf32>
// =>     %16 = stablehlo.add %13, %15 : tensor<2x5x4x4xf32>
// =>     %17 = stablehlo.reshape %11 : (tensor<2x5x4x4xf32>) -> tensor<2x5x4x1x4xf32>
// =>     %18 = stablehlo.reshape %16 : (tensor<2x5x4x4xf32>) -> tensor<2x5x4x1x4xf32>
// =>     %19 = stablehlo.concatenate %17, %18, dim = 3 : (tensor<2x5x4x1x4xf32>, tensor<2x5x4x1x4xf32>) -> tensor<2x5x4x2x4xf32>
// =>     %20 = stablehlo.reshape %19 : (tensor<2x5x4x2x4xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %20 : tensor<2x5x4x8xf32>
// =>   }
// => }
// -----
// Halves by a concatenation of -b and a, with cosines and sines that are doubled.
module {
  func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5xf32>) -> tensor<2x4x5x8xf32> {
    %0 = stablehlo.iota dim = 0 : tensor<4xi32>
    %c = stablehlo.constant dense<2> : tensor<i32>
    %1 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<4xi32>
    %2 = stablehlo.multiply %1, %0 : tensor<4xi32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %3 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<4xi32>
    %4 = stablehlo.add %3, %2 : tensor<4xi32>
    %5 = stablehlo.convert %4 : (tensor<4xi32>) -> tensor<4xf32>
    %cst = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %7 = stablehlo.divide %5, %6 : tensor<4xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+04> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %9 = stablehlo.power %8, %7 : tensor<4xf32>
    %cst_2 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %11 = stablehlo.divide %10, %9 : tensor<4xf32>
    %12 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %13 = stablehlo.broadcast_in_dim %11, dims = [2] : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %15 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
    %16 = stablehlo.multiply %14, %15 : tensor<2x5x4xf32>
    %17 = stablehlo.concatenate %16, %16, dim = 2 : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x8xf32>
    %18 = stablehlo.cosine %17 : tensor<2x5x8xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [0, 2, 3] : (tensor<2x5x8xf32>) -> tensor<2x1x5x8xf32>
    %20 = stablehlo.sine %17 : tensor<2x5x8xf32>
    %21 = stablehlo.broadcast_in_dim %20, dims = [0, 2, 3] : (tensor<2x5x8xf32>) -> tensor<2x1x5x8xf32>
    %22 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 0:4] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %23 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 4:8] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %24 = stablehlo.broadcast_in_dim %19, dims = [0, 1, 2, 3] : (tensor<2x1x5x8xf32>) -> tensor<2x4x5x8xf32>
    %25 = stablehlo.multiply %arg0, %24 : tensor<2x4x5x8xf32>
    %26 = stablehlo.negate %23 : tensor<2x4x5x4xf32>
    %27 = stablehlo.concatenate %26, %22, dim = 3 : (tensor<2x4x5x4xf32>, tensor<2x4x5x4xf32>) -> tensor<2x4x5x8xf32>
    %28 = stablehlo.broadcast_in_dim %21, dims = [0, 1, 2, 3] : (tensor<2x1x5x8xf32>) -> tensor<2x4x5x8xf32>
    %29 = stablehlo.multiply %27, %28 : tensor<2x4x5x8xf32>
    %30 = stablehlo.add %25, %29 : tensor<2x4x5x8xf32>
    return %30 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.iota dim = 0 : tensor<4xi32>
// =>     %1 = stablehlo.constant dense<2> : tensor<i32>
// =>     %2 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<i32>) -> tensor<4xi32>
// =>     %3 = stablehlo.multiply %2, %0 : tensor<4xi32>
// =>     %4 = stablehlo.constant dense<0> : tensor<i32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i32>) -> tensor<4xi32>
// =>     %6 = stablehlo.add %5, %3 : tensor<4xi32>
// =>     %7 = stablehlo.convert %6 : (tensor<4xi32>) -> tensor<4xf32>
// =>     %8 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %9 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<4xf32>
// =>     %10 = stablehlo.divide %7, %9 : tensor<4xf32>
// =>     %11 = stablehlo.constant dense<1.000000e+04> : tensor<f32>
// =>     %12 = stablehlo.broadcast_in_dim %11, dims = [] : (tensor<f32>) -> tensor<4xf32>
// =>     %13 = stablehlo.power %12, %10 : tensor<4xf32>
// =>     %14 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
// =>     %15 = stablehlo.broadcast_in_dim %14, dims = [] : (tensor<f32>) -> tensor<4xf32>
// =>     %16 = stablehlo.divide %15, %13 : tensor<4xf32>
// =>     %17 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %18 = stablehlo.broadcast_in_dim %16, dims = [2] : (tensor<4xf32>) -> tensor<1x1x4xf32>
// =>     %19 = stablehlo.broadcast_in_dim %17, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
// =>     %20 = stablehlo.broadcast_in_dim %18, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
// =>     %21 = stablehlo.multiply %19, %20 : tensor<2x5x4xf32>
// =>     %22 = stablehlo.concatenate %21, %21, dim = 2 : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x8xf32>
// =>     %23 = stablehlo.cosine %22 : tensor<2x5x8xf32>
// =>     %24 = stablehlo.sine %22 : tensor<2x5x8xf32>
// =>     %25 = stablehlo.slice %23 [0:2, 0:5, 0:4] : (tensor<2x5x8xf32>) -> tensor<2x5x4xf32>
// =>     %26 = stablehlo.slice %24 [0:2, 0:5, 0:4] : (tensor<2x5x8xf32>) -> tensor<2x5x4xf32>
// =>     %27 = stablehlo.composite "psm.rotary_embedding" %arg0, %25, %26 {composite_attributes = {heads_axis = 1 : i64}, decomposition = @psm.rotary_embedding.0} : (tensor<2x4x5x8xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %27 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.rotary_embedding.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5x4xf32>, %arg2: tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %2 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x2x4xf32>
// =>     %3 = stablehlo.slice %2 [0:2, 0:4, 0:5, 0:1, 0:4] : (tensor<2x4x5x2x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x4x5x1x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %5 = stablehlo.slice %2 [0:2, 0:4, 0:5, 1:2, 0:4] : (tensor<2x4x5x2x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x4x5x1x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x4xf32>
// =>     %9 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %10 = stablehlo.multiply %6, %9 : tensor<2x4x5x4xf32>
// =>     %11 = stablehlo.subtract %8, %10 : tensor<2x4x5x4xf32>
// =>     %12 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %13 = stablehlo.multiply %4, %12 : tensor<2x4x5x4xf32>
// =>     %14 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %15 = stablehlo.multiply %6, %14 : tensor<2x4x5x4xf32>
// =>     %16 = stablehlo.add %13, %15 : tensor<2x4x5x4xf32>
// =>     %17 = stablehlo.reshape %11 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %18 = stablehlo.reshape %16 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %19 = stablehlo.concatenate %17, %18, dim = 3 : (tensor<2x4x5x1x4xf32>, tensor<2x4x5x1x4xf32>) -> tensor<2x4x5x2x4xf32>
// =>     %20 = stablehlo.reshape %19 : (tensor<2x4x5x2x4xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %20 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// Neighbours in JAX, [B, H, S, D].
module {
  func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x1x5x4xf32>, %arg2: tensor<2x1x5x4xf32>) -> tensor<2x4x5x8xf32> {
    %0 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 0:8:2] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %1 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 1:8:2] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %2 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
    %3 = stablehlo.multiply %0, %2 : tensor<2x4x5x4xf32>
    %4 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
    %5 = stablehlo.multiply %1, %4 : tensor<2x4x5x4xf32>
    %6 = stablehlo.subtract %3, %5 : tensor<2x4x5x4xf32>
    %7 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
    %8 = stablehlo.multiply %0, %7 : tensor<2x4x5x4xf32>
    %9 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
    %10 = stablehlo.multiply %1, %9 : tensor<2x4x5x4xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x4x5x4xf32>
    %12 = stablehlo.broadcast_in_dim %6, dims = [0, 1, 2, 3] : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
    %13 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2, 3] : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
    %14 = stablehlo.concatenate %12, %13, dim = 4 : (tensor<2x4x5x4x1xf32>, tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4x2xf32>
    %15 = stablehlo.reshape %14 : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x8xf32>
    return %15 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x1x5x4xf32>, %arg2: tensor<2x1x5x4xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x1x5x4xf32>) -> tensor<2x5x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x1x5x4xf32>) -> tensor<2x5x4xf32>
// =>     %2 = stablehlo.composite "psm.rotary_embedding" %arg0, %0, %1 {composite_attributes = {heads_axis = 1 : i64, interleaved}, decomposition = @psm.rotary_embedding.0} : (tensor<2x4x5x8xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %2 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.rotary_embedding.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5x4xf32>, %arg2: tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %2 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4x2xf32>
// =>     %3 = stablehlo.slice %2 [0:2, 0:4, 0:5, 0:4, 0:1] : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4xf32>
// =>     %5 = stablehlo.slice %2 [0:2, 0:4, 0:5, 0:4, 1:2] : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4xf32>
// =>     %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x4xf32>
// =>     %9 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %10 = stablehlo.multiply %6, %9 : tensor<2x4x5x4xf32>
// =>     %11 = stablehlo.subtract %8, %10 : tensor<2x4x5x4xf32>
// =>     %12 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %13 = stablehlo.multiply %4, %12 : tensor<2x4x5x4xf32>
// =>     %14 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %15 = stablehlo.multiply %6, %14 : tensor<2x4x5x4xf32>
// =>     %16 = stablehlo.add %13, %15 : tensor<2x4x5x4xf32>
// =>     %17 = stablehlo.reshape %11 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %18 = stablehlo.reshape %16 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %19 = stablehlo.concatenate %17, %18, dim = 4 : (tensor<2x4x5x4x1xf32>, tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4x2xf32>
// =>     %20 = stablehlo.reshape %19 : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %20 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// As language models in PyTorch do it.
module {
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5xi64>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.reshape %arg1 : (tensor<2x5xi64>) -> tensor<2x1x5xi64>
    %1 = stablehlo.convert %0 : (tensor<2x1x5xi64>) -> tensor<2x1x5xf32>
    %2 = stablehlo.constant dense<[[[1.000000e+00], [1.000000e-01], [1.000000e-02], [1.000000e-03]], [[1.000000e+00], [1.000000e-01], [1.000000e-02], [1.000000e-03]]]> : tensor<2x4x1xf32>
    %3 = stablehlo.dot_general %2, %1, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x4x1xf32>, tensor<2x1x5xf32>) -> tensor<2x4x5xf32>
    %4 = stablehlo.transpose %3, dims = [0, 2, 1] : (tensor<2x4x5xf32>) -> tensor<2x5x4xf32>
    %5 = stablehlo.concatenate %4, %4, dim = 2 : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x8xf32>
    %6 = stablehlo.cosine %5 : tensor<2x5x8xf32>
    %7 = stablehlo.reshape %6 : (tensor<2x5x8xf32>) -> tensor<2x1x5x8xf32>
    %8 = stablehlo.sine %5 : tensor<2x5x8xf32>
    %9 = stablehlo.reshape %8 : (tensor<2x5x8xf32>) -> tensor<2x1x5x8xf32>
    %10 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<2x1x5x8xf32>) -> tensor<2x4x5x8xf32>
    %11 = stablehlo.multiply %arg0, %10 : tensor<2x4x5x8xf32>
    %12 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 0:4] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %13 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 4:8] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %14 = stablehlo.negate %13 : tensor<2x4x5x4xf32>
    %15 = stablehlo.concatenate %14, %12, dim = 3 : (tensor<2x4x5x4xf32>, tensor<2x4x5x4xf32>) -> tensor<2x4x5x8xf32>
    %16 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2, 3] : (tensor<2x1x5x8xf32>) -> tensor<2x4x5x8xf32>
    %17 = stablehlo.multiply %15, %16 : tensor<2x4x5x8xf32>
    %18 = stablehlo.add %11, %17 : tensor<2x4x5x8xf32>
    func.return %18 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5xi64>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5xi64>) -> tensor<2x1x5xi64>
// =>     %1 = stablehlo.convert %0 : (tensor<2x1x5xi64>) -> tensor<2x1x5xf32>
// =>     %2 = stablehlo.constant dense<[[[1.000000e+00], [1.000000e-01], [1.000000e-02], [1.000000e-03]], [[1.000000e+00], [1.000000e-01], [1.000000e-02], [1.000000e-03]]]> : tensor<2x4x1xf32>
// =>     %3 = stablehlo.dot_general %2, %1, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x4x1xf32>, tensor<2x1x5xf32>) -> tensor<2x4x5xf32>
// =>     %4 = stablehlo.transpose %3, dims = [0, 2, 1] : (tensor<2x4x5xf32>) -> tensor<2x5x4xf32>
// =>     %5 = stablehlo.concatenate %4, %4, dim = 2 : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x8xf32>
// =>     %6 = stablehlo.cosine %5 : tensor<2x5x8xf32>
// =>     %7 = stablehlo.sine %5 : tensor<2x5x8xf32>
// =>     %8 = stablehlo.slice %6 [0:2, 0:5, 0:4] : (tensor<2x5x8xf32>) -> tensor<2x5x4xf32>
// =>     %9 = stablehlo.slice %7 [0:2, 0:5, 0:4] : (tensor<2x5x8xf32>) -> tensor<2x5x4xf32>
// =>     %10 = stablehlo.composite "psm.rotary_embedding" %arg0, %8, %9 {composite_attributes = {heads_axis = 1 : i64}, decomposition = @psm.rotary_embedding.0} : (tensor<2x4x5x8xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %10 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.rotary_embedding.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5x4xf32>, %arg2: tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %2 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x2x4xf32>
// =>     %3 = stablehlo.slice %2 [0:2, 0:4, 0:5, 0:1, 0:4] : (tensor<2x4x5x2x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x4x5x1x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %5 = stablehlo.slice %2 [0:2, 0:4, 0:5, 1:2, 0:4] : (tensor<2x4x5x2x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x4x5x1x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x4xf32>
// =>     %9 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %10 = stablehlo.multiply %6, %9 : tensor<2x4x5x4xf32>
// =>     %11 = stablehlo.subtract %8, %10 : tensor<2x4x5x4xf32>
// =>     %12 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %13 = stablehlo.multiply %4, %12 : tensor<2x4x5x4xf32>
// =>     %14 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %15 = stablehlo.multiply %6, %14 : tensor<2x4x5x4xf32>
// =>     %16 = stablehlo.add %13, %15 : tensor<2x4x5x4xf32>
// =>     %17 = stablehlo.reshape %11 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %18 = stablehlo.reshape %16 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x1x4xf32>
// =>     %19 = stablehlo.concatenate %17, %18, dim = 3 : (tensor<2x4x5x1x4xf32>, tensor<2x4x5x1x4xf32>) -> tensor<2x4x5x2x4xf32>
// =>     %20 = stablehlo.reshape %19 : (tensor<2x4x5x2x4xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %20 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// Neighbours in PyTorch, with angles that all samples share.
module {
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<5x4xf32>, %arg2: tensor<5x4xf32>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 0:8:2] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %1 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 1:8:2] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %2 = stablehlo.broadcast_in_dim %arg1, dims = [2, 3] : (tensor<5x4xf32>) -> tensor<2x4x5x4xf32>
    %3 = stablehlo.multiply %0, %2 : tensor<2x4x5x4xf32>
    %4 = stablehlo.broadcast_in_dim %arg2, dims = [2, 3] : (tensor<5x4xf32>) -> tensor<2x4x5x4xf32>
    %5 = stablehlo.multiply %1, %4 : tensor<2x4x5x4xf32>
    %6 = stablehlo.subtract %3, %5 : tensor<2x4x5x4xf32>
    %7 = stablehlo.broadcast_in_dim %arg2, dims = [2, 3] : (tensor<5x4xf32>) -> tensor<2x4x5x4xf32>
    %8 = stablehlo.multiply %0, %7 : tensor<2x4x5x4xf32>
    %9 = stablehlo.broadcast_in_dim %arg1, dims = [2, 3] : (tensor<5x4xf32>) -> tensor<2x4x5x4xf32>
    %10 = stablehlo.multiply %1, %9 : tensor<2x4x5x4xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x4x5x4xf32>
    %12 = stablehlo.reshape %6 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
    %13 = stablehlo.reshape %11 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
    %14 = stablehlo.concatenate %12, %13, dim = 4 : (tensor<2x4x5x4x1xf32>, tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4x2xf32>
    %15 = stablehlo.reshape %14 : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x8xf32>
    func.return %15 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<5x4xf32>, %arg2: tensor<5x4xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<5x4xf32>) -> tensor<1x5x4xf32>
// =>     %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2] : (tensor<1x5x4xf32>) -> tensor<2x5x4xf32>
// =>     %2 = stablehlo.reshape %arg2 : (tensor<5x4xf32>) -> tensor<1x5x4xf32>
// =>     %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2] : (tensor<1x5x4xf32>) -> tensor<2x5x4xf32>
// =>     %4 = stablehlo.composite "psm.rotary_embedding" %arg0, %1, %3 {composite_attributes = {heads_axis = 1 : i64, interleaved}, decomposition = @psm.rotary_embedding.0} : (tensor<2x4x5x8xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %4 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.rotary_embedding.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5x4xf32>, %arg2: tensor<2x5x4xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg1 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %1 = stablehlo.reshape %arg2 : (tensor<2x5x4xf32>) -> tensor<2x1x5x4xf32>
// =>     %2 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4x2xf32>
// =>     %3 = stablehlo.slice %2 [0:2, 0:4, 0:5, 0:4, 0:1] : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4xf32>
// =>     %5 = stablehlo.slice %2 [0:2, 0:4, 0:5, 0:4, 1:2] : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4xf32>
// =>     %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x4xf32>
// =>     %9 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %10 = stablehlo.multiply %6, %9 : tensor<2x4x5x4xf32>
// =>     %11 = stablehlo.subtract %8, %10 : tensor<2x4x5x4xf32>
// =>     %12 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %13 = stablehlo.multiply %4, %12 : tensor<2x4x5x4xf32>
// =>     %14 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3] : (tensor<2x1x5x4xf32>) -> tensor<2x4x5x4xf32>
// =>     %15 = stablehlo.multiply %6, %14 : tensor<2x4x5x4xf32>
// =>     %16 = stablehlo.add %13, %15 : tensor<2x4x5x4xf32>
// =>     %17 = stablehlo.reshape %11 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %18 = stablehlo.reshape %16 : (tensor<2x4x5x4xf32>) -> tensor<2x4x5x4x1xf32>
// =>     %19 = stablehlo.concatenate %17, %18, dim = 4 : (tensor<2x4x5x4x1xf32>, tensor<2x4x5x4x1xf32>) -> tensor<2x4x5x4x2xf32>
// =>     %20 = stablehlo.reshape %19 : (tensor<2x4x5x4x2xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %20 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// Turned the other way: another function.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x1x4xf32>, %arg2: tensor<2x5x1x4xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 0:4] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %1 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 4:8] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %2 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %3 = stablehlo.multiply %0, %2 : tensor<2x5x4x4xf32>
    %4 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %5 = stablehlo.multiply %1, %4 : tensor<2x5x4x4xf32>
    %6 = stablehlo.add %3, %5 : tensor<2x5x4x4xf32>
    %7 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %8 = stablehlo.multiply %1, %7 : tensor<2x5x4x4xf32>
    %9 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %10 = stablehlo.multiply %0, %9 : tensor<2x5x4x4xf32>
    %11 = stablehlo.subtract %8, %10 : tensor<2x5x4x4xf32>
    %12 = stablehlo.concatenate %6, %11, dim = 3 : (tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>) -> tensor<2x5x4x8xf32>
    return %12 : tensor<2x5x4x8xf32>
  }
}
// => unchanged
// -----
// Cosines and sines change places.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x1x4xf32>, %arg2: tensor<2x5x1x4xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 0:4] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %1 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 4:8] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %2 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %3 = stablehlo.multiply %0, %2 : tensor<2x5x4x4xf32>
    %4 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %5 = stablehlo.multiply %1, %4 : tensor<2x5x4x4xf32>
    %6 = stablehlo.subtract %3, %5 : tensor<2x5x4x4xf32>
    %7 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %8 = stablehlo.multiply %1, %7 : tensor<2x5x4x4xf32>
    %9 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %10 = stablehlo.multiply %0, %9 : tensor<2x5x4x4xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x5x4x4xf32>
    %12 = stablehlo.concatenate %6, %11, dim = 3 : (tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>) -> tensor<2x5x4x8xf32>
    return %12 : tensor<2x5x4x8xf32>
  }
}
// => unchanged
// -----
// Cosines that are not the same for both halves.
module {
  func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x5xf32>) -> tensor<2x4x5x8xf32> {
    %0 = stablehlo.iota dim = 0 : tensor<4xi32>
    %c = stablehlo.constant dense<2> : tensor<i32>
    %1 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<4xi32>
    %2 = stablehlo.multiply %1, %0 : tensor<4xi32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %3 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<4xi32>
    %4 = stablehlo.add %3, %2 : tensor<4xi32>
    %5 = stablehlo.convert %4 : (tensor<4xi32>) -> tensor<4xf32>
    %cst = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %7 = stablehlo.divide %5, %6 : tensor<4xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+04> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %9 = stablehlo.power %8, %7 : tensor<4xf32>
    %cst_2 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %11 = stablehlo.divide %10, %9 : tensor<4xf32>
    %12 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %13 = stablehlo.broadcast_in_dim %11, dims = [2] : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %15 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
    %16 = stablehlo.multiply %14, %15 : tensor<2x5x4xf32>
    %17 = stablehlo.concatenate %16, %14, dim = 2 : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x8xf32>
    %18 = stablehlo.cosine %17 : tensor<2x5x8xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [0, 2, 3] : (tensor<2x5x8xf32>) -> tensor<2x1x5x8xf32>
    %20 = stablehlo.sine %17 : tensor<2x5x8xf32>
    %21 = stablehlo.broadcast_in_dim %20, dims = [0, 2, 3] : (tensor<2x5x8xf32>) -> tensor<2x1x5x8xf32>
    %22 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 0:4] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %23 = stablehlo.slice %arg0 [0:2, 0:4, 0:5, 4:8] : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x4xf32>
    %24 = stablehlo.broadcast_in_dim %19, dims = [0, 1, 2, 3] : (tensor<2x1x5x8xf32>) -> tensor<2x4x5x8xf32>
    %25 = stablehlo.multiply %arg0, %24 : tensor<2x4x5x8xf32>
    %26 = stablehlo.negate %23 : tensor<2x4x5x4xf32>
    %27 = stablehlo.concatenate %26, %22, dim = 3 : (tensor<2x4x5x4xf32>, tensor<2x4x5x4xf32>) -> tensor<2x4x5x8xf32>
    %28 = stablehlo.broadcast_in_dim %21, dims = [0, 1, 2, 3] : (tensor<2x1x5x8xf32>) -> tensor<2x4x5x8xf32>
    %29 = stablehlo.multiply %27, %28 : tensor<2x4x5x8xf32>
    %30 = stablehlo.add %25, %29 : tensor<2x4x5x8xf32>
    return %30 : tensor<2x4x5x8xf32>
  }
}
// => unchanged
// -----
// What is turned is read elsewhere.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x1x4xf32>, %arg2: tensor<2x5x1x4xf32>) -> (tensor<2x5x4x8xf32>, tensor<2x5x4x4xf32>) {
    %0 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 0:4] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %1 = stablehlo.slice %arg0 [0:2, 0:5, 0:4, 4:8] : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x4xf32>
    %2 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %3 = stablehlo.multiply %0, %2 : tensor<2x5x4x4xf32>
    %4 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %5 = stablehlo.multiply %1, %4 : tensor<2x5x4x4xf32>
    %6 = stablehlo.subtract %3, %5 : tensor<2x5x4x4xf32>
    %7 = stablehlo.broadcast_in_dim %arg1, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %8 = stablehlo.multiply %1, %7 : tensor<2x5x4x4xf32>
    %9 = stablehlo.broadcast_in_dim %arg2, dims = [0, 1, 2, 3] : (tensor<2x5x1x4xf32>) -> tensor<2x5x4x4xf32>
    %10 = stablehlo.multiply %0, %9 : tensor<2x5x4x4xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x5x4x4xf32>
    %12 = stablehlo.concatenate %6, %11, dim = 3 : (tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>) -> tensor<2x5x4x8xf32>
    return %12, %6 : tensor<2x5x4x8xf32>, tensor<2x5x4x4xf32>
  }
}
// => unchanged
