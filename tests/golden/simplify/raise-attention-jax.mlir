// RUN: inline-calls raise remove-dead-code
// Attention as JAX writes it out.
// -----
// jax.nn.dot_product_attention, [B, L, H, D].
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x1x8xf32>, tensor<2x7x4x8xf32>) -> tensor<2x4x5x1x7xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x7xf32>
    %3 = stablehlo.multiply %1, %2 : tensor<2x4x5x1x7xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %4 = stablehlo.reduce(%3 init: %cst_0) applies stablehlo.maximum across dimensions = [4] : (tensor<2x4x5x1x7xf32>, tensor<f32>) -> tensor<2x4x5x1xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x4x5x1xf32>
    %6 = stablehlo.maximum %5, %4 : tensor<2x4x5x1xf32>
    %7 = stablehlo.transpose %6, dims = [3, 0, 1, 2] : (tensor<2x4x5x1xf32>) -> tensor<1x2x4x5xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %9 = stablehlo.transpose %3, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x7xf32>) -> tensor<1x2x4x5x7xf32>
    %10 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %11 = stablehlo.subtract %9, %10 : tensor<1x2x4x5x7xf32>
    %12 = stablehlo.exponential %11 : tensor<1x2x4x5x7xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %13 = stablehlo.reduce(%12 init: %cst_2) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %16 = stablehlo.divide %12, %15 : tensor<1x2x4x5x7xf32>
    %17 = stablehlo.dot_general %arg2, %16, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x4x8xf32>, tensor<1x2x4x5x7xf32>) -> tensor<2x4x8x1x5xf32>
    %18 = stablehlo.transpose %17, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xf32>) -> tensor<1x2x5x4x8xf32>
    %19 = stablehlo.transpose %18, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %20 = stablehlo.reshape %19 : (tensor<2x5x4x1x8xf32>) -> tensor<2x5x4x8xf32>
    return %20 : tensor<2x5x4x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.transpose %arg0, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.transpose %arg1, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xf32>) -> tensor<2x4x7x8xf32>
// =>     %2 = stablehlo.transpose %arg2, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xf32>) -> tensor<2x4x7x8xf32>
// =>     %3 = stablehlo.composite "psm.attention" %0, %1, %2 {composite_attributes = {precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %4 = stablehlo.transpose %3, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %4 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %4 = stablehlo.reduce(%2 init: %3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %5 = stablehlo.reshape %4 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %7 = stablehlo.subtract %2, %6 : tensor<2x4x5x7xf32>
// =>     %8 = stablehlo.exponential %7 : tensor<2x4x5x7xf32>
// =>     %9 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %10 = stablehlo.reduce(%8 init: %9) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %11 = stablehlo.reshape %10 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %13 = stablehlo.divide %8, %12 : tensor<2x4x5x7xf32>
// =>     %14 = stablehlo.dot_general %13, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %14 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// With a mask: scores left out become a low number.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>, %arg3: tensor<2x1x5x7xi1>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %1 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 3, 4] : (tensor<2x1x5x7xi1>) -> tensor<2x1x1x5x7xi1>
    %2 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x1x8xf32>, tensor<2x7x4x8xf32>) -> tensor<2x4x5x1x7xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x7xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x4x5x1x7xf32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %5 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i1>) -> tensor<2x4x5x7xi1>
    %6 = stablehlo.broadcast_in_dim %5, dims = [1, 2, 3, 4] : (tensor<2x4x5x7xi1>) -> tensor<1x2x4x5x7xi1>
    %7 = stablehlo.transpose %1, dims = [2, 0, 1, 3, 4] : (tensor<2x1x1x5x7xi1>) -> tensor<1x2x1x5x7xi1>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3, 4] : (tensor<1x2x1x5x7xi1>) -> tensor<1x2x4x5x7xi1>
    %9 = stablehlo.and %6, %8 : tensor<1x2x4x5x7xi1>
    %cst_0 = stablehlo.constant dense<-2.38197633E+38> : tensor<f32>
    %10 = call @_where(%9, %4, %cst_0) : (tensor<1x2x4x5x7xi1>, tensor<2x4x5x1x7xf32>, tensor<f32>) -> tensor<1x2x4x5x7xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %11 = stablehlo.reduce(%10 init: %cst_1) applies stablehlo.maximum across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %cst_2 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %12 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<1x2x4x5xf32>
    %13 = stablehlo.maximum %12, %11 : tensor<1x2x4x5xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %16 = stablehlo.subtract %10, %15 : tensor<1x2x4x5x7xf32>
    %17 = stablehlo.exponential %16 : tensor<1x2x4x5x7xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %18 = stablehlo.reduce(%17 init: %cst_3) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %21 = stablehlo.divide %17, %20 : tensor<1x2x4x5x7xf32>
    %22 = stablehlo.dot_general %arg2, %21, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x4x8xf32>, tensor<1x2x4x5x7xf32>) -> tensor<2x4x8x1x5xf32>
    %23 = stablehlo.transpose %22, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xf32>) -> tensor<1x2x5x4x8xf32>
    %24 = stablehlo.transpose %23, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %25 = stablehlo.reshape %24 : (tensor<2x5x4x1x8xf32>) -> tensor<2x5x4x8xf32>
    return %25 : tensor<2x5x4x8xf32>
  }
  func.func private @_where(%arg0: tensor<1x2x4x5x7xi1>, %arg1: tensor<2x4x5x1x7xf32>, %arg2: tensor<f32>) -> tensor<1x2x4x5x7xf32> {
    %0 = stablehlo.broadcast_in_dim %arg2, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [1, 2, 3, 4] : (tensor<2x4x5x7xf32>) -> tensor<1x2x4x5x7xf32>
    %2 = stablehlo.transpose %arg1, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x7xf32>) -> tensor<1x2x4x5x7xf32>
    %3 = stablehlo.select %arg0, %2, %1 : tensor<1x2x4x5x7xi1>, tensor<1x2x4x5x7xf32>
    return %3 : tensor<1x2x4x5x7xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>, %arg3: tensor<2x1x5x7xi1>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.transpose %arg0, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.transpose %arg1, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xf32>) -> tensor<2x4x7x8xf32>
// =>     %2 = stablehlo.transpose %arg2, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xf32>) -> tensor<2x4x7x8xf32>
// =>     %3 = stablehlo.composite "psm.attention" %0, %1, %2, %arg3 {composite_attributes = {masked_score = -2.381976325057654e+38 : f32, operands = ["mask"], precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<2x1x5x7xi1>) -> tensor<2x4x5x8xf32>
// =>     %4 = stablehlo.transpose %3, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %4 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.constant dense<-2.381976325057654e+38> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<2x1x5x7xi1>) -> tensor<2x4x5x7xi1>
// =>     %5 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
// =>     %6 = stablehlo.select %4, %2, %5 : tensor<2x4x5x7xi1>, tensor<2x4x5x7xf32>
// =>     %7 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %8 = stablehlo.reduce(%6 init: %7) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %9 = stablehlo.reshape %8 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %11 = stablehlo.subtract %6, %10 : tensor<2x4x5x7xf32>
// =>     %12 = stablehlo.exponential %11 : tensor<2x4x5x7xf32>
// =>     %13 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %14 = stablehlo.reduce(%12 init: %13) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %15 = stablehlo.reshape %14 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %17 = stablehlo.divide %12, %16 : tensor<2x4x5x7xf32>
// =>     %18 = stablehlo.dot_general %17, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %18 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// With a bias.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %1 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 3, 4] : (tensor<2x1x5x7xf32>) -> tensor<2x1x1x5x7xf32>
    %2 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x1x8xf32>, tensor<2x7x4x8xf32>) -> tensor<2x4x5x1x7xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x7xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x4x5x1x7xf32>
    %5 = stablehlo.transpose %4, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x7xf32>) -> tensor<1x2x4x5x7xf32>
    %6 = stablehlo.transpose %1, dims = [2, 0, 1, 3, 4] : (tensor<2x1x1x5x7xf32>) -> tensor<1x2x1x5x7xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [0, 1, 2, 3, 4] : (tensor<1x2x1x5x7xf32>) -> tensor<1x2x4x5x7xf32>
    %8 = stablehlo.add %5, %7 : tensor<1x2x4x5x7xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %9 = stablehlo.reduce(%8 init: %cst_0) applies stablehlo.maximum across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<1x2x4x5xf32>
    %11 = stablehlo.maximum %10, %9 : tensor<1x2x4x5xf32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %13 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %14 = stablehlo.subtract %8, %13 : tensor<1x2x4x5x7xf32>
    %15 = stablehlo.exponential %14 : tensor<1x2x4x5x7xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %16 = stablehlo.reduce(%15 init: %cst_2) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %17 = stablehlo.broadcast_in_dim %16, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %18 = stablehlo.broadcast_in_dim %17, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %19 = stablehlo.divide %15, %18 : tensor<1x2x4x5x7xf32>
    %20 = stablehlo.dot_general %arg2, %19, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x4x8xf32>, tensor<1x2x4x5x7xf32>) -> tensor<2x4x8x1x5xf32>
    %21 = stablehlo.transpose %20, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xf32>) -> tensor<1x2x5x4x8xf32>
    %22 = stablehlo.transpose %21, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %23 = stablehlo.reshape %22 : (tensor<2x5x4x1x8xf32>) -> tensor<2x5x4x8xf32>
    return %23 : tensor<2x5x4x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.transpose %arg0, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.transpose %arg1, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xf32>) -> tensor<2x4x7x8xf32>
// =>     %2 = stablehlo.transpose %arg2, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xf32>) -> tensor<2x4x7x8xf32>
// =>     %3 = stablehlo.composite "psm.attention" %0, %1, %2, %arg3 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<2x1x5x7xf32>) -> tensor<2x4x5x8xf32>
// =>     %4 = stablehlo.transpose %3, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %4 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<2x1x5x7xf32>) -> tensor<2x4x5x7xf32>
// =>     %4 = stablehlo.add %2, %3 : tensor<2x4x5x7xf32>
// =>     %5 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %6 = stablehlo.reduce(%4 init: %5) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %7 = stablehlo.reshape %6 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %9 = stablehlo.subtract %4, %8 : tensor<2x4x5x7xf32>
// =>     %10 = stablehlo.exponential %9 : tensor<2x4x5x7xf32>
// =>     %11 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %12 = stablehlo.reduce(%10 init: %11) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %13 = stablehlo.reshape %12 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %15 = stablehlo.divide %10, %14 : tensor<2x4x5x7xf32>
// =>     %16 = stablehlo.dot_general %15, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %16 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// Causal, by positions.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x4x8xf32>, %arg2: tensor<2x5x4x8xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x1x8xf32>, tensor<2x5x4x8xf32>) -> tensor<2x4x5x1x5xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x5xf32>
    %3 = stablehlo.multiply %1, %2 : tensor<2x4x5x1x5xf32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %4 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i1>) -> tensor<2x4x5x5xi1>
    %c_0 = stablehlo.constant dense<true> : tensor<i1>
    %5 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i1>) -> tensor<5x5xi1>
    %6 = call @tril(%5) : (tensor<5x5xi1>) -> tensor<5x5xi1>
    %7 = stablehlo.broadcast_in_dim %6, dims = [2, 3] : (tensor<5x5xi1>) -> tensor<1x1x5x5xi1>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<1x1x5x5xi1>) -> tensor<2x4x5x5xi1>
    %9 = stablehlo.and %4, %8 : tensor<2x4x5x5xi1>
    %cst_1 = stablehlo.constant dense<-2.38197633E+38> : tensor<f32>
    %10 = call @_where(%9, %3, %cst_1) : (tensor<2x4x5x5xi1>, tensor<2x4x5x1x5xf32>, tensor<f32>) -> tensor<1x2x4x5x5xf32>
    %cst_2 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %11 = stablehlo.reduce(%10 init: %cst_2) applies stablehlo.maximum across dimensions = [4] : (tensor<1x2x4x5x5xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %cst_3 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %12 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<1x2x4x5xf32>
    %13 = stablehlo.maximum %12, %11 : tensor<1x2x4x5xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x5xf32>
    %16 = stablehlo.subtract %10, %15 : tensor<1x2x4x5x5xf32>
    %17 = stablehlo.exponential %16 : tensor<1x2x4x5x5xf32>
    %cst_4 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %18 = stablehlo.reduce(%17 init: %cst_4) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x5xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x5xf32>
    %21 = stablehlo.divide %17, %20 : tensor<1x2x4x5x5xf32>
    %22 = stablehlo.dot_general %arg2, %21, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x8xf32>, tensor<1x2x4x5x5xf32>) -> tensor<2x4x8x1x5xf32>
    %23 = stablehlo.transpose %22, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xf32>) -> tensor<1x2x5x4x8xf32>
    %24 = stablehlo.transpose %23, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %25 = stablehlo.reshape %24 : (tensor<2x5x4x1x8xf32>) -> tensor<2x5x4x8xf32>
    return %25 : tensor<2x5x4x8xf32>
  }
  func.func private @tril(%arg0: tensor<5x5xi1>) -> tensor<5x5xi1> {
    %0 = stablehlo.iota dim = 0 : tensor<5x5xi32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<5x5xi32>
    %2 = stablehlo.add %0, %1 : tensor<5x5xi32>
    %3 = stablehlo.iota dim = 1 : tensor<5x5xi32>
    %4 = stablehlo.compare GE, %2, %3, SIGNED : (tensor<5x5xi32>, tensor<5x5xi32>) -> tensor<5x5xi1>
    %c_0 = stablehlo.constant dense<false> : tensor<i1>
    %5 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i1>) -> tensor<5x5xi1>
    %6 = stablehlo.select %4, %arg0, %5 : tensor<5x5xi1>, tensor<5x5xi1>
    return %6 : tensor<5x5xi1>
  }
  func.func private @_where(%arg0: tensor<2x4x5x5xi1>, %arg1: tensor<2x4x5x1x5xf32>, %arg2: tensor<f32>) -> tensor<1x2x4x5x5xf32> {
    %0 = stablehlo.broadcast_in_dim %arg2, dims = [] : (tensor<f32>) -> tensor<2x4x5x5xf32>
    %1 = stablehlo.broadcast_in_dim %arg0, dims = [1, 2, 3, 4] : (tensor<2x4x5x5xi1>) -> tensor<1x2x4x5x5xi1>
    %2 = stablehlo.broadcast_in_dim %0, dims = [1, 2, 3, 4] : (tensor<2x4x5x5xf32>) -> tensor<1x2x4x5x5xf32>
    %3 = stablehlo.transpose %arg1, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x5xf32>) -> tensor<1x2x4x5x5xf32>
    %4 = stablehlo.select %1, %3, %2 : tensor<1x2x4x5x5xi1>, tensor<1x2x4x5x5xf32>
    return %4 : tensor<1x2x4x5x5xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x5x4x8xf32>, %arg2: tensor<2x5x4x8xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.transpose %arg0, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.transpose %arg1, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %2 = stablehlo.transpose %arg2, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %3 = stablehlo.composite "psm.attention" %0, %1, %2 {composite_attributes = {causal, precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %4 = stablehlo.transpose %3, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %4 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x5xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x5xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x5xf32>
// =>     %3 = stablehlo.iota dim = 3 : tensor<1x1x5x5xi64>
// =>     %4 = stablehlo.iota dim = 2 : tensor<1x1x5x5xi64>
// =>     %5 = stablehlo.compare LE, %3, %4 : (tensor<1x1x5x5xi64>, tensor<1x1x5x5xi64>) -> tensor<1x1x5x5xi1>
// =>     %6 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %7 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2, 3] : (tensor<1x1x5x5xi1>) -> tensor<2x4x5x5xi1>
// =>     %8 = stablehlo.broadcast_in_dim %6, dims = [] : (tensor<f32>) -> tensor<2x4x5x5xf32>
// =>     %9 = stablehlo.select %7, %2, %8 : tensor<2x4x5x5xi1>, tensor<2x4x5x5xf32>
// =>     %10 = stablehlo.reduce(%9 init: %6) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %11 = stablehlo.reshape %10 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %12 = stablehlo.constant dense<0xFF800000> : tensor<2x4x5x1xf32>
// =>     %13 = stablehlo.compare EQ, %11, %12 : (tensor<2x4x5x1xf32>, tensor<2x4x5x1xf32>) -> tensor<2x4x5x1xi1>
// =>     %14 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %15 = stablehlo.broadcast_in_dim %14, dims = [] : (tensor<f32>) -> tensor<2x4x5x1xf32>
// =>     %16 = stablehlo.select %13, %15, %11 : tensor<2x4x5x1xi1>, tensor<2x4x5x1xf32>
// =>     %17 = stablehlo.broadcast_in_dim %16, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
// =>     %18 = stablehlo.subtract %9, %17 : tensor<2x4x5x5xf32>
// =>     %19 = stablehlo.exponential %18 : tensor<2x4x5x5xf32>
// =>     %20 = stablehlo.reduce(%19 init: %14) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %21 = stablehlo.reshape %20 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %22 = stablehlo.constant dense<0.000000e+00> : tensor<2x4x5x1xf32>
// =>     %23 = stablehlo.compare EQ, %21, %22 : (tensor<2x4x5x1xf32>, tensor<2x4x5x1xf32>) -> tensor<2x4x5x1xi1>
// =>     %24 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
// =>     %25 = stablehlo.broadcast_in_dim %24, dims = [] : (tensor<f32>) -> tensor<2x4x5x1xf32>
// =>     %26 = stablehlo.select %23, %25, %21 : tensor<2x4x5x1xi1>, tensor<2x4x5x1xf32>
// =>     %27 = stablehlo.broadcast_in_dim %26, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
// =>     %28 = stablehlo.divide %19, %27 : tensor<2x4x5x5xf32>
// =>     %29 = stablehlo.dot_general %28, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x5xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %29 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// Heads of keys shared by two of queries each.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x2x8xf32>, %arg2: tensor<2x7x2x8xf32>) -> tensor<2x5x4x8xf32> {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x2x2x8xf32>
    %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x2x2x8xf32>, tensor<2x7x2x8xf32>) -> tensor<2x2x5x2x7xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x2x5x2x7xf32>
    %3 = stablehlo.multiply %1, %2 : tensor<2x2x5x2x7xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %4 = stablehlo.reduce(%3 init: %cst_0) applies stablehlo.maximum across dimensions = [4] : (tensor<2x2x5x2x7xf32>, tensor<f32>) -> tensor<2x2x5x2xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x2x5x2xf32>
    %6 = stablehlo.maximum %5, %4 : tensor<2x2x5x2xf32>
    %7 = stablehlo.transpose %6, dims = [3, 0, 1, 2] : (tensor<2x2x5x2xf32>) -> tensor<2x2x2x5xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<2x2x2x5xf32>) -> tensor<2x2x2x5x1xf32>
    %9 = stablehlo.transpose %3, dims = [3, 0, 1, 2, 4] : (tensor<2x2x5x2x7xf32>) -> tensor<2x2x2x5x7xf32>
    %10 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3, 4] : (tensor<2x2x2x5x1xf32>) -> tensor<2x2x2x5x7xf32>
    %11 = stablehlo.subtract %9, %10 : tensor<2x2x2x5x7xf32>
    %12 = stablehlo.exponential %11 : tensor<2x2x2x5x7xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %13 = stablehlo.reduce(%12 init: %cst_2) applies stablehlo.add across dimensions = [4] : (tensor<2x2x2x5x7xf32>, tensor<f32>) -> tensor<2x2x2x5xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<2x2x2x5xf32>) -> tensor<2x2x2x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3, 4] : (tensor<2x2x2x5x1xf32>) -> tensor<2x2x2x5x7xf32>
    %16 = stablehlo.divide %12, %15 : tensor<2x2x2x5x7xf32>
    %17 = stablehlo.dot_general %arg2, %16, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x2x8xf32>, tensor<2x2x2x5x7xf32>) -> tensor<2x2x8x2x5xf32>
    %18 = stablehlo.transpose %17, dims = [3, 0, 4, 1, 2] : (tensor<2x2x8x2x5xf32>) -> tensor<2x2x5x2x8xf32>
    %19 = stablehlo.transpose %18, dims = [1, 2, 3, 0, 4] : (tensor<2x2x5x2x8xf32>) -> tensor<2x5x2x2x8xf32>
    %20 = stablehlo.reshape %19 : (tensor<2x5x2x2x8xf32>) -> tensor<2x5x4x8xf32>
    return %20 : tensor<2x5x4x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x2x8xf32>, %arg2: tensor<2x7x2x8xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x2x2x8xf32>
// =>     %1 = stablehlo.transpose %0, dims = [0, 2, 3, 1, 4] : (tensor<2x5x2x2x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x2x2x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %3 = stablehlo.transpose %arg1, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
// =>     %4 = stablehlo.transpose %arg2, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
// =>     %5 = stablehlo.composite "psm.attention" %2, %3, %4 {composite_attributes = {precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x4x5x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %7 = stablehlo.transpose %6, dims = [0, 3, 1, 2, 4] : (tensor<2x2x2x5x8xf32>) -> tensor<2x5x2x2x8xf32>
// =>     %8 = stablehlo.reshape %7 : (tensor<2x5x2x2x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %8 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [3] : (tensor<2x2x2x5x8xf32>, tensor<2x2x7x8xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %2 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x2x2x5x7xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<2x2x2x5x7xf32>
// =>     %4 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %5 = stablehlo.reduce(%3 init: %4) applies stablehlo.maximum across dimensions = [4] : (tensor<2x2x2x5x7xf32>, tensor<f32>) -> tensor<2x2x2x5xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<2x2x2x5xf32>) -> tensor<2x2x2x5x1xf32>
// =>     %7 = stablehlo.broadcast_in_dim %6, dims = [0, 1, 2, 3, 4] : (tensor<2x2x2x5x1xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %8 = stablehlo.subtract %3, %7 : tensor<2x2x2x5x7xf32>
// =>     %9 = stablehlo.exponential %8 : tensor<2x2x2x5x7xf32>
// =>     %10 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %11 = stablehlo.reduce(%9 init: %10) applies stablehlo.add across dimensions = [4] : (tensor<2x2x2x5x7xf32>, tensor<f32>) -> tensor<2x2x2x5xf32>
// =>     %12 = stablehlo.reshape %11 : (tensor<2x2x2x5xf32>) -> tensor<2x2x2x5x1xf32>
// =>     %13 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2, 3, 4] : (tensor<2x2x2x5x1xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %14 = stablehlo.divide %9, %13 : tensor<2x2x2x5x7xf32>
// =>     %15 = stablehlo.dot_general %14, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [2] : (tensor<2x2x2x5x7xf32>, tensor<2x2x7x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %16 = stablehlo.reshape %15 : (tensor<2x2x2x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %16 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// bf16, with scores in f32.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xbf16>, %arg1: tensor<2x7x4x8xbf16>, %arg2: tensor<2x7x4x8xbf16>) -> tensor<2x5x4x8xbf16> {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xbf16>) -> tensor<2x5x4x1x8xbf16>
    %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = bf16, rhs_precision_type = bf16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x5x4x1x8xbf16>, tensor<2x7x4x8xbf16>) -> tensor<2x4x5x1x7xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x7xf32>
    %3 = stablehlo.multiply %1, %2 : tensor<2x4x5x1x7xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %4 = stablehlo.reduce(%3 init: %cst_0) applies stablehlo.maximum across dimensions = [4] : (tensor<2x4x5x1x7xf32>, tensor<f32>) -> tensor<2x4x5x1xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x4x5x1xf32>
    %6 = stablehlo.maximum %5, %4 : tensor<2x4x5x1xf32>
    %7 = stablehlo.transpose %6, dims = [3, 0, 1, 2] : (tensor<2x4x5x1xf32>) -> tensor<1x2x4x5xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %9 = stablehlo.transpose %3, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x7xf32>) -> tensor<1x2x4x5x7xf32>
    %10 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %11 = stablehlo.subtract %9, %10 : tensor<1x2x4x5x7xf32>
    %12 = stablehlo.exponential %11 : tensor<1x2x4x5x7xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %13 = stablehlo.reduce(%12 init: %cst_2) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %16 = stablehlo.divide %12, %15 : tensor<1x2x4x5x7xf32>
    %17 = stablehlo.convert %16 : (tensor<1x2x4x5x7xf32>) -> tensor<1x2x4x5x7xbf16>
    %18 = stablehlo.dot_general %arg2, %17, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x4x8xbf16>, tensor<1x2x4x5x7xbf16>) -> tensor<2x4x8x1x5xbf16>
    %19 = stablehlo.transpose %18, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xbf16>) -> tensor<1x2x5x4x8xbf16>
    %20 = stablehlo.transpose %19, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xbf16>) -> tensor<2x5x4x1x8xbf16>
    %21 = stablehlo.reshape %20 : (tensor<2x5x4x1x8xbf16>) -> tensor<2x5x4x8xbf16>
    return %21 : tensor<2x5x4x8xbf16>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xbf16>, %arg1: tensor<2x7x4x8xbf16>, %arg2: tensor<2x7x4x8xbf16>) -> tensor<2x5x4x8xbf16> {
// =>     %0 = stablehlo.transpose %arg0, dims = [0, 2, 1, 3] : (tensor<2x5x4x8xbf16>) -> tensor<2x4x5x8xbf16>
// =>     %1 = stablehlo.transpose %arg1, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xbf16>) -> tensor<2x4x7x8xbf16>
// =>     %2 = stablehlo.transpose %arg2, dims = [0, 2, 1, 3] : (tensor<2x7x4x8xbf16>) -> tensor<2x4x7x8xbf16>
// =>     %3 = stablehlo.composite "psm.attention" %0, %1, %2 {composite_attributes = {precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xbf16>, tensor<2x4x7x8xbf16>, tensor<2x4x7x8xbf16>) -> tensor<2x4x5x8xbf16>
// =>     %4 = stablehlo.transpose %3, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xbf16>) -> tensor<2x5x4x8xbf16>
// =>     func.return %4 : tensor<2x5x4x8xbf16>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xbf16>, %arg1: tensor<2x4x7x8xbf16>, %arg2: tensor<2x4x7x8xbf16>) -> tensor<2x4x5x8xbf16> {
// =>     %0 = stablehlo.convert %arg0 : (tensor<2x4x5x8xbf16>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.convert %arg1 : (tensor<2x4x7x8xbf16>) -> tensor<2x4x7x8xf32>
// =>     %2 = stablehlo.dot_general %0, %1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x7xf32>
// =>     %4 = stablehlo.multiply %2, %3 : tensor<2x4x5x7xf32>
// =>     %5 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %6 = stablehlo.reduce(%4 init: %5) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %7 = stablehlo.reshape %6 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %9 = stablehlo.subtract %4, %8 : tensor<2x4x5x7xf32>
// =>     %10 = stablehlo.exponential %9 : tensor<2x4x5x7xf32>
// =>     %11 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %12 = stablehlo.reduce(%10 init: %11) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %13 = stablehlo.reshape %12 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %15 = stablehlo.divide %10, %14 : tensor<2x4x5x7xf32>
// =>     %16 = stablehlo.convert %arg2 : (tensor<2x4x7x8xbf16>) -> tensor<2x4x7x8xf32>
// =>     %17 = stablehlo.dot_general %15, %16, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     %18 = stablehlo.convert %17 : (tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xbf16>
// =>     func.return %18 : tensor<2x4x5x8xbf16>
// =>   }
// => }
// -----
// By jnp.einsum, [B, H, L, D], with a mask of -inf.
module {
  func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>, %arg3: tensor<5x5xi1>) -> tensor<2x4x5x8xf32> {
    %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x5xf32>
    %cst = stablehlo.constant dense<2.82842708> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x5xf32>
    %2 = stablehlo.divide %0, %1 : tensor<2x4x5x5xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %3 = call @_where(%arg3, %2, %cst_0) : (tensor<5x5xi1>, tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5x5xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %4 = stablehlo.reduce(%3 init: %cst_1) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %cst_2 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x4x5xf32>
    %6 = stablehlo.maximum %5, %4 : tensor<2x4x5xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [0, 1, 2] : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
    %9 = stablehlo.subtract %3, %8 : tensor<2x4x5x5xf32>
    %10 = stablehlo.exponential %9 : tensor<2x4x5x5xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %11 = stablehlo.reduce(%10 init: %cst_3) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2] : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %13 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
    %14 = stablehlo.divide %10, %13 : tensor<2x4x5x5xf32>
    %15 = stablehlo.dot_general %14, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2], precision = [DEFAULT, DEFAULT] : (tensor<2x4x5x5xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
    return %15 : tensor<2x4x5x8xf32>
  }
  func.func private @_where(%arg0: tensor<5x5xi1>, %arg1: tensor<2x4x5x5xf32>, %arg2: tensor<f32>) -> tensor<2x4x5x5xf32> {
    %0 = stablehlo.convert %arg2 : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %arg0, dims = [2, 3] : (tensor<5x5xi1>) -> tensor<2x4x5x5xi1>
    %2 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x4x5x5xf32>
    %3 = stablehlo.select %1, %arg1, %2 : tensor<2x4x5x5xi1>, tensor<2x4x5x5xf32>
    return %3 : tensor<2x4x5x5xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>, %arg3: tensor<5x5xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg3 : (tensor<5x5xi1>) -> tensor<1x1x5x5xi1>
// =>     %1 = stablehlo.composite "psm.attention" %arg0, %arg1, %arg2, %0 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 3.535533966440824e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<1x1x5x5xi1>) -> tensor<2x4x5x8xf32>
// =>     func.return %1 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>, %arg3: tensor<1x1x5x5xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x5xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x5xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x5xf32>
// =>     %3 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<1x1x5x5xi1>) -> tensor<2x4x5x5xi1>
// =>     %5 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x4x5x5xf32>
// =>     %6 = stablehlo.select %4, %2, %5 : tensor<2x4x5x5xi1>, tensor<2x4x5x5xf32>
// =>     %7 = stablehlo.reduce(%6 init: %3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
// =>     %10 = stablehlo.subtract %6, %9 : tensor<2x4x5x5xf32>
// =>     %11 = stablehlo.exponential %10 : tensor<2x4x5x5xf32>
// =>     %12 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %13 = stablehlo.reduce(%11 init: %12) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %14 = stablehlo.reshape %13 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
// =>     %16 = stablehlo.divide %11, %15 : tensor<2x4x5x5xf32>
// =>     %17 = stablehlo.dot_general %16, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x5xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %17 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// The probabilities are read elsewhere: only the softmax is raised.
module {
  func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>) -> (tensor<2x5x4x8xf32>, tensor<1x2x4x5x7xf32>) {
    %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x1x8xf32>, tensor<2x7x4x8xf32>) -> tensor<2x4x5x1x7xf32>
    %cst = stablehlo.constant dense<0.353553385> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x7xf32>
    %3 = stablehlo.multiply %1, %2 : tensor<2x4x5x1x7xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %4 = stablehlo.reduce(%3 init: %cst_0) applies stablehlo.maximum across dimensions = [4] : (tensor<2x4x5x1x7xf32>, tensor<f32>) -> tensor<2x4x5x1xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x4x5x1xf32>
    %6 = stablehlo.maximum %5, %4 : tensor<2x4x5x1xf32>
    %7 = stablehlo.transpose %6, dims = [3, 0, 1, 2] : (tensor<2x4x5x1xf32>) -> tensor<1x2x4x5xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %9 = stablehlo.transpose %3, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x7xf32>) -> tensor<1x2x4x5x7xf32>
    %10 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %11 = stablehlo.subtract %9, %10 : tensor<1x2x4x5x7xf32>
    %12 = stablehlo.exponential %11 : tensor<1x2x4x5x7xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %13 = stablehlo.reduce(%12 init: %cst_2) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2, 3] : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
    %16 = stablehlo.divide %12, %15 : tensor<1x2x4x5x7xf32>
    %17 = stablehlo.dot_general %arg2, %16, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x4x8xf32>, tensor<1x2x4x5x7xf32>) -> tensor<2x4x8x1x5xf32>
    %18 = stablehlo.transpose %17, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xf32>) -> tensor<1x2x5x4x8xf32>
    %19 = stablehlo.transpose %18, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
    %20 = stablehlo.reshape %19 : (tensor<2x5x4x1x8xf32>) -> tensor<2x5x4x8xf32>
    return %20, %16 : tensor<2x5x4x8xf32>, tensor<1x2x4x5x7xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x5x4x8xf32>, %arg1: tensor<2x7x4x8xf32>, %arg2: tensor<2x7x4x8xf32>) -> (tensor<2x5x4x8xf32>, tensor<1x2x4x5x7xf32>) {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
// =>     %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4x1x8xf32>, tensor<2x7x4x8xf32>) -> tensor<2x4x5x1x7xf32>
// =>     %2 = stablehlo.constant dense<3.535533845424652e-01> : tensor<f32>
// =>     %3 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<f32>) -> tensor<2x4x5x1x7xf32>
// =>     %4 = stablehlo.multiply %1, %3 : tensor<2x4x5x1x7xf32>
// =>     %5 = stablehlo.transpose %4, dims = [3, 0, 1, 2, 4] : (tensor<2x4x5x1x7xf32>) -> tensor<1x2x4x5x7xf32>
// =>     %6 = stablehlo.composite "psm.softmax" %5 {composite_attributes = {axis = 4 : i64}, decomposition = @psm.softmax.0} : (tensor<1x2x4x5x7xf32>) -> tensor<1x2x4x5x7xf32>
// =>     %7 = stablehlo.dot_general %arg2, %6, batching_dims = [0, 2] x [1, 2], contracting_dims = [1] x [4], precision = [DEFAULT, DEFAULT] : (tensor<2x7x4x8xf32>, tensor<1x2x4x5x7xf32>) -> tensor<2x4x8x1x5xf32>
// =>     %8 = stablehlo.transpose %7, dims = [3, 0, 4, 1, 2] : (tensor<2x4x8x1x5xf32>) -> tensor<1x2x5x4x8xf32>
// =>     %9 = stablehlo.transpose %8, dims = [1, 2, 3, 0, 4] : (tensor<1x2x5x4x8xf32>) -> tensor<2x5x4x1x8xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<2x5x4x1x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %10, %6 : tensor<2x5x4x8xf32>, tensor<1x2x4x5x7xf32>
// =>   }
// =>   func.func private @psm.softmax.0(%arg0: tensor<1x2x4x5x7xf32>) -> tensor<1x2x4x5x7xf32> {
// =>     %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
// =>     %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
// =>     %4 = stablehlo.subtract %arg0, %3 : tensor<1x2x4x5x7xf32>
// =>     %5 = stablehlo.exponential %4 : tensor<1x2x4x5x7xf32>
// =>     %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [4] : (tensor<1x2x4x5x7xf32>, tensor<f32>) -> tensor<1x2x4x5xf32>
// =>     %8 = stablehlo.reshape %7 : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5x1xf32>
// =>     %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3, 4] : (tensor<1x2x4x5x1xf32>) -> tensor<1x2x4x5x7xf32>
// =>     %10 = stablehlo.divide %5, %9 : tensor<1x2x4x5x7xf32>
// =>     func.return %10 : tensor<1x2x4x5x7xf32>
// =>   }
// => }
