// RUN: inline-calls raise remove-dead-code
// SiLU as exporters write it out.
// -----
// JAX writes the sigmoid out.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = call @silu(%arg0) : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
    return %0 : tensor<2x3x8xf32>
  }
  func.func private @silu(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %1 = stablehlo.exponential %0 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %3 = stablehlo.add %2, %1 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.divide %4, %3 : tensor<2x3x8xf32>
    %6 = stablehlo.multiply %arg0, %5 : tensor<2x3x8xf32>
    return %6 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.swish" %arg0 {composite_attributes = {alpha = 1.000000e+00 : f32}, decomposition = @psm.swish.0} : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.swish.0(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.logistic %arg0 : tensor<2x3x8xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<2x3x8xf32>
// =>     func.return %1 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// PyTorch has the sigmoid as one operation.
module {
  func.func @main(%arg0: tensor<2x5x8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.logistic %arg0 : tensor<2x5x8xf32>
    %1 = stablehlo.multiply %arg0, %0 : tensor<2x5x8xf32>
    func.return %1 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.swish" %arg0 {composite_attributes = {alpha = 1.000000e+00 : f32}, decomposition = @psm.swish.0} : (tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.swish.0(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.logistic %arg0 : tensor<2x5x8xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<2x5x8xf32>
// =>     func.return %1 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// A slope: x * sigmoid(1.702 * x).
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = stablehlo.constant dense<1.702> : tensor<4xf32>
  %0 = stablehlo.multiply %x, %c : tensor<4xf32>
  %1 = stablehlo.logistic %0 : tensor<4xf32>
  %2 = stablehlo.multiply %1, %x : tensor<4xf32>
  return %2 : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.composite "psm.swish" %arg0 {composite_attributes = {alpha = 1.702000e+00 : f32}, decomposition = @psm.swish.0} : (tensor<4xf32>) -> tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// =>   func.func private @psm.swish.0(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.constant dense<1.702000e+00> : tensor<4xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<4xf32>
// =>     %2 = stablehlo.logistic %1 : tensor<4xf32>
// =>     %3 = stablehlo.multiply %arg0, %2 : tensor<4xf32>
// =>     func.return %3 : tensor<4xf32>
// =>   }
// => }
// -----
// As one division.
func.func @main(%x: tensor<4xf64>) -> tensor<4xf64> {
  %c = stablehlo.constant dense<1.0> : tensor<4xf64>
  %0 = stablehlo.negate %x : tensor<4xf64>
  %1 = stablehlo.exponential %0 : tensor<4xf64>
  %2 = stablehlo.add %1, %c : tensor<4xf64>
  %3 = stablehlo.divide %x, %2 : tensor<4xf64>
  return %3 : tensor<4xf64>
}
// => module {
// =>   func.func @main(%arg0: tensor<4xf64>) -> tensor<4xf64> {
// =>     %0 = stablehlo.composite "psm.swish" %arg0 {composite_attributes = {alpha = 1.000000e+00 : f64}, decomposition = @psm.swish.0} : (tensor<4xf64>) -> tensor<4xf64>
// =>     func.return %0 : tensor<4xf64>
// =>   }
// =>   func.func private @psm.swish.0(%arg0: tensor<4xf64>) -> tensor<4xf64> {
// =>     %0 = stablehlo.logistic %arg0 : tensor<4xf64>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<4xf64>
// =>     func.return %1 : tensor<4xf64>
// =>   }
// => }
// -----
// 2 + e^-x is no part of it.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = call @silu(%arg0) : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
    return %0 : tensor<2x3x8xf32>
  }
  func.func private @silu(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %1 = stablehlo.exponential %0 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %3 = stablehlo.add %2, %1 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %5 = stablehlo.divide %4, %3 : tensor<2x3x8xf32>
    %6 = stablehlo.multiply %arg0, %5 : tensor<2x3x8xf32>
    return %6 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
// =>     %1 = stablehlo.exponential %0 : tensor<2x3x8xf32>
// =>     %2 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
// =>     %3 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
// =>     %4 = stablehlo.add %3, %1 : tensor<2x3x8xf32>
// =>     %5 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
// =>     %7 = stablehlo.divide %6, %4 : tensor<2x3x8xf32>
// =>     %8 = stablehlo.multiply %arg0, %7 : tensor<2x3x8xf32>
// =>     func.return %8 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// The sigmoid of one value times another is a gate.
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.logistic %x : tensor<4xf32>
  %1 = stablehlo.multiply %0, %y : tensor<4xf32>
  return %1 : tensor<4xf32>
}
// => unchanged
