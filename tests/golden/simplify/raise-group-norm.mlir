// RUN: inline-calls raise remove-dead-code
// Group norms as exporters write them out.
// -----
// PyTorch writes an instance norm of groups.
module {
  func.func private @psm.instance_norm.0(%arg0: tensor<2x2x50xf32>, %arg1: tensor<2xf32>, %arg2: tensor<2xf32>) -> tensor<2x2x50xf32> {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x2x50xf32>, tensor<f32>) -> tensor<2x2xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
    %3 = stablehlo.constant dense<5.000000e+01> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x2x1xf32>
    %5 = stablehlo.divide %2, %4 : tensor<2x2x1xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x2x1xf32>) -> tensor<2x2x50xf32>
    %7 = stablehlo.subtract %arg0, %6 : tensor<2x2x50xf32>
    %8 = stablehlo.multiply %7, %7 : tensor<2x2x50xf32>
    %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x2x50xf32>, tensor<f32>) -> tensor<2x2xf32>
    %10 = stablehlo.reshape %9 : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
    %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x2x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x2x1xf32>
    %13 = stablehlo.constant dense<1.000000e-05> : tensor<2x2x1xf32>
    %14 = stablehlo.add %12, %13 : tensor<2x2x1xf32>
    %15 = stablehlo.rsqrt %14 : tensor<2x2x1xf32>
    %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x2x1xf32>) -> tensor<2x2x50xf32>
    %17 = stablehlo.multiply %7, %16 : tensor<2x2x50xf32>
    %18 = stablehlo.reshape %arg1 : (tensor<2xf32>) -> tensor<2x1xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<2x2x50xf32>
    %20 = stablehlo.multiply %17, %19 : tensor<2x2x50xf32>
    %21 = stablehlo.reshape %arg2 : (tensor<2xf32>) -> tensor<2x1xf32>
    %22 = stablehlo.broadcast_in_dim %21, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<2x2x50xf32>
    %23 = stablehlo.add %20, %22 : tensor<2x2x50xf32>
    func.return %23 : tensor<2x2x50xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x5xf32>, %arg1: tensor<4xf32>, %arg2: tensor<4xf32>) -> (tensor<2x4x5x5xf32>) {
    %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x5xf32>) -> tensor<2x2x50xf32>
    %1 = stablehlo.constant dense<1.000000e+00> : tensor<2xf32>
    %2 = stablehlo.constant dense<0.000000e+00> : tensor<2xf32>
    %3 = stablehlo.composite "psm.instance_norm" %0, %1, %2 {composite_attributes = {epsilon = 1.000000e-05 : f32}, decomposition = @psm.instance_norm.0} : (tensor<2x2x50xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2x50xf32>
    %4 = stablehlo.reshape %3 : (tensor<2x2x50xf32>) -> tensor<2x4x5x5xf32>
    %5 = stablehlo.reshape %arg1 : (tensor<4xf32>) -> tensor<4x1x1xf32>
    %6 = stablehlo.reshape %arg2 : (tensor<4xf32>) -> tensor<4x1x1xf32>
    %7 = stablehlo.broadcast_in_dim %5, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
    %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x5xf32>
    %9 = stablehlo.broadcast_in_dim %6, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
    %10 = stablehlo.add %8, %9 : tensor<2x4x5x5xf32>
    func.return %10 : tensor<2x4x5x5xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x5xf32>, %arg1: tensor<4xf32>, %arg2: tensor<4xf32>) -> tensor<2x4x5x5xf32> {
// =>     %0 = stablehlo.composite "psm.group_norm" %arg0, %arg1, %arg2 {composite_attributes = {epsilon = 1.000000e-05 : f32, num_groups = 2 : i64}, decomposition = @psm.group_norm.0} : (tensor<2x4x5x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x5x5xf32>
// =>     func.return %0 : tensor<2x4x5x5xf32>
// =>   }
// =>   func.func private @psm.group_norm.0(%arg0: tensor<2x4x5x5xf32>, %arg1: tensor<4xf32>, %arg2: tensor<4xf32>) -> tensor<2x4x5x5xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x5xf32>) -> tensor<2x2x2x5x5xf32>
// =>     %1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %2 = stablehlo.reduce(%0 init: %1) applies stablehlo.add across dimensions = [2, 3, 4] : (tensor<2x2x2x5x5xf32>, tensor<f32>) -> tensor<2x2xf32>
// =>     %3 = stablehlo.reshape %2 : (tensor<2x2xf32>) -> tensor<2x2x1x1x1xf32>
// =>     %4 = stablehlo.constant dense<5.000000e+01> : tensor<f32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<f32>) -> tensor<2x2x1x1x1xf32>
// =>     %6 = stablehlo.divide %3, %5 : tensor<2x2x1x1x1xf32>
// =>     %7 = stablehlo.broadcast_in_dim %6, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x1x1xf32>) -> tensor<2x2x2x5x5xf32>
// =>     %8 = stablehlo.subtract %0, %7 : tensor<2x2x2x5x5xf32>
// =>     %9 = stablehlo.multiply %8, %8 : tensor<2x2x2x5x5xf32>
// =>     %10 = stablehlo.reduce(%9 init: %1) applies stablehlo.add across dimensions = [2, 3, 4] : (tensor<2x2x2x5x5xf32>, tensor<f32>) -> tensor<2x2xf32>
// =>     %11 = stablehlo.reshape %10 : (tensor<2x2xf32>) -> tensor<2x2x1x1x1xf32>
// =>     %12 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<f32>) -> tensor<2x2x1x1x1xf32>
// =>     %13 = stablehlo.divide %11, %12 : tensor<2x2x1x1x1xf32>
// =>     %14 = stablehlo.constant dense<1.000000e-05> : tensor<2x2x1x1x1xf32>
// =>     %15 = stablehlo.add %13, %14 : tensor<2x2x1x1x1xf32>
// =>     %16 = stablehlo.rsqrt %15 : tensor<2x2x1x1x1xf32>
// =>     %17 = stablehlo.broadcast_in_dim %16, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x1x1xf32>) -> tensor<2x2x2x5x5xf32>
// =>     %18 = stablehlo.multiply %8, %17 : tensor<2x2x2x5x5xf32>
// =>     %19 = stablehlo.reshape %18 : (tensor<2x2x2x5x5xf32>) -> tensor<2x4x5x5xf32>
// =>     %20 = stablehlo.reshape %arg1 : (tensor<4xf32>) -> tensor<4x1x1xf32>
// =>     %21 = stablehlo.broadcast_in_dim %20, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
// =>     %22 = stablehlo.multiply %19, %21 : tensor<2x4x5x5xf32>
// =>     %23 = stablehlo.reshape %arg2 : (tensor<4xf32>) -> tensor<4x1x1xf32>
// =>     %24 = stablehlo.broadcast_in_dim %23, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
// =>     %25 = stablehlo.add %22, %24 : tensor<2x4x5x5xf32>
// =>     func.return %25 : tensor<2x4x5x5xf32>
// =>   }
// => }
// -----
// Groups that are scaled themselves are left alone.
module {
  func.func private @psm.instance_norm.0(%arg0: tensor<2x2x50xf32>, %arg1: tensor<2xf32>, %arg2: tensor<2xf32>) -> tensor<2x2x50xf32> {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x2x50xf32>, tensor<f32>) -> tensor<2x2xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
    %3 = stablehlo.constant dense<5.000000e+01> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x2x1xf32>
    %5 = stablehlo.divide %2, %4 : tensor<2x2x1xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x2x1xf32>) -> tensor<2x2x50xf32>
    %7 = stablehlo.subtract %arg0, %6 : tensor<2x2x50xf32>
    %8 = stablehlo.multiply %7, %7 : tensor<2x2x50xf32>
    %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x2x50xf32>, tensor<f32>) -> tensor<2x2xf32>
    %10 = stablehlo.reshape %9 : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
    %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x2x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x2x1xf32>
    %13 = stablehlo.constant dense<1.000000e-05> : tensor<2x2x1xf32>
    %14 = stablehlo.add %12, %13 : tensor<2x2x1xf32>
    %15 = stablehlo.rsqrt %14 : tensor<2x2x1xf32>
    %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x2x1xf32>) -> tensor<2x2x50xf32>
    %17 = stablehlo.multiply %7, %16 : tensor<2x2x50xf32>
    %18 = stablehlo.reshape %arg1 : (tensor<2xf32>) -> tensor<2x1xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<2x2x50xf32>
    %20 = stablehlo.multiply %17, %19 : tensor<2x2x50xf32>
    %21 = stablehlo.reshape %arg2 : (tensor<2xf32>) -> tensor<2x1xf32>
    %22 = stablehlo.broadcast_in_dim %21, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<2x2x50xf32>
    %23 = stablehlo.add %20, %22 : tensor<2x2x50xf32>
    func.return %23 : tensor<2x2x50xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x5xf32>, %arg1: tensor<4xf32>, %arg2: tensor<4xf32>) -> (tensor<2x4x5x5xf32>) {
    %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x5xf32>) -> tensor<2x2x50xf32>
    %1 = stablehlo.constant dense<2.000000e+00> : tensor<2xf32>
    %2 = stablehlo.constant dense<0.000000e+00> : tensor<2xf32>
    %3 = stablehlo.composite "psm.instance_norm" %0, %1, %2 {composite_attributes = {epsilon = 1.000000e-05 : f32}, decomposition = @psm.instance_norm.0} : (tensor<2x2x50xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2x50xf32>
    %4 = stablehlo.reshape %3 : (tensor<2x2x50xf32>) -> tensor<2x4x5x5xf32>
    %5 = stablehlo.reshape %arg1 : (tensor<4xf32>) -> tensor<4x1x1xf32>
    %6 = stablehlo.reshape %arg2 : (tensor<4xf32>) -> tensor<4x1x1xf32>
    %7 = stablehlo.broadcast_in_dim %5, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
    %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x5xf32>
    %9 = stablehlo.broadcast_in_dim %6, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
    %10 = stablehlo.add %8, %9 : tensor<2x4x5x5xf32>
    func.return %10 : tensor<2x4x5x5xf32>
  }
}
// => unchanged
// -----
// A scale along another axis.
module {
  func.func private @psm.instance_norm.0(%arg0: tensor<2x2x50xf32>, %arg1: tensor<2xf32>, %arg2: tensor<2xf32>) -> tensor<2x2x50xf32> {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x2x50xf32>, tensor<f32>) -> tensor<2x2xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
    %3 = stablehlo.constant dense<5.000000e+01> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x2x1xf32>
    %5 = stablehlo.divide %2, %4 : tensor<2x2x1xf32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2] : (tensor<2x2x1xf32>) -> tensor<2x2x50xf32>
    %7 = stablehlo.subtract %arg0, %6 : tensor<2x2x50xf32>
    %8 = stablehlo.multiply %7, %7 : tensor<2x2x50xf32>
    %9 = stablehlo.reduce(%8 init: %0) applies stablehlo.add across dimensions = [2] : (tensor<2x2x50xf32>, tensor<f32>) -> tensor<2x2xf32>
    %10 = stablehlo.reshape %9 : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
    %11 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x2x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x2x1xf32>
    %13 = stablehlo.constant dense<1.000000e-05> : tensor<2x2x1xf32>
    %14 = stablehlo.add %12, %13 : tensor<2x2x1xf32>
    %15 = stablehlo.rsqrt %14 : tensor<2x2x1xf32>
    %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x2x1xf32>) -> tensor<2x2x50xf32>
    %17 = stablehlo.multiply %7, %16 : tensor<2x2x50xf32>
    %18 = stablehlo.reshape %arg1 : (tensor<2xf32>) -> tensor<2x1xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<2x2x50xf32>
    %20 = stablehlo.multiply %17, %19 : tensor<2x2x50xf32>
    %21 = stablehlo.reshape %arg2 : (tensor<2xf32>) -> tensor<2x1xf32>
    %22 = stablehlo.broadcast_in_dim %21, dims = [1, 2] : (tensor<2x1xf32>) -> tensor<2x2x50xf32>
    %23 = stablehlo.add %20, %22 : tensor<2x2x50xf32>
    func.return %23 : tensor<2x2x50xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x5xf32>, %arg1: tensor<5xf32>, %arg2: tensor<4xf32>) -> (tensor<2x4x5x5xf32>) {
    %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x5xf32>) -> tensor<2x2x50xf32>
    %1 = stablehlo.constant dense<1.000000e+00> : tensor<2xf32>
    %2 = stablehlo.constant dense<0.000000e+00> : tensor<2xf32>
    %3 = stablehlo.composite "psm.instance_norm" %0, %1, %2 {composite_attributes = {epsilon = 1.000000e-05 : f32}, decomposition = @psm.instance_norm.0} : (tensor<2x2x50xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2x50xf32>
    %4 = stablehlo.reshape %3 : (tensor<2x2x50xf32>) -> tensor<2x4x5x5xf32>
    %5 = stablehlo.reshape %arg1 : (tensor<5xf32>) -> tensor<1x5x1xf32>
    %6 = stablehlo.reshape %arg2 : (tensor<4xf32>) -> tensor<4x1x1xf32>
    %7 = stablehlo.broadcast_in_dim %5, dims = [1, 2, 3] : (tensor<1x5x1xf32>) -> tensor<2x4x5x5xf32>
    %8 = stablehlo.multiply %4, %7 : tensor<2x4x5x5xf32>
    %9 = stablehlo.broadcast_in_dim %6, dims = [1, 2, 3] : (tensor<4x1x1xf32>) -> tensor<2x4x5x5xf32>
    %10 = stablehlo.add %8, %9 : tensor<2x4x5x5xf32>
    func.return %10 : tensor<2x4x5x5xf32>
  }
}
// => unchanged
