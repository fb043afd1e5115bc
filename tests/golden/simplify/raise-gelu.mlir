// RUN: inline-calls raise remove-dead-code
// GELU as exporters write it out.
// -----
// JAX writes the exact form with erfc.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
    %2 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x3x8xf32>
    %5 = chlo.erfc %4 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %1, %5 : tensor<2x3x8xf32>
    return %6 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "none"}, decomposition = @psm.gelu.0} : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.constant dense<5.000000e-01> : tensor<2x3x8xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<2x3x8xf32>
// =>     %2 = stablehlo.constant dense<7.071067690849304e-01> : tensor<2x3x8xf32>
// =>     %3 = stablehlo.multiply %arg0, %2 : tensor<2x3x8xf32>
// =>     %4 = chlo.erf %3 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// =>     %5 = stablehlo.constant dense<1.000000e+00> : tensor<2x3x8xf32>
// =>     %6 = stablehlo.add %4, %5 : tensor<2x3x8xf32>
// =>     %7 = stablehlo.multiply %1, %6 : tensor<2x3x8xf32>
// =>     func.return %7 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// JAX writes the approximation as it is defined.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %3 = stablehlo.multiply %2, %1 : tensor<2x3x8xf32>
    %4 = stablehlo.add %arg0, %3 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.797884583> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %5, %4 : tensor<2x3x8xf32>
    %7 = stablehlo.tanh %6 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %9 = stablehlo.add %8, %7 : tensor<2x3x8xf32>
    %cst_2 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %11 = stablehlo.multiply %10, %9 : tensor<2x3x8xf32>
    %12 = stablehlo.multiply %arg0, %11 : tensor<2x3x8xf32>
    return %12 : tensor<2x3x8xf32>
  }
}
// => module {
// =>   func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "tanh"}, decomposition = @psm.gelu.0} : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
// =>     func.return %0 : tensor<2x3x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
// =>     %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
// =>     %2 = stablehlo.constant dense<4.471500e-02> : tensor<2x3x8xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<2x3x8xf32>
// =>     %4 = stablehlo.add %arg0, %3 : tensor<2x3x8xf32>
// =>     %5 = stablehlo.constant dense<7.978846e-01> : tensor<2x3x8xf32>
// =>     %6 = stablehlo.multiply %4, %5 : tensor<2x3x8xf32>
// =>     %7 = stablehlo.constant dense<5.000000e-01> : tensor<2x3x8xf32>
// =>     %8 = stablehlo.multiply %arg0, %7 : tensor<2x3x8xf32>
// =>     %9 = stablehlo.tanh %6 : tensor<2x3x8xf32>
// =>     %10 = stablehlo.constant dense<1.000000e+00> : tensor<2x3x8xf32>
// =>     %11 = stablehlo.add %9, %10 : tensor<2x3x8xf32>
// =>     %12 = stablehlo.multiply %8, %11 : tensor<2x3x8xf32>
// =>     func.return %12 : tensor<2x3x8xf32>
// =>   }
// => }
// -----
// PyTorch writes a division by the root of 2.
module {
  func.func @main(%arg0: tensor<2x5x8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<1.4142135381698608e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %2 = stablehlo.divide %arg0, %1 : tensor<2x5x8xf32>
    %3 = chlo.erf %2 : tensor<2x5x8xf32> -> tensor<2x5x8xf32>
    %4 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %6 = stablehlo.add %3, %5 : tensor<2x5x8xf32>
    %7 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %9 = stablehlo.multiply %8, %6 : tensor<2x5x8xf32>
    %10 = stablehlo.multiply %arg0, %9 : tensor<2x5x8xf32>
    func.return %10 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "none"}, decomposition = @psm.gelu.0} : (tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.constant dense<5.000000e-01> : tensor<2x5x8xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<2x5x8xf32>
// =>     %2 = stablehlo.constant dense<7.071067690849304e-01> : tensor<2x5x8xf32>
// =>     %3 = stablehlo.multiply %arg0, %2 : tensor<2x5x8xf32>
// =>     %4 = chlo.erf %3 : tensor<2x5x8xf32> -> tensor<2x5x8xf32>
// =>     %5 = stablehlo.constant dense<1.000000e+00> : tensor<2x5x8xf32>
// =>     %6 = stablehlo.add %4, %5 : tensor<2x5x8xf32>
// =>     %7 = stablehlo.multiply %1, %6 : tensor<2x5x8xf32>
// =>     func.return %7 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// PyTorch writes the approximation with powers by multiplication.
module {
  func.func @main(%arg0: tensor<2x5x8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %2 = stablehlo.power %arg0, %1 : tensor<2x5x8xf32>
    %3 = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %5 = stablehlo.multiply %4, %2 : tensor<2x5x8xf32>
    %6 = stablehlo.add %arg0, %5 : tensor<2x5x8xf32>
    %7 = stablehlo.constant dense<7.978846e-01> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %9 = stablehlo.multiply %8, %6 : tensor<2x5x8xf32>
    %10 = stablehlo.tanh %9 : tensor<2x5x8xf32>
    %11 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %13 = stablehlo.add %10, %12 : tensor<2x5x8xf32>
    %14 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %16 = stablehlo.multiply %15, %13 : tensor<2x5x8xf32>
    %17 = stablehlo.multiply %arg0, %16 : tensor<2x5x8xf32>
    func.return %17 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "tanh"}, decomposition = @psm.gelu.0} : (tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x5x8xf32>
// =>     %1 = stablehlo.multiply %0, %arg0 : tensor<2x5x8xf32>
// =>     %2 = stablehlo.constant dense<4.471500e-02> : tensor<2x5x8xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<2x5x8xf32>
// =>     %4 = stablehlo.add %arg0, %3 : tensor<2x5x8xf32>
// =>     %5 = stablehlo.constant dense<7.978846e-01> : tensor<2x5x8xf32>
// =>     %6 = stablehlo.multiply %4, %5 : tensor<2x5x8xf32>
// =>     %7 = stablehlo.constant dense<5.000000e-01> : tensor<2x5x8xf32>
// =>     %8 = stablehlo.multiply %arg0, %7 : tensor<2x5x8xf32>
// =>     %9 = stablehlo.tanh %6 : tensor<2x5x8xf32>
// =>     %10 = stablehlo.constant dense<1.000000e+00> : tensor<2x5x8xf32>
// =>     %11 = stablehlo.add %9, %10 : tensor<2x5x8xf32>
// =>     %12 = stablehlo.multiply %8, %11 : tensor<2x5x8xf32>
// =>     func.return %12 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// As language models write the approximation, with pow(x, 3).
module {
  func.func @main(%arg0: tensor<2x5x8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %2 = stablehlo.multiply %arg0, %1 : tensor<2x5x8xf32>
    %3 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %5 = stablehlo.power %arg0, %4 : tensor<2x5x8xf32>
    %6 = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %8 = stablehlo.multiply %5, %7 : tensor<2x5x8xf32>
    %9 = stablehlo.add %arg0, %8 : tensor<2x5x8xf32>
    %10 = stablehlo.constant dense<7.978846e-01> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %12 = stablehlo.multiply %9, %11 : tensor<2x5x8xf32>
    %13 = stablehlo.tanh %12 : tensor<2x5x8xf32>
    %14 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %16 = stablehlo.add %13, %15 : tensor<2x5x8xf32>
    %17 = stablehlo.multiply %2, %16 : tensor<2x5x8xf32>
    func.return %17 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "tanh"}, decomposition = @psm.gelu.0} : (tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x5x8xf32>
// =>     %1 = stablehlo.multiply %0, %arg0 : tensor<2x5x8xf32>
// =>     %2 = stablehlo.constant dense<4.471500e-02> : tensor<2x5x8xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<2x5x8xf32>
// =>     %4 = stablehlo.add %arg0, %3 : tensor<2x5x8xf32>
// =>     %5 = stablehlo.constant dense<7.978846e-01> : tensor<2x5x8xf32>
// =>     %6 = stablehlo.multiply %4, %5 : tensor<2x5x8xf32>
// =>     %7 = stablehlo.constant dense<5.000000e-01> : tensor<2x5x8xf32>
// =>     %8 = stablehlo.multiply %arg0, %7 : tensor<2x5x8xf32>
// =>     %9 = stablehlo.tanh %6 : tensor<2x5x8xf32>
// =>     %10 = stablehlo.constant dense<1.000000e+00> : tensor<2x5x8xf32>
// =>     %11 = stablehlo.add %9, %10 : tensor<2x5x8xf32>
// =>     %12 = stablehlo.multiply %8, %11 : tensor<2x5x8xf32>
// =>     func.return %12 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// The same with x taken out: x * c * (1 + 0.044715 * x * x).
module {
  func.func @main(%arg0: tensor<2x5x8xf32>) -> (tensor<2x5x8xf32>) {
    %0 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %2 = stablehlo.multiply %arg0, %1 : tensor<2x5x8xf32>
    %3 = stablehlo.constant dense<7.978846e-01> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %5 = stablehlo.multiply %arg0, %4 : tensor<2x5x8xf32>
    %6 = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %8 = stablehlo.multiply %arg0, %7 : tensor<2x5x8xf32>
    %9 = stablehlo.multiply %8, %arg0 : tensor<2x5x8xf32>
    %10 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %12 = stablehlo.add %9, %11 : tensor<2x5x8xf32>
    %13 = stablehlo.multiply %5, %12 : tensor<2x5x8xf32>
    %14 = stablehlo.tanh %13 : tensor<2x5x8xf32>
    %15 = stablehlo.broadcast_in_dim %10, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %16 = stablehlo.add %14, %15 : tensor<2x5x8xf32>
    %17 = stablehlo.multiply %2, %16 : tensor<2x5x8xf32>
    func.return %17 : tensor<2x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "tanh"}, decomposition = @psm.gelu.0} : (tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
// =>     func.return %0 : tensor<2x5x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
// =>     %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x5x8xf32>
// =>     %1 = stablehlo.multiply %0, %arg0 : tensor<2x5x8xf32>
// =>     %2 = stablehlo.constant dense<4.471500e-02> : tensor<2x5x8xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<2x5x8xf32>
// =>     %4 = stablehlo.add %arg0, %3 : tensor<2x5x8xf32>
// =>     %5 = stablehlo.constant dense<7.978846e-01> : tensor<2x5x8xf32>
// =>     %6 = stablehlo.multiply %4, %5 : tensor<2x5x8xf32>
// =>     %7 = stablehlo.constant dense<5.000000e-01> : tensor<2x5x8xf32>
// =>     %8 = stablehlo.multiply %arg0, %7 : tensor<2x5x8xf32>
// =>     %9 = stablehlo.tanh %6 : tensor<2x5x8xf32>
// =>     %10 = stablehlo.constant dense<1.000000e+00> : tensor<2x5x8xf32>
// =>     %11 = stablehlo.add %9, %10 : tensor<2x5x8xf32>
// =>     %12 = stablehlo.multiply %8, %11 : tensor<2x5x8xf32>
// =>     func.return %12 : tensor<2x5x8xf32>
// =>   }
// => }
// -----
// Symbolic sizes.
module {
  func.func @main(%arg0: tensor<?x?x8xf32>) -> (tensor<?x?x8xf32>) attributes {psm.shapes = ["batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8", "batch, seq, 8"], psm.symbols = ["batch in [0, inf] input", "seq in [0, inf] input"]} {
    %0 = stablehlo.constant dense<1.4142135381698608e+00> : tensor<f32>
    %1 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x?x8xf32>) -> tensor<i32>
    %2 = stablehlo.convert %1 : (tensor<i32>) -> tensor<i64>
    %3 = stablehlo.reshape %2 : (tensor<i64>) -> tensor<1xi64>
    %4 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<?x?x8xf32>) -> tensor<i32>
    %5 = stablehlo.convert %4 : (tensor<i32>) -> tensor<i64>
    %6 = stablehlo.reshape %5 : (tensor<i64>) -> tensor<1xi64>
    %7 = stablehlo.constant dense<[8]> : tensor<1xi64>
    %8 = stablehlo.concatenate %3, %6, %7, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
    %9 = stablehlo.dynamic_broadcast_in_dim %0, %8, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %10 = stablehlo.divide %arg0, %9 : tensor<?x?x8xf32>
    %11 = chlo.erf %10 : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
    %12 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %13 = stablehlo.dynamic_broadcast_in_dim %12, %8, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %14 = stablehlo.add %11, %13 : tensor<?x?x8xf32>
    %15 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %16 = stablehlo.dynamic_broadcast_in_dim %15, %8, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %17 = stablehlo.multiply %16, %14 : tensor<?x?x8xf32>
    %18 = stablehlo.multiply %arg0, %17 : tensor<?x?x8xf32>
    func.return %18 : tensor<?x?x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> attributes {psm.shapes = ["batch, seq, 8", "batch, seq, 8"], psm.symbols = ["batch in [0, inf] input", "seq in [0, inf] input"]} {
// =>     %0 = stablehlo.composite "psm.gelu" %arg0 {composite_attributes = {approximate = "none"}, decomposition = @psm.gelu.0} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
// =>     func.return %0 : tensor<?x?x8xf32>
// =>   }
// =>   func.func private @psm.gelu.0(%arg0: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> attributes {psm.shapes = ["s8, s9, 8", "s8, s9, 8", "s8, s9, 8", "s8, s9, 8", "s8, s9, 8", "s8, s9, 8", "s8, s9, 8", "s8, s9, 8", "s8, s9, 8"], psm.symbols = ["s8 in [0, inf] input", "s9 in [0, inf] input"]} {
// =>     %0 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
// =>     %1 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x?x8xf32>) -> tensor<i32>
// =>     %2 = stablehlo.convert %1 : (tensor<i32>) -> tensor<i64>
// =>     %3 = stablehlo.reshape %2 : (tensor<i64>) -> tensor<1xi64>
// =>     %4 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<?x?x8xf32>) -> tensor<i32>
// =>     %5 = stablehlo.convert %4 : (tensor<i32>) -> tensor<i64>
// =>     %6 = stablehlo.reshape %5 : (tensor<i64>) -> tensor<1xi64>
// =>     %7 = stablehlo.constant dense<[8]> : tensor<1xi64>
// =>     %8 = stablehlo.concatenate %3, %6, %7, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
// =>     %9 = stablehlo.dynamic_broadcast_in_dim %0, %8, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %10 = stablehlo.multiply %arg0, %9 : tensor<?x?x8xf32>
// =>     %11 = stablehlo.constant dense<7.071067690849304e-01> : tensor<f32>
// =>     %12 = stablehlo.dynamic_broadcast_in_dim %11, %8, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %13 = stablehlo.multiply %arg0, %12 : tensor<?x?x8xf32>
// =>     %14 = chlo.erf %13 : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
// =>     %15 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
// =>     %16 = stablehlo.dynamic_broadcast_in_dim %15, %8, dims = [] : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x8xf32>
// =>     %17 = stablehlo.add %14, %16 : tensor<?x?x8xf32>
// =>     %18 = stablehlo.multiply %10, %17 : tensor<?x?x8xf32>
// =>     func.return %18 : tensor<?x?x8xf32>
// =>   }
// => }
// -----
// Another constant within erfc is another function.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
    %2 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.708> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x3x8xf32>
    %5 = chlo.erfc %4 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %1, %5 : tensor<2x3x8xf32>
    return %6 : tensor<2x3x8xf32>
  }
}
// => unchanged
// -----
// Another cubic term, too.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %0 = stablehlo.multiply %arg0, %arg0 : tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
    %cst = stablehlo.constant dense<4.400000e-02> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %3 = stablehlo.multiply %2, %1 : tensor<2x3x8xf32>
    %4 = stablehlo.add %arg0, %3 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.797884583> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %5, %4 : tensor<2x3x8xf32>
    %7 = stablehlo.tanh %6 : tensor<2x3x8xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %8 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %9 = stablehlo.add %8, %7 : tensor<2x3x8xf32>
    %cst_2 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %11 = stablehlo.multiply %10, %9 : tensor<2x3x8xf32>
    %12 = stablehlo.multiply %arg0, %11 : tensor<2x3x8xf32>
    return %12 : tensor<2x3x8xf32>
  }
}
// => unchanged
// -----
// What erfc gives is read elsewhere.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
    %cst = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
    %2 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x3x8xf32>
    %5 = chlo.erfc %4 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %1, %5 : tensor<2x3x8xf32>
    return %6, %5 : tensor<2x3x8xf32>, tensor<2x3x8xf32>
  }
}
// => unchanged
// -----
// Half of it is missing.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg0 : tensor<2x3x8xf32>
    %2 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x3x8xf32>
    %5 = chlo.erfc %4 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %1, %5 : tensor<2x3x8xf32>
    return %6 : tensor<2x3x8xf32>
  }
}
// => unchanged
// -----
// The factor is of another value.
module {
  func.func public @main(%arg0: tensor<2x3x8xf32>, %arg1: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
    %cst = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %1 = stablehlo.multiply %0, %arg1 : tensor<2x3x8xf32>
    %2 = stablehlo.negate %arg0 : tensor<2x3x8xf32>
    %cst_0 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x3x8xf32>
    %4 = stablehlo.multiply %2, %3 : tensor<2x3x8xf32>
    %5 = chlo.erfc %4 : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
    %6 = stablehlo.multiply %1, %5 : tensor<2x3x8xf32>
    return %6 : tensor<2x3x8xf32>
  }
}
// => unchanged
