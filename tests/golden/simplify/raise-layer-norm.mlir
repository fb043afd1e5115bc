// RUN: inline-calls raise remove-dead-code
// Layer norms as exporters write them out.
// -----
// JAX, with the variance by jnp.var, which checks the count.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x3x1xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %4 = call @_var(%arg0, %c) : (tensor<2x3x8xf32>, tensor<i32>) -> tensor<2x3x1xf32>
    %5 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %6 = stablehlo.subtract %arg0, %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %8 = stablehlo.add %4, %7 : tensor<2x3x1xf32>
    %9 = stablehlo.sqrt %8 : tensor<2x3x1xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %11 = stablehlo.divide %6, %10 : tensor<2x3x8xf32>
    %12 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %13 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %14 = stablehlo.multiply %11, %13 : tensor<2x3x8xf32>
    %15 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %17 = stablehlo.add %14, %16 : tensor<2x3x8xf32>
    return %17 : tensor<2x3x8xf32>
  }
  func.func private @_var(%arg0: tensor<2x3x8xf32>, %arg1: tensor<i32>) -> tensor<2x3x1xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = chlo.square %5 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %7 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %cst_1 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %8 = stablehlo.subtract %cst_1, %7 : tensor<f32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %9 = stablehlo.reduce(%6 init: %cst_2) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %11 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x3x1xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %13 = stablehlo.compare GT, %8, %cst_3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %14 = call @_where(%13, %12, %cst_4) : (tensor<i1>, tensor<2x3x1xf32>, tensor<f32>) -> tensor<2x3x1xf32>
    return %14 : tensor<2x3x1xf32>
  }
  func.func private @_where(%arg0: tensor<i1>, %arg1: tensor<2x3x1xf32>, %arg2: tensor<f32>) -> tensor<2x3x1xf32> {
    %0 = stablehlo.convert %arg2 : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %2 = stablehlo.select %arg0, %arg1, %1 : tensor<i1>, tensor<2x3x1xf32>
    return %2 : tensor<2x3x1xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.layer_norm" %arg0, %arg1, %arg2 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-05 : f32}, decomposition = @psm.layer_norm.0} : (tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.layer_norm.0(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %5 = stablehlo.divide %2, %4 : tensor<2x3x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %7 = stablehlo.subtract %arg0, %6 : tensor<2x3x8xf32>
// =>     %8 = stablehlo.multiply %7, %7 : tensor<2x3x8xf32>
// =>     %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %12 = stablehlo.divide %10, %11 : tensor<2x3x1xf32>
// =>     %13 = stablehlo.constant dense<1.000000e-05> : tensor<2x3x1xf32>
// =>     %14 = stablehlo.add %12, %13 : tensor<2x3x1xf32>
// =>     %15 = stablehlo.rsqrt %14 : tensor<2x3x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %17 = stablehlo.multiply %7, %16 : tensor<2x3x8xf32>
// =>     %18 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     %19 = stablehlo.multiply %17, %18 : tensor<2x3x8xf32>
// =>     %20 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     %21 = stablehlo.add %19, %20 : tensor<2x3x8xf32>
// =>     func.return %21 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// JAX as Flax does it: E[x^2] - E[x]^2, at least 0, and the scale at the reciprocal root.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.divide %0, %1 : tensor<2x3xf32>
    %3 = chlo.square %arg0 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.reduce(%3 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %cst_2 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %6 = stablehlo.divide %4, %5 : tensor<2x3xf32>
    %7 = chlo.square %2 : tensor<2x3xf32> -> tensor<2x3xf32>
    %8 = stablehlo.subtract %6, %7 : tensor<2x3xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %10 = stablehlo.maximum %9, %8 : tensor<2x3xf32>
    %11 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %13 = stablehlo.subtract %arg0, %12 : tensor<2x3x8xf32>
    %14 = stablehlo.broadcast_in_dim %10, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_4 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %16 = stablehlo.add %14, %15 : tensor<2x3x1xf32>
    %17 = stablehlo.rsqrt %16 : tensor<2x3x1xf32>
    %18 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %19 = stablehlo.broadcast_in_dim %17, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %20 = stablehlo.broadcast_in_dim %18, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %21 = stablehlo.multiply %19, %20 : tensor<2x3x8xf32>
    %22 = stablehlo.multiply %13, %21 : tensor<2x3x8xf32>
    %23 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %24 = stablehlo.broadcast_in_dim %23, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %25 = stablehlo.add %22, %24 : tensor<2x3x8xf32>
    return %25 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.layer_norm" %arg0, %arg1, %arg2 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-06 : f32}, decomposition = @psm.layer_norm.0} : (tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.layer_norm.0(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %5 = stablehlo.divide %2, %4 : tensor<2x3x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %7 = stablehlo.subtract %arg0, %6 : tensor<2x3x8xf32>
// =>     %8 = stablehlo.multiply %7, %7 : tensor<2x3x8xf32>
// =>     %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %12 = stablehlo.divide %10, %11 : tensor<2x3x1xf32>
// =>     %13 = stablehlo.constant dense<1.000000e-06> : tensor<2x3x1xf32>
// =>     %14 = stablehlo.add %12, %13 : tensor<2x3x1xf32>
// =>     %15 = stablehlo.rsqrt %14 : tensor<2x3x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %17 = stablehlo.multiply %7, %16 : tensor<2x3x8xf32>
// =>     %18 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     %19 = stablehlo.multiply %17, %18 : tensor<2x3x8xf32>
// =>     %20 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     %21 = stablehlo.add %19, %20 : tensor<2x3x8xf32>
// =>     func.return %21 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// JAX without scale and shift.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.multiply %5, %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_2 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %10 = stablehlo.divide %8, %9 : tensor<2x3x1xf32>
    %cst_3 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %12 = stablehlo.add %10, %11 : tensor<2x3x1xf32>
    %13 = stablehlo.rsqrt %12 : tensor<2x3x1xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %15 = stablehlo.multiply %5, %14 : tensor<2x3x8xf32>
    return %15 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<1.000000e+00> : tensor<8xf32>
// =>     %1 = stablehlo.composite "psm.layer_norm" %arg0, %0 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-05 : f32}, decomposition = @psm.layer_norm.0} : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %1 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.layer_norm.0(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %5 = stablehlo.divide %2, %4 : tensor<2x3x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %7 = stablehlo.subtract %arg0, %6 : tensor<2x3x8xf32>
// =>     %8 = stablehlo.multiply %7, %7 : tensor<2x3x8xf32>
// =>     %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %12 = stablehlo.divide %10, %11 : tensor<2x3x1xf32>
// =>     %13 = stablehlo.constant dense<1.000000e-05> : tensor<2x3x1xf32>
// =>     %14 = stablehlo.add %12, %13 : tensor<2x3x1xf32>
// =>     %15 = stablehlo.rsqrt %14 : tensor<2x3x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %17 = stablehlo.multiply %7, %16 : tensor<2x3x8xf32>
// =>     %18 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     %19 = stablehlo.multiply %17, %18 : tensor<2x3x8xf32>
// =>     func.return %19 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// PyTorch with pow(2); the exporter drops an epsilon of 1e-12.
module {
  func.func @main(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %5 = stablehlo.divide %2, %4 : tensor<2x5x1xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %7 = stablehlo.subtract %arg0, %6 : tensor<2x5x8xf32>
    %8 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %10 = stablehlo.power %7, %9 : tensor<2x5x8xf32>
    %11 = stablehlo.reduce(%10 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %12 = stablehlo.reshape %11 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %13 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %14 = stablehlo.divide %12, %13 : tensor<2x5x1xf32>
    %15 = stablehlo.sqrt %14 : tensor<2x5x1xf32>
    %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %17 = stablehlo.divide %7, %16 : tensor<2x5x8xf32>
    %18 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
    %19 = stablehlo.multiply %17, %18 : tensor<2x5x8xf32>
    %20 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
    %21 = stablehlo.add %19, %20 : tensor<2x5x8xf32>
    func.return %21 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.layer_norm" %arg0, %arg2, %arg2 {composite_attributes = {axis = 2 : i64, epsilon = 0.000000e+00 : f32}, decomposition = @psm.layer_norm.0} : (tensor<2x5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.layer_norm.0(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
// =>     %5 = stablehlo.divide %2, %4 : tensor<2x5x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
// =>     %7 = stablehlo.subtract %arg0, %6 : tensor<2x5x8xf32>
// =>     %8 = stablehlo.multiply %7, %7 : tensor<2x5x8xf32>
// =>     %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
// =>     %12 = stablehlo.divide %10, %11 : tensor<2x5x1xf32>
// =>     %13 = stablehlo.constant dense<0.000000e+00> : tensor<2x5x1xf32>
// =>     %14 = stablehlo.add %12, %13 : tensor<2x5x1xf32>
// =>     %15 = stablehlo.rsqrt %14 : tensor<2x5x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
// =>     %17 = stablehlo.multiply %7, %16 : tensor<2x5x8xf32>
// =>     %18 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     %19 = stablehlo.multiply %17, %18 : tensor<2x5x8xf32>
// =>     %20 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     %21 = stablehlo.add %19, %20 : tensor<2x5x8xf32>
// =>     func.return %21 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// PyTorch with the variance by var.
module {
  func.func @main(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %5 = stablehlo.divide %2, %4 : tensor<2x5x1xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %7 = stablehlo.subtract %arg0, %6 : tensor<2x5x8xf32>
    %8 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %9 = stablehlo.reshape %8 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %10 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %11 = stablehlo.divide %9, %10 : tensor<2x5x1xf32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %13 = stablehlo.subtract %arg0, %12 : tensor<2x5x8xf32>
    %14 = stablehlo.multiply %13, %13 : tensor<2x5x8xf32>
    %15 = stablehlo.reduce(%14 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %16 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5xf32>
    %17 = stablehlo.divide %15, %16 : tensor<2x5xf32>
    %18 = stablehlo.reshape %17 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %19 = stablehlo.constant dense<1.000000e-06> : tensor<f32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %21 = stablehlo.add %18, %20 : tensor<2x5x1xf32>
    %22 = stablehlo.sqrt %21 : tensor<2x5x1xf32>
    %23 = stablehlo.broadcast_in_dim %22, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %24 = stablehlo.divide %7, %23 : tensor<2x5x8xf32>
    %25 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
    %26 = stablehlo.multiply %25, %24 : tensor<2x5x8xf32>
    %27 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
    %28 = stablehlo.add %26, %27 : tensor<2x5x8xf32>
    func.return %28 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.layer_norm" %arg0, %arg2, %arg2 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-06 : f32}, decomposition = @psm.layer_norm.0} : (tensor<2x5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.layer_norm.0(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %3 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
// =>     %5 = stablehlo.divide %2, %4 : tensor<2x5x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
// =>     %7 = stablehlo.subtract %arg0, %6 : tensor<2x5x8xf32>
// =>     %8 = stablehlo.multiply %7, %7 : tensor<2x5x8xf32>
// =>     %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
// =>     %12 = stablehlo.divide %10, %11 : tensor<2x5x1xf32>
// =>     %13 = stablehlo.constant dense<1.000000e-06> : tensor<2x5x1xf32>
// =>     %14 = stablehlo.add %12, %13 : tensor<2x5x1xf32>
// =>     %15 = stablehlo.rsqrt %14 : tensor<2x5x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
// =>     %17 = stablehlo.multiply %7, %16 : tensor<2x5x8xf32>
// =>     %18 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     %19 = stablehlo.multiply %17, %18 : tensor<2x5x8xf32>
// =>     %20 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     %21 = stablehlo.add %19, %20 : tensor<2x5x8xf32>
// =>     func.return %21 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// PyTorch with symbolic sizes, by var_mean.
module {
  func.func @main(%arg0: tensor<?x?x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> (tensor<?x?x8xf32>) attributes {psm.shapes = ["batch, seq, 8", "batch, seq", "batch, seq, 1", "batch, seq, 1", "batch, seq, 1", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq", "batch, seq", "batch, seq", "batch, seq, 1", "batch, seq", "batch, seq, 1", "batch, seq, 1", "batch, seq, 1", "batch, seq, 8", "batch, seq, 8", "batch, seq, 1", "batch, seq, 1", "batch, seq, 1", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8"], psm.symbols = ["batch in [0, inf] input", "seq in [0, inf] input"]} {
    %0 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x?x8xf32>) -> tensor<i32>
    %1 = stablehlo.convert %0 : (tensor<i32>) -> tensor<i64>
    %2 = stablehlo.reshape %1 : (tensor<i64>) -> tensor<1xi64>
    %3 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<?x?x8xf32>) -> tensor<i32>
    %4 = stablehlo.convert %3 : (tensor<i32>) -> tensor<i64>
    %5 = stablehlo.reshape %4 : (tensor<i64>) -> tensor<1xi64>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%arg0 init: %6) applies stablehlo.add across dimensions = [2] : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?xf32>
    %8 = stablehlo.constant dense<[1]> : tensor<1xi64>
    %9 = stablehlo.concatenate %2, %5, %8, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
    %10 = stablehlo.dynamic_reshape %7, %9 : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x1xf32>
    %11 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %12 = stablehlo.dynamic_broadcast_in_dim %11, %9, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x1xf32>
    %13 = stablehlo.divide %10, %12 : tensor<?x?x1xf32>
    %14 = stablehlo.constant dense<[8]> : tensor<1xi64>
    %15 = stablehlo.concatenate %2, %5, %14, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
    %16 = stablehlo.dynamic_broadcast_in_dim %13, %15, dims = [0, 1, 2] : (tensor<?x?x1xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %17 = stablehlo.subtract %arg0, %16 : tensor<?x?x8xf32>
    %18 = stablehlo.multiply %17, %17 : tensor<?x?x8xf32>
    %19 = stablehlo.reduce(%18 init: %6) applies stablehlo.add across dimensions = [2] : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?xf32>
    %20 = stablehlo.concatenate %2, %5, dim = 0 : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
    %21 = stablehlo.dynamic_broadcast_in_dim %11, %20, dims = [] : (tensor<f32>, tensor<2xi64>) -> tensor<?x?xf32>
    %22 = stablehlo.divide %19, %21 : tensor<?x?xf32>
    %23 = stablehlo.dynamic_reshape %22, %9 : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x1xf32>
    %24 = stablehlo.reduce(%arg0 init: %6) applies stablehlo.add across dimensions = [2] : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?xf32>
    %25 = stablehlo.dynamic_reshape %24, %9 : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x1xf32>
    %26 = stablehlo.dynamic_broadcast_in_dim %11, %9, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x1xf32>
    %27 = stablehlo.divide %25, %26 : tensor<?x?x1xf32>
    %28 = stablehlo.dynamic_broadcast_in_dim %27, %15, dims = [0, 1, 2] : (tensor<?x?x1xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %29 = stablehlo.subtract %arg0, %28 : tensor<?x?x8xf32>
    %30 = stablehlo.sqrt %23 : tensor<?x?x1xf32>
    %31 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %32 = stablehlo.dynamic_broadcast_in_dim %31, %9, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x1xf32>
    %33 = stablehlo.divide %32, %30 : tensor<?x?x1xf32>
    %34 = stablehlo.dynamic_broadcast_in_dim %33, %15, dims = [0, 1, 2] : (tensor<?x?x1xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %35 = stablehlo.multiply %29, %34 : tensor<?x?x8xf32>
    %36 = stablehlo.dynamic_broadcast_in_dim %arg2, %15, dims = [2] : (tensor<8xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %37 = stablehlo.multiply %35, %36 : tensor<?x?x8xf32>
    %38 = stablehlo.dynamic_broadcast_in_dim %arg2, %15, dims = [2] : (tensor<8xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %39 = stablehlo.add %37, %38 : tensor<?x?x8xf32>
    func.return %39 : tensor<?x?x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<?x?x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<?x?x8xf32> attributes {psm.shapes = ["batch, seq, 8", "batch, seq, 8"], psm.symbols = ["batch in [0, inf] input", "seq in [0, inf] input"]} {
// =>     %0 = stablehlo.composite "psm.layer_norm" %arg0, %arg2, %arg2 {composite_attributes = {axis = 2 : i64, epsilon = 0.000000e+00 : f32}, decomposition = @psm.layer_norm.0} : (tensor<?x?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
// =>     func.return %0 : tensor<?x?x8xf32>
// =>   }
// =>   func.func private @psm.layer_norm.0(%arg0: tensor<?x?x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>) -> tensor<?x?x8xf32> attributes {psm.shapes = ["s26, s27, 8", "s26, s27", "s26, s27, 1", "s26, s27, 1", "s26, s27, 1", "s26, s27, 8", "s26, s27, 8", "s26, s27, 8", "s26, s27", "s26, s27, 1", "s26, s27, 1", "s26, s27, 1", "s26, s27, 1", "s26, s27, 1", "s26, s27, 1", "s26, s27, 8", "s26, s27, 8", "s26, s27, 8", "s26, s27, 8", "s26, s27, 8", "s26, s27, 8"], psm.symbols = ["s26 in [0, inf] input", "s27 in [0, inf] input"]} {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?xf32>
// =>     %2 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x?x8xf32>) -> tensor<i32>
// =>     %3 = stablehlo.convert %2 : (tensor<i32>) -> tensor<i64>
// =>     %4 = stablehlo.reshape %3 : (tensor<i64>) -> tensor<1xi64>
// =>     %5 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<?x?x8xf32>) -> tensor<i32>
// =>     %6 = stablehlo.convert %5 : (tensor<i32>) -> tensor<i64>
// =>     %7 = stablehlo.reshape %6 : (tensor<i64>) -> tensor<1xi64>
// =>     %8 = stablehlo.constant dense<[1]> : tensor<1xi64>
// =>     %9 = stablehlo.concatenate %4, %7, %8, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
// =>     %10 = stablehlo.dynamic_reshape %1, %9 : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x1xf32>
// =>     %11 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %12 = stablehlo.dynamic_broadcast_in_dim %11, %9, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x1xf32>
// =>     %13 = stablehlo.divide %10, %12 : tensor<?x?x1xf32>
// =>     %14 = stablehlo.constant dense<[8]> : tensor<1xi64>
// =>     %15 = stablehlo.concatenate %4, %7, %14, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
// =>     %16 = stablehlo.dynamic_broadcast_in_dim %13, %15, dims = [0, 1, 2] : (tensor<?x?x1xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %17 = stablehlo.subtract %arg0, %16 : tensor<?x?x8xf32>
// =>     %18 = stablehlo.multiply %17, %17 : tensor<?x?x8xf32>
// =>     %19 = stablehlo.reduce(%18 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?xf32>
// =>     %20 = stablehlo.dynamic_reshape %19, %9 : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x1xf32>
// =>     %21 = stablehlo.dynamic_broadcast_in_dim %11, %9, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x1xf32>
// =>     %22 = stablehlo.divide %20, %21 : tensor<?x?x1xf32>
// =>     %23 = stablehlo.dynamic_broadcast_in_dim %0, %9, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x1xf32>
// =>     %24 = stablehlo.add %22, %23 : tensor<?x?x1xf32>
// =>     %25 = stablehlo.rsqrt %24 : tensor<?x?x1xf32>
// =>     %26 = stablehlo.dynamic_broadcast_in_dim %25, %15, dims = [0, 1, 2] : (tensor<?x?x1xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %27 = stablehlo.multiply %17, %26 : tensor<?x?x8xf32>
// =>     %28 = stablehlo.dynamic_broadcast_in_dim %arg1, %15, dims = [2] : (tensor<8xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %29 = stablehlo.multiply %27, %28 : tensor<?x?x8xf32>
// =>     %30 = stablehlo.dynamic_broadcast_in_dim %arg2, %15, dims = [2] : (tensor<8xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %31 = stablehlo.add %29, %30 : tensor<?x?x8xf32>
// =>     func.return %31 : tensor<?x?x8xf32>
// =>   }
// => }
// -----
// A sum over another count is no mean: what is left is an RMS norm of the difference.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<7.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.multiply %5, %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_2 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %10 = stablehlo.divide %8, %9 : tensor<2x3x1xf32>
    %cst_3 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %12 = stablehlo.add %10, %11 : tensor<2x3x1xf32>
    %13 = stablehlo.rsqrt %12 : tensor<2x3x1xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %15 = stablehlo.multiply %5, %14 : tensor<2x3x8xf32>
    return %15 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %2 = stablehlo.broadcast_in_dim %1, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %3 = stablehlo.constant dense<7.000000e+00> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %5 = stablehlo.divide %2, %4 : tensor<2x3x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %7 = stablehlo.subtract %arg0, %6 : tensor<2x3x8xf32>
// =>     %8 = stablehlo.constant dense<1.000000e+00> : tensor<8xf32>
// =>     %9 = stablehlo.composite "psm.rms_norm" %7, %8 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-05 : f32}, decomposition = @psm.rms_norm.0} : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %9 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.rms_norm.0(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
// =>     %1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %2 = stablehlo.reduce(%0 init: %1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %3 = stablehlo.reshape %2 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %4 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %6 = stablehlo.divide %3, %5 : tensor<2x3x1xf32>
// =>     %7 = stablehlo.constant dense<1.000000e-05> : tensor<2x3x1xf32>
// =>     %8 = stablehlo.add %6, %7 : tensor<2x3x1xf32>
// =>     %9 = stablehlo.rsqrt %8 : tensor<2x3x1xf32>
// =>     %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %11 = stablehlo.multiply %arg0, %10 : tensor<2x3x8xf32>
// =>     %12 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     %13 = stablehlo.multiply %11, %12 : tensor<2x3x8xf32>
// =>     func.return %13 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// The mean and the variance are along different axes.
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.constant dense<4.0> : tensor<4xf32>
  %eps = stablehlo.constant dense<1.0e-5> : tensor<4xf32>
  %0 = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = stablehlo.divide %0, %n : tensor<4xf32>
  %2 = stablehlo.broadcast_in_dim %1, dims = [1] : (tensor<4xf32>) -> tensor<4x4xf32>
  %3 = stablehlo.subtract %x, %2 : tensor<4x4xf32>
  %4 = stablehlo.multiply %3, %3 : tensor<4x4xf32>
  %5 = stablehlo.reduce(%4 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = stablehlo.divide %5, %n : tensor<4xf32>
  %7 = stablehlo.add %6, %eps : tensor<4xf32>
  %8 = stablehlo.rsqrt %7 : tensor<4xf32>
  %9 = stablehlo.broadcast_in_dim %8, dims = [0] : (tensor<4xf32>) -> tensor<4x4xf32>
  %10 = stablehlo.multiply %3, %9 : tensor<4x4xf32>
  return %10 : tensor<4x4xf32>
}
// => unchanged
// -----
// The reciprocal root is read elsewhere.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.multiply %5, %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_2 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %10 = stablehlo.divide %8, %9 : tensor<2x3x1xf32>
    %cst_3 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %12 = stablehlo.add %10, %11 : tensor<2x3x1xf32>
    %13 = stablehlo.rsqrt %12 : tensor<2x3x1xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %15 = stablehlo.multiply %5, %14 : tensor<2x3x8xf32>
    return %15, %14 : tensor<2x3x8xf32>, tensor<2x3x8xf32>
  }
}
// => unchanged
