// RUN: inline-calls raise remove-dead-code
// Softmax and its logarithm as exporters write them out.
// -----
// JAX takes the maximum with -inf twice.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.maximum across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<2x3xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.exponential %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %10 = stablehlo.divide %6, %9 : tensor<2x3x8xf32>
    return %10 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.softmax" %arg0 {composite_attributes = {axis = 2 : i64}, decomposition = @psm.softmax.0} : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.softmax.0(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %4 = stablehlo.subtract %arg0, %3 : tensor<2x3x8xf32>
// =>     %5 = stablehlo.exponential %4 : tensor<2x3x8xf32>
// =>     %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %8 = stablehlo.reshape %7 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %10 = stablehlo.divide %5, %9 : tensor<2x3x8xf32>
// =>     func.return %10 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// The logarithm in JAX.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = call @log_softmax(%arg0) : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
    return %0 : tensor<2x3x8xf32>
  }
  func.func private @log_softmax(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.maximum across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<2x3xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.exponential %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %9 = stablehlo.log %8 : tensor<2x3x1xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %11 = stablehlo.subtract %5, %10 : tensor<2x3x8xf32>
    return %11 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.log_softmax" %arg0 {composite_attributes = {axis = 2 : i64}, decomposition = @psm.log_softmax.0} : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.log_softmax.0(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %4 = stablehlo.subtract %arg0, %3 : tensor<2x3x8xf32>
// =>     %5 = stablehlo.exponential %4 : tensor<2x3x8xf32>
// =>     %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
// =>     %8 = stablehlo.reshape %7 : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
// =>     %9 = stablehlo.log %8 : tensor<2x3x1xf32>
// =>     %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
// =>     %11 = stablehlo.subtract %4, %10 : tensor<2x3x8xf32>
// =>     func.return %11 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// Maximum and sum are along different axes.
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = stablehlo.broadcast_in_dim %0, dims = [0] : (tensor<4xf32>) -> tensor<4x4xf32>
  %2 = stablehlo.subtract %x, %1 : tensor<4x4xf32>
  %3 = stablehlo.exponential %2 : tensor<4x4xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [1] : (tensor<4xf32>) -> tensor<4x4xf32>
  %6 = stablehlo.divide %3, %5 : tensor<4x4xf32>
  return %6 : tensor<4x4xf32>
}
// => unchanged
// -----
// The maximum of a row is taken from its column.
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = stablehlo.broadcast_in_dim %0, dims = [1] : (tensor<4xf32>) -> tensor<4x4xf32>
  %2 = stablehlo.subtract %x, %1 : tensor<4x4xf32>
  %3 = stablehlo.exponential %2 : tensor<4x4xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<4xf32>) -> tensor<4x4xf32>
  %6 = stablehlo.divide %3, %5 : tensor<4x4xf32>
  return %6 : tensor<4x4xf32>
}
// => unchanged
// -----
// Without the maximum it overflows earlier.
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %3 = stablehlo.exponential %x : tensor<4x4xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<4xf32>) -> tensor<4x4xf32>
  %6 = stablehlo.divide %3, %5 : tensor<4x4xf32>
  return %6 : tensor<4x4xf32>
}
// => unchanged
// -----
// A sum that begins with 1 is another.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.maximum across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<2x3xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.exponential %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %10 = stablehlo.divide %6, %9 : tensor<2x3x8xf32>
    return %10 : tensor<2x3x8xf32>
  }
}
// => unchanged
// -----
// What it divides by is read elsewhere.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.maximum across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
    %2 = stablehlo.maximum %1, %0 : tensor<2x3xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x3x8xf32>
    %6 = stablehlo.exponential %5 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
    %10 = stablehlo.divide %6, %9 : tensor<2x3x8xf32>
    return %10, %9 : tensor<2x3x8xf32>, tensor<2x3x8xf32>
  }
}
// => unchanged
