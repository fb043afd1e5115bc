// RUN: inline-calls raise remove-dead-code
// RMS norms as exporters write them out.
// -----
// JAX.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.divide %2, %3 : tensor<2x3x1xf32>
    %cst_1 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %6 = stablehlo.add %4, %5 : tensor<2x3x1xf32>
    %7 = stablehlo.rsqrt %6 : tensor<2x3x1xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %9 = stablehlo.multiply %arg0, %8 : tensor<2x3x8xf32>
    %10 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %12 = stablehlo.multiply %9, %11 : tensor<2x3x8xf32>
    return %12 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.rms_norm" %arg0, %arg1 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-06 : f32}, decomposition = @psm.rms_norm.0} : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.rms_norm.0(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
// =>     %1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %2 = stablehlo.reduce(%0 init: %1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %3 = stablehlo.reshape %2 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %4 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %6 = stablehlo.divide %3, %5 : tensor<2x3x1xf32>
// =>     %7 = stablehlo.constant dense<1.000000e-06> : tensor<2x3x1xf32>
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
// JAX, bf16 with statistics in f32.
module {
  func.func public @main(%arg0: tensor<2x3x8xbf16>, %arg1: tensor<8xbf16>) -> tensor<2x3x8xbf16> {
    %0 = stablehlo.convert %arg0 : (tensor<2x3x8xbf16>) -> tensor<2x3x8xf32>
    %1 = chlo.square %0 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.reduce(%1 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %5 = stablehlo.divide %3, %4 : tensor<2x3x1xf32>
    %cst_1 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %7 = stablehlo.add %5, %6 : tensor<2x3x1xf32>
    %8 = stablehlo.rsqrt %7 : tensor<2x3x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %10 = stablehlo.multiply %0, %9 : tensor<2x3x8xf32>
    %11 = stablehlo.convert %10 : (tensor<2x3x8xf32>) -> tensor<2x3x8xbf16>
    %12 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xbf16>) -> tensor<1x1x8xbf16>
    %13 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2] : (tensor<1x1x8xbf16>) -> tensor<2x3x8xbf16>
    %14 = stablehlo.multiply %11, %13 : tensor<2x3x8xbf16>
    return %14 : tensor<2x3x8xbf16>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xbf16>, %arg1: tensor<8xbf16>) -> tensor<2x3x8xbf16> {
// =>     %0 = stablehlo.composite "psm.rms_norm" %arg0, %arg1 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-06 : f32}, decomposition = @psm.rms_norm.0} : (tensor<2x3x8xbf16>, tensor<8xbf16>) -> tensor<2x3x8xbf16>
// =>     func.return %0 : tensor<2x3x8xbf16>
// =>   }
// =>   func.func private @psm.rms_norm.0(%arg0: tensor<2x3x8xbf16>, %arg1: tensor<8xbf16>) -> tensor<2x3x8xbf16> {
// =>     %0 = stablehlo.convert %arg0 : (tensor<2x3x8xbf16>) -> tensor<2x3x8xf32>
// =>     %1 = stablehlo.multiply %0, %0 : tensor<2x3x8xf32>
// =>     %2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %3 = stablehlo.reduce(%1 init: %2) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %5 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
// =>     %7 = stablehlo.divide %4, %6 : tensor<2x3x1xf32>
// =>     %8 = stablehlo.constant dense<1.000000e-06> : tensor<2x3x1xf32>
// =>     %9 = stablehlo.add %7, %8 : tensor<2x3x1xf32>
// =>     %10 = stablehlo.rsqrt %9 : tensor<2x3x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %12 = stablehlo.multiply %0, %11 : tensor<2x3x8xf32>
// =>     %13 = stablehlo.convert %12 : (tensor<2x3x8xf32>) -> tensor<2x3x8xbf16>
// =>     %14 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xbf16>) -> tensor<2x3x8xbf16>
// =>     %15 = stablehlo.multiply %13, %14 : tensor<2x3x8xbf16>
// =>     func.return %15 : tensor<2x3x8xbf16>
// =>   }
// => }
// -----
// PyTorch.
module {
  func.func @main(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %2 = stablehlo.power %arg0, %1 : tensor<2x5x8xf32>
    %3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.reduce(%2 init: %3) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %5 = stablehlo.reshape %4 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %6 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %8 = stablehlo.divide %5, %7 : tensor<2x5x1xf32>
    %9 = stablehlo.constant dense<1.000000e-06> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x5x1xf32>
    %12 = stablehlo.sqrt %11 : tensor<2x5x1xf32>
    %13 = stablehlo.constant dense<1.000000e+00> : tensor<2x5x1xf32>
    %14 = stablehlo.divide %13, %12 : tensor<2x5x1xf32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %16 = stablehlo.multiply %arg0, %15 : tensor<2x5x8xf32>
    %17 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
    %18 = stablehlo.multiply %16, %17 : tensor<2x5x8xf32>
    func.return %18 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.rms_norm" %arg0, %arg1 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-06 : f32}, decomposition = @psm.rms_norm.0} : (tensor<2x5x8xf32>, tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.rms_norm.0(%arg0: tensor<2x5x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x5x8xf32>
// =>     %1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %2 = stablehlo.reduce(%0 init: %1) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
// =>     %3 = stablehlo.reshape %2 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %4 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
// =>     %6 = stablehlo.divide %3, %5 : tensor<2x5x1xf32>
// =>     %7 = stablehlo.constant dense<1.000000e-06> : tensor<2x5x1xf32>
// =>     %8 = stablehlo.add %6, %7 : tensor<2x5x1xf32>
// =>     %9 = stablehlo.rsqrt %8 : tensor<2x5x1xf32>
// =>     %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
// =>     %11 = stablehlo.multiply %arg0, %10 : tensor<2x5x8xf32>
// =>     %12 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<2x5x8xf32>
// =>     %13 = stablehlo.multiply %11, %12 : tensor<2x5x8xf32>
// =>     func.return %13 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// PyTorch as language models write it, f16.
module {
  func.func @main(%arg0: tensor<2x5x8xf16>, %arg1: tensor<8xf16>) -> (tensor<2x5x8xf16>) {
    %0 = stablehlo.convert %arg0 : (tensor<2x5x8xf16>) -> tensor<2x5x8xf32>
    %1 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %3 = stablehlo.power %0, %2 : tensor<2x5x8xf32>
    %4 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %5 = stablehlo.reduce(%3 init: %4) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
    %6 = stablehlo.reshape %5 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %7 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %9 = stablehlo.divide %6, %8 : tensor<2x5x1xf32>
    %10 = stablehlo.constant dense<1.000000e-06> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %12 = stablehlo.add %9, %11 : tensor<2x5x1xf32>
    %13 = stablehlo.sqrt %12 : tensor<2x5x1xf32>
    %14 = stablehlo.constant dense<1.000000e+00> : tensor<2x5x1xf32>
    %15 = stablehlo.divide %14, %13 : tensor<2x5x1xf32>
    %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
    %17 = stablehlo.multiply %0, %16 : tensor<2x5x8xf32>
    %18 = stablehlo.convert %17 : (tensor<2x5x8xf32>) -> tensor<2x5x8xf16>
    %19 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf16>) -> tensor<2x5x8xf16>
    %20 = stablehlo.multiply %19, %18 : tensor<2x5x8xf16>
    func.return %20 : tensor<2x5x8xf16>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf16>, %arg1: tensor<8xf16>) -> tensor<2x5x8xf16> {
// =>     %0 = stablehlo.composite "psm.rms_norm" %arg0, %arg1 {composite_attributes = {axis = 2 : i64, epsilon = 1.000000e-06 : f32}, decomposition = @psm.rms_norm.0} : (tensor<2x5x8xf16>, tensor<8xf16>) -> tensor<2x5x8xf16>
// =>     func.return %0 : tensor<2x5x8xf16>
// =>   }
// =>   func.func private @psm.rms_norm.0(%arg0: tensor<2x5x8xf16>, %arg1: tensor<8xf16>) -> tensor<2x5x8xf16> {
// =>     %0 = stablehlo.convert %arg0 : (tensor<2x5x8xf16>) -> tensor<2x5x8xf32>
// =>     %1 = stablehlo.multiply %0, %0 : tensor<2x5x8xf32>
// =>     %2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %3 = stablehlo.reduce(%1 init: %2) applies stablehlo.add across dimensions = [2] : (tensor<2x5x8xf32>, tensor<f32>) -> tensor<2x5xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
// =>     %5 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
// =>     %7 = stablehlo.divide %4, %6 : tensor<2x5x1xf32>
// =>     %8 = stablehlo.constant dense<1.000000e-06> : tensor<2x5x1xf32>
// =>     %9 = stablehlo.add %7, %8 : tensor<2x5x1xf32>
// =>     %10 = stablehlo.rsqrt %9 : tensor<2x5x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x8xf32>
// =>     %12 = stablehlo.multiply %0, %11 : tensor<2x5x8xf32>
// =>     %13 = stablehlo.convert %12 : (tensor<2x5x8xf32>) -> tensor<2x5x8xf16>
// =>     %14 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf16>) -> tensor<2x5x8xf16>
// =>     %15 = stablehlo.multiply %13, %14 : tensor<2x5x8xf16>
// =>     func.return %15 : tensor<2x5x8xf16>
// =>   }
// => }
// -----
// A sum of squares is no mean.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.divide %2, %3 : tensor<2x3x1xf32>
    %cst_1 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %6 = stablehlo.add %4, %5 : tensor<2x3x1xf32>
    %7 = stablehlo.rsqrt %6 : tensor<2x3x1xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %9 = stablehlo.multiply %arg0, %8 : tensor<2x3x8xf32>
    %10 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %12 = stablehlo.multiply %9, %11 : tensor<2x3x8xf32>
    return %12 : tensor<2x3x8xf32>
  }
}
// => unchanged
// -----
// The squares are of something else.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.multiply %arg2, %arg2 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.divide %2, %3 : tensor<2x3x1xf32>
    %cst_1 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x1xf32>
    %6 = stablehlo.add %4, %5 : tensor<2x3x1xf32>
    %7 = stablehlo.rsqrt %6 : tensor<2x3x1xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %9 = stablehlo.multiply %arg0, %8 : tensor<2x3x8xf32>
    %10 = stablehlo.broadcast_in_dim %arg1, dims = [2] : (tensor<8xf32>) -> tensor<1x1x8xf32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1, 2] : (tensor<1x1x8xf32>) -> tensor<2x3x8xf32>
    %12 = stablehlo.multiply %9, %11 : tensor<2x3x8xf32>
    return %12 : tensor<2x3x8xf32>
  }
}
// => unchanged
