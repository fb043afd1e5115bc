// RUN: inline-calls raise remove-dead-code
// Attention as PyTorch writes it out for ONNX.
// -----
// scaled_dot_product_attention: half of the scale on q and on k, NaN made 0.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.reshape %arg2 : (tensor<2x4x7x8xf32>) -> tensor<8x7x8xf32>
    %1 = stablehlo.transpose %0, dims = [0, 2, 1] : (tensor<8x7x8xf32>) -> tensor<8x8x7xf32>
    %2 = stablehlo.reshape %1 : (tensor<8x8x7xf32>) -> tensor<2x4x8x7xf32>
    %3 = stablehlo.constant dense<[5.946035385131836e-01]> : tensor<1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x5x8xf32>
    %5 = stablehlo.multiply %arg0, %4 : tensor<2x4x5x8xf32>
    %6 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x8x7xf32>
    %7 = stablehlo.multiply %2, %6 : tensor<2x4x8x7xf32>
    %8 = stablehlo.dot_general %5, %7, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %9 = stablehlo.composite "psm.softmax" %8 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.dot_general %9, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    func.return %10 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2 {composite_attributes = {precision = "f32", scale = 3.53553368012399e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %0 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533547401428e-01> : tensor<2x4x5x7xf32>
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
// Causal, with a mask that the exporter builds.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x5xf32>) -> tensor<2x4x5x5xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x5xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x5xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x5xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x5xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x5xf32>
    func.return %10 : tensor<2x4x5x5xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.reshape %arg2 : (tensor<2x4x5x8xf32>) -> tensor<8x5x8xf32>
    %1 = stablehlo.transpose %0, dims = [0, 2, 1] : (tensor<8x5x8xf32>) -> tensor<8x8x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<8x8x5xf32>) -> tensor<2x4x8x5xf32>
    %3 = stablehlo.constant dense<[5.946035385131836e-01]> : tensor<1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x5x8xf32>
    %5 = stablehlo.multiply %arg2, %4 : tensor<2x4x5x8xf32>
    %6 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x8x5xf32>
    %7 = stablehlo.multiply %2, %6 : tensor<2x4x8x5xf32>
    %8 = stablehlo.dot_general %5, %7, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x5xf32>) -> tensor<2x4x5x5xf32>
    %9 = stablehlo.constant dense<[[0.000000e+00, -3.4028234663852886e+38, -3.4028234663852886e+38, -3.4028234663852886e+38, -3.4028234663852886e+38], [0.000000e+00, 0.000000e+00, -3.4028234663852886e+38, -3.4028234663852886e+38, -3.4028234663852886e+38], [0.000000e+00, 0.000000e+00, 0.000000e+00, -3.4028234663852886e+38, -3.4028234663852886e+38], [0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, -3.4028234663852886e+38], [0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00]]> : tensor<5x5xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [2, 3] : (tensor<5x5xf32>) -> tensor<2x4x5x5xf32>
    %11 = stablehlo.add %8, %10 : tensor<2x4x5x5xf32>
    %12 = stablehlo.composite "psm.softmax" %11 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x5xf32>) -> tensor<2x4x5x5xf32>
    %13 = stablehlo.dot_general %12, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x5xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
    func.return %13 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg2, %arg2, %arg2 {composite_attributes = {causal, precision = "f32", scale = 3.53553368012399e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %0 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x5x8xf32>, %arg2: tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x5xf32>
// =>     %1 = stablehlo.constant dense<3.535533547401428e-01> : tensor<2x4x5x5xf32>
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
// With a mask of what takes part.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xi1>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.reshape %arg2 : (tensor<2x4x7x8xf32>) -> tensor<8x7x8xf32>
    %1 = stablehlo.transpose %0, dims = [0, 2, 1] : (tensor<8x7x8xf32>) -> tensor<8x8x7xf32>
    %2 = stablehlo.reshape %1 : (tensor<8x8x7xf32>) -> tensor<2x4x8x7xf32>
    %3 = stablehlo.constant dense<[5.946035385131836e-01]> : tensor<1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x5x8xf32>
    %5 = stablehlo.multiply %arg0, %4 : tensor<2x4x5x8xf32>
    %6 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x8x7xf32>
    %7 = stablehlo.multiply %2, %6 : tensor<2x4x8x7xf32>
    %8 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %9 = stablehlo.constant dense<-3.4028234663852886e+38> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<2x1x5x7xf32>
    %11 = stablehlo.broadcast_in_dim %9, dims = [] : (tensor<f32>) -> tensor<2x1x5x7xf32>
    %12 = stablehlo.select %arg3, %10, %11 : tensor<2x1x5x7xi1>, tensor<2x1x5x7xf32>
    %13 = stablehlo.dot_general %5, %7, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1, 2, 3] : (tensor<2x1x5x7xf32>) -> tensor<2x4x5x7xf32>
    %15 = stablehlo.add %13, %14 : tensor<2x4x5x7xf32>
    %16 = stablehlo.composite "psm.softmax" %15 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %17 = stablehlo.compare NE, %16, %16 : (tensor<2x4x5x7xf32>, tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xi1>
    %18 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
    %19 = stablehlo.select %17, %18, %16 : tensor<2x4x5x7xi1>, tensor<2x4x5x7xf32>
    %20 = stablehlo.dot_general %19, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    func.return %20 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2, %arg3 {composite_attributes = {masked_score = -3.4028234663852886e+38 : f32, operands = ["mask"], precision = "f32", scale = 3.53553368012399e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<2x1x5x7xi1>) -> tensor<2x4x5x8xf32>
// =>     func.return %0 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533547401428e-01> : tensor<2x4x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.constant dense<-3.4028234663852886e+38> : tensor<f32>
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
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<1x4x5x7xf32>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.reshape %arg2 : (tensor<2x4x7x8xf32>) -> tensor<8x7x8xf32>
    %1 = stablehlo.transpose %0, dims = [0, 2, 1] : (tensor<8x7x8xf32>) -> tensor<8x8x7xf32>
    %2 = stablehlo.reshape %1 : (tensor<8x8x7xf32>) -> tensor<2x4x8x7xf32>
    %3 = stablehlo.constant dense<[5.946035385131836e-01]> : tensor<1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x5x8xf32>
    %5 = stablehlo.multiply %arg0, %4 : tensor<2x4x5x8xf32>
    %6 = stablehlo.broadcast_in_dim %3, dims = [3] : (tensor<1xf32>) -> tensor<2x4x8x7xf32>
    %7 = stablehlo.multiply %2, %6 : tensor<2x4x8x7xf32>
    %8 = stablehlo.dot_general %5, %7, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %9 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<1x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.add %8, %9 : tensor<2x4x5x7xf32>
    %11 = stablehlo.composite "psm.softmax" %10 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %12 = stablehlo.dot_general %11, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    func.return %12 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<1x4x5x7xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2, %arg3 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 3.53553368012399e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<1x4x5x7xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %0 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<1x4x5x7xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533547401428e-01> : tensor<2x4x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<1x4x5x7xf32>) -> tensor<2x4x5x7xf32>
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
// Heads of keys shared by two of queries each, repeated.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.reshape %arg2 : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x2x7x8xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x2x2x7x8xf32>) -> tensor<2x4x7x8xf32>
    %3 = stablehlo.reshape %1 : (tensor<2x2x2x7x8xf32>) -> tensor<8x7x8xf32>
    %4 = stablehlo.transpose %3, dims = [0, 2, 1] : (tensor<8x7x8xf32>) -> tensor<8x8x7xf32>
    %5 = stablehlo.reshape %4 : (tensor<8x8x7xf32>) -> tensor<2x4x8x7xf32>
    %6 = stablehlo.constant dense<[5.946035385131836e-01]> : tensor<1xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [3] : (tensor<1xf32>) -> tensor<2x4x5x8xf32>
    %8 = stablehlo.multiply %arg0, %7 : tensor<2x4x5x8xf32>
    %9 = stablehlo.broadcast_in_dim %6, dims = [3] : (tensor<1xf32>) -> tensor<2x4x8x7xf32>
    %10 = stablehlo.multiply %5, %9 : tensor<2x4x8x7xf32>
    %11 = stablehlo.dot_general %8, %10, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %12 = stablehlo.composite "psm.softmax" %11 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %13 = stablehlo.dot_general %12, %2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    func.return %13 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2 {composite_attributes = {precision = "f32", scale = 3.53553368012399e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %0 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [3] : (tensor<2x2x2x5x8xf32>, tensor<2x2x7x8xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %2 = stablehlo.constant dense<3.535533547401428e-01> : tensor<2x2x2x5x7xf32>
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
// Symbolic sizes.
module {
  func.func private @psm.softmax.0(%arg0: tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32> attributes {psm.shapes = ["s0, 4, s1, s1", "s0, 4, s1", "s0, 4, s1, 1", "s0, 4, s1, s1", "s0, 4, s1, s1", "s0, 4, s1, s1", "s0, 4, s1", "s0, 4, s1, 1", "s0, 4, s1, s1", "s0, 4, s1, s1"], psm.symbols = ["s0 in [0, inf] input", "s1 in [0, inf] input"]} {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<?x4x?x?xf32>, tensor<f32>) -> tensor<?x4x?xf32>
    %2 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x4x?x?xf32>) -> tensor<i32>
    %3 = stablehlo.convert %2 : (tensor<i32>) -> tensor<i64>
    %4 = stablehlo.reshape %3 : (tensor<i64>) -> tensor<1xi64>
    %5 = stablehlo.constant dense<[4]> : tensor<1xi64>
    %6 = stablehlo.get_dimension_size %arg0, dim = 2 : (tensor<?x4x?x?xf32>) -> tensor<i32>
    %7 = stablehlo.convert %6 : (tensor<i32>) -> tensor<i64>
    %8 = stablehlo.reshape %7 : (tensor<i64>) -> tensor<1xi64>
    %9 = stablehlo.constant dense<[1]> : tensor<1xi64>
    %10 = stablehlo.concatenate %4, %5, %8, %9, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
    %11 = stablehlo.dynamic_reshape %1, %10 : (tensor<?x4x?xf32>, tensor<4xi64>) -> tensor<?x4x?x1xf32>
    %12 = stablehlo.concatenate %4, %5, %8, %8, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
    %13 = stablehlo.dynamic_broadcast_in_dim %11, %12, dims = [0, 1, 2, 3] : (tensor<?x4x?x1xf32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
    %14 = stablehlo.subtract %arg0, %13 : tensor<?x4x?x?xf32>
    %15 = stablehlo.exponential %14 : tensor<?x4x?x?xf32>
    %16 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %17 = stablehlo.reduce(%15 init: %16) applies stablehlo.add across dimensions = [3] : (tensor<?x4x?x?xf32>, tensor<f32>) -> tensor<?x4x?xf32>
    %18 = stablehlo.dynamic_reshape %17, %10 : (tensor<?x4x?xf32>, tensor<4xi64>) -> tensor<?x4x?x1xf32>
    %19 = stablehlo.dynamic_broadcast_in_dim %18, %12, dims = [0, 1, 2, 3] : (tensor<?x4x?x1xf32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
    %20 = stablehlo.divide %15, %19 : tensor<?x4x?x?xf32>
    func.return %20 : tensor<?x4x?x?xf32>
  }
  func.func @main(%arg0: tensor<?x4x?x8xf32>, %arg1: tensor<?x4x?x8xf32>, %arg2: tensor<?x4x?x8xf32>, %arg3: tensor<?x1x?x?xi1>) -> (tensor<?x4x?x8xf32>) attributes {psm.shapes = ["batch, 4, seq, 8", "batch, 4, seq, 8", "batch, 4, seq, 8", "batch, 1, seq, seq", "batch*4, seq, 8", "batch*4, 8, seq", "batch, 4, 8, seq", "batch, 4, seq, 8", "batch, 4, seq, 8", "batch, 4, 8, seq", "batch, 4, 8, seq", "batch, 1, seq, seq", "batch, 1, seq, seq", "batch, 1, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, seq", "batch, 4, seq, 8"], psm.symbols = ["batch in [0, inf] input", "seq in [0, inf] input"]} {
    %0 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x4x?x8xf32>) -> tensor<i32>
    %1 = stablehlo.convert %0 : (tensor<i32>) -> tensor<i64>
    %2 = stablehlo.reshape %1 : (tensor<i64>) -> tensor<1xi64>
    %3 = stablehlo.constant dense<[4]> : tensor<1xi64>
    %4 = stablehlo.get_dimension_size %arg0, dim = 2 : (tensor<?x4x?x8xf32>) -> tensor<i32>
    %5 = stablehlo.convert %4 : (tensor<i32>) -> tensor<i64>
    %6 = stablehlo.reshape %5 : (tensor<i64>) -> tensor<1xi64>
    %7 = stablehlo.constant dense<[8]> : tensor<1xi64>
    %8 = stablehlo.concatenate %2, %3, %6, %7, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
    %9 = stablehlo.constant dense<4> : tensor<i64>
    %10 = stablehlo.multiply %1, %9 : tensor<i64>
    %11 = stablehlo.reshape %10 : (tensor<i64>) -> tensor<1xi64>
    %12 = stablehlo.concatenate %11, %6, %7, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
    %13 = stablehlo.dynamic_reshape %arg2, %12 : (tensor<?x4x?x8xf32>, tensor<3xi64>) -> tensor<?x?x8xf32>
    %14 = stablehlo.transpose %13, dims = [0, 2, 1] : (tensor<?x?x8xf32>) -> tensor<?x8x?xf32>
    %15 = stablehlo.constant dense<[4, 8]> : tensor<2xi64>
    %16 = stablehlo.concatenate %2, %15, %6, dim = 0 : (tensor<1xi64>, tensor<2xi64>, tensor<1xi64>) -> tensor<4xi64>
    %17 = stablehlo.dynamic_reshape %14, %16 : (tensor<?x8x?xf32>, tensor<4xi64>) -> tensor<?x4x8x?xf32>
    %18 = stablehlo.constant dense<[5.946035385131836e-01]> : tensor<1xf32>
    %19 = stablehlo.dynamic_broadcast_in_dim %18, %8, dims = [3] : (tensor<1xf32>, tensor<4xi64>) -> tensor<?x4x?x8xf32>
    %20 = stablehlo.multiply %arg2, %19 : tensor<?x4x?x8xf32>
    %21 = stablehlo.dynamic_broadcast_in_dim %18, %16, dims = [3] : (tensor<1xf32>, tensor<4xi64>) -> tensor<?x4x8x?xf32>
    %22 = stablehlo.multiply %17, %21 : tensor<?x4x8x?xf32>
    %23 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %24 = stablehlo.constant dense<-3.4028234663852886e+38> : tensor<f32>
    %25 = stablehlo.constant dense<[1]> : tensor<1xi64>
    %26 = stablehlo.concatenate %2, %25, %6, %6, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
    %27 = stablehlo.dynamic_broadcast_in_dim %23, %26, dims = [] : (tensor<f32>, tensor<4xi64>) -> tensor<?x1x?x?xf32>
    %28 = stablehlo.dynamic_broadcast_in_dim %24, %26, dims = [] : (tensor<f32>, tensor<4xi64>) -> tensor<?x1x?x?xf32>
    %29 = stablehlo.select %arg3, %27, %28 : tensor<?x1x?x?xi1>, tensor<?x1x?x?xf32>
    %30 = stablehlo.dot_general %20, %22, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<?x4x?x8xf32>, tensor<?x4x8x?xf32>) -> tensor<?x4x?x?xf32>
    %31 = stablehlo.concatenate %2, %3, %6, %6, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
    %32 = stablehlo.dynamic_broadcast_in_dim %29, %31, dims = [0, 1, 2, 3] : (tensor<?x1x?x?xf32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
    %33 = stablehlo.add %30, %32 : tensor<?x4x?x?xf32>
    %34 = stablehlo.composite "psm.softmax" %33 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32>
    %35 = stablehlo.compare NE, %34, %34 : (tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xi1>
    %36 = stablehlo.dynamic_broadcast_in_dim %23, %31, dims = [] : (tensor<f32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
    %37 = stablehlo.select %35, %36, %34 : tensor<?x4x?x?xi1>, tensor<?x4x?x?xf32>
    %38 = stablehlo.dot_general %37, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<?x4x?x?xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
    func.return %38 : tensor<?x4x?x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<?x4x?x8xf32>, %arg1: tensor<?x4x?x8xf32>, %arg2: tensor<?x4x?x8xf32>, %arg3: tensor<?x1x?x?xi1>) -> tensor<?x4x?x8xf32> attributes {psm.shapes = ["batch, 4, seq, 8", "batch, 4, seq, 8", "batch, 4, seq, 8", "batch, 1, seq, seq", "batch, 4, seq, 8"], psm.symbols = ["batch in [0, inf] input", "seq in [0, inf] input"]} {
// =>     %0 = stablehlo.composite "psm.attention" %arg2, %arg2, %arg2, %arg3 {composite_attributes = {masked_score = -3.4028234663852886e+38 : f32, operands = ["mask"], precision = "f32", scale = 3.53553368012399e-01 : f32}, decomposition = @psm.attention.0} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x1x?x?xi1>) -> tensor<?x4x?x8xf32>
// =>     func.return %0 : tensor<?x4x?x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<?x4x?x8xf32>, %arg1: tensor<?x4x?x8xf32>, %arg2: tensor<?x4x?x8xf32>, %arg3: tensor<?x1x?x?xi1>) -> tensor<?x4x?x8xf32> attributes {psm.shapes = ["s47, 4, s48, 8", "s47, 4, s48, 8", "s47, 4, s48, 8", "s47, 1, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48", "s47, 4, s48, 1", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48", "s47, 4, s48, 1", "s47, 4, s48, s48", "s47, 4, s48, s48", "s47, 4, s48, 8"], psm.symbols = ["s47 in [0, inf] input", "s48 in [0, inf] input"]} {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x?xf32>
// =>     %1 = stablehlo.constant dense<3.535533547401428e-01> : tensor<f32>
// =>     %2 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x4x?x8xf32>) -> tensor<i32>
// =>     %3 = stablehlo.convert %2 : (tensor<i32>) -> tensor<i64>
// =>     %4 = stablehlo.reshape %3 : (tensor<i64>) -> tensor<1xi64>
// =>     %5 = stablehlo.constant dense<[4]> : tensor<1xi64>
// =>     %6 = stablehlo.get_dimension_size %arg0, dim = 2 : (tensor<?x4x?x8xf32>) -> tensor<i32>
// =>     %7 = stablehlo.convert %6 : (tensor<i32>) -> tensor<i64>
// =>     %8 = stablehlo.reshape %7 : (tensor<i64>) -> tensor<1xi64>
// =>     %9 = stablehlo.concatenate %4, %5, %8, %8, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
// =>     %10 = stablehlo.dynamic_broadcast_in_dim %1, %9, dims = [] : (tensor<f32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
// =>     %11 = stablehlo.multiply %0, %10 : tensor<?x4x?x?xf32>
// =>     %12 = stablehlo.constant dense<-3.4028234663852886e+38> : tensor<f32>
// =>     %13 = stablehlo.dynamic_broadcast_in_dim %arg3, %9, dims = [0, 1, 2, 3] : (tensor<?x1x?x?xi1>, tensor<4xi64>) -> tensor<?x4x?x?xi1>
// =>     %14 = stablehlo.dynamic_broadcast_in_dim %12, %9, dims = [] : (tensor<f32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
// =>     %15 = stablehlo.select %13, %11, %14 : tensor<?x4x?x?xi1>, tensor<?x4x?x?xf32>
// =>     %16 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %17 = stablehlo.reduce(%15 init: %16) applies stablehlo.maximum across dimensions = [3] : (tensor<?x4x?x?xf32>, tensor<f32>) -> tensor<?x4x?xf32>
// =>     %18 = stablehlo.constant dense<[1]> : tensor<1xi64>
// =>     %19 = stablehlo.concatenate %4, %5, %8, %18, dim = 0 : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
// =>     %20 = stablehlo.dynamic_reshape %17, %19 : (tensor<?x4x?xf32>, tensor<4xi64>) -> tensor<?x4x?x1xf32>
// =>     %21 = stablehlo.dynamic_broadcast_in_dim %20, %9, dims = [0, 1, 2, 3] : (tensor<?x4x?x1xf32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
// =>     %22 = stablehlo.subtract %15, %21 : tensor<?x4x?x?xf32>
// =>     %23 = stablehlo.exponential %22 : tensor<?x4x?x?xf32>
// =>     %24 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %25 = stablehlo.reduce(%23 init: %24) applies stablehlo.add across dimensions = [3] : (tensor<?x4x?x?xf32>, tensor<f32>) -> tensor<?x4x?xf32>
// =>     %26 = stablehlo.dynamic_reshape %25, %19 : (tensor<?x4x?xf32>, tensor<4xi64>) -> tensor<?x4x?x1xf32>
// =>     %27 = stablehlo.dynamic_broadcast_in_dim %26, %9, dims = [0, 1, 2, 3] : (tensor<?x4x?x1xf32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
// =>     %28 = stablehlo.divide %23, %27 : tensor<?x4x?x?xf32>
// =>     %29 = stablehlo.dot_general %28, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<?x4x?x?xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
// =>     func.return %29 : tensor<?x4x?x8xf32>
// =>   }
// => }
// -----
// As models write it: scaled scores, a mask added, no guard against rows in which nothing takes part.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> (tensor<2x5x4x8xf32>) {
    %0 = stablehlo.transpose %arg2, dims = [0, 1, 3, 2] : (tensor<2x4x7x8xf32>) -> tensor<2x4x8x7xf32>
    %1 = stablehlo.dot_general %arg0, %0, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %2 = stablehlo.constant dense<3.535533845424652e-01> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.multiply %1, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<2x1x5x7xf32>) -> tensor<2x4x5x7xf32>
    %6 = stablehlo.add %4, %5 : tensor<2x4x5x7xf32>
    %7 = stablehlo.composite "psm.softmax" %6 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %8 = stablehlo.dot_general %7, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    %9 = stablehlo.transpose %8, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
    func.return %9 : tensor<2x5x4x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2, %arg3 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<2x1x5x7xf32>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.transpose %0, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %1 : tensor<2x5x4x8xf32>
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
// The same with keys and values repeated.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> (tensor<2x5x4x8xf32>) {
    %0 = stablehlo.reshape %arg2 : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x2x7x8xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x2x2x7x8xf32>) -> tensor<2x4x7x8xf32>
    %3 = stablehlo.transpose %2, dims = [0, 1, 3, 2] : (tensor<2x4x7x8xf32>) -> tensor<2x4x8x7xf32>
    %4 = stablehlo.dot_general %arg0, %3, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %5 = stablehlo.constant dense<3.535533845424652e-01> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %5, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
    %7 = stablehlo.multiply %4, %6 : tensor<2x4x5x7xf32>
    %8 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<2x1x5x7xf32>) -> tensor<2x4x5x7xf32>
    %9 = stablehlo.add %7, %8 : tensor<2x4x5x7xf32>
    %10 = stablehlo.composite "psm.softmax" %9 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %11 = stablehlo.dot_general %10, %2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    %12 = stablehlo.transpose %11, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
    func.return %12 : tensor<2x5x4x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> tensor<2x5x4x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2, %arg3 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 3.535533845424652e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<2x1x5x7xf32>) -> tensor<2x4x5x8xf32>
// =>     %1 = stablehlo.transpose %0, dims = [0, 2, 1, 3] : (tensor<2x4x5x8xf32>) -> tensor<2x5x4x8xf32>
// =>     func.return %1 : tensor<2x5x4x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x2x7x8xf32>, %arg2: tensor<2x2x7x8xf32>, %arg3: tensor<2x1x5x7xf32>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<2x4x5x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [3] : (tensor<2x2x2x5x8xf32>, tensor<2x2x7x8xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %2 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x2x2x5x7xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<2x2x2x5x7xf32>
// =>     %4 = stablehlo.reshape %arg3 : (tensor<2x1x5x7xf32>) -> tensor<2x1x1x5x7xf32>
// =>     %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1, 2, 3, 4] : (tensor<2x1x1x5x7xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %6 = stablehlo.add %3, %5 : tensor<2x2x2x5x7xf32>
// =>     %7 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %8 = stablehlo.reduce(%6 init: %7) applies stablehlo.maximum across dimensions = [4] : (tensor<2x2x2x5x7xf32>, tensor<f32>) -> tensor<2x2x2x5xf32>
// =>     %9 = stablehlo.reshape %8 : (tensor<2x2x2x5xf32>) -> tensor<2x2x2x5x1xf32>
// =>     %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2, 3, 4] : (tensor<2x2x2x5x1xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %11 = stablehlo.subtract %6, %10 : tensor<2x2x2x5x7xf32>
// =>     %12 = stablehlo.exponential %11 : tensor<2x2x2x5x7xf32>
// =>     %13 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %14 = stablehlo.reduce(%12 init: %13) applies stablehlo.add across dimensions = [4] : (tensor<2x2x2x5x7xf32>, tensor<f32>) -> tensor<2x2x2x5xf32>
// =>     %15 = stablehlo.reshape %14 : (tensor<2x2x2x5xf32>) -> tensor<2x2x2x5x1xf32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2, 3, 4] : (tensor<2x2x2x5x1xf32>) -> tensor<2x2x2x5x7xf32>
// =>     %17 = stablehlo.divide %12, %16 : tensor<2x2x2x5x7xf32>
// =>     %18 = stablehlo.dot_general %17, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [2] : (tensor<2x2x2x5x7xf32>, tensor<2x2x7x8xf32>) -> tensor<2x2x2x5x8xf32>
// =>     %19 = stablehlo.reshape %18 : (tensor<2x2x2x5x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %19 : tensor<2x4x5x8xf32>
// =>   }
// => }
// -----
// Rank 3, with q divided by the root of the head size.
module {
  func.func private @psm.softmax.0(%arg0: tensor<3x5x7xf32>) -> tensor<3x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [2] : (tensor<3x5x7xf32>, tensor<f32>) -> tensor<3x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<3x5xf32>) -> tensor<3x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2] : (tensor<3x5x1xf32>) -> tensor<3x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<3x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<3x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [2] : (tensor<3x5x7xf32>, tensor<f32>) -> tensor<3x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<3x5xf32>) -> tensor<3x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<3x5x1xf32>) -> tensor<3x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<3x5x7xf32>
    func.return %10 : tensor<3x5x7xf32>
  }
  func.func @main(%arg0: tensor<3x5x8xf32>, %arg1: tensor<3x7x8xf32>, %arg2: tensor<3x7x8xf32>) -> (tensor<3x5x8xf32>) {
    %0 = stablehlo.constant dense<2.828427e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<3x5x8xf32>
    %2 = stablehlo.divide %arg0, %1 : tensor<3x5x8xf32>
    %3 = stablehlo.transpose %arg1, dims = [0, 2, 1] : (tensor<3x7x8xf32>) -> tensor<3x8x7xf32>
    %4 = stablehlo.dot_general %2, %3, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<3x5x8xf32>, tensor<3x8x7xf32>) -> tensor<3x5x7xf32>
    %5 = stablehlo.composite "psm.softmax" %4 {composite_attributes = {axis = 2 : i64}, decomposition = @psm.softmax.0} : (tensor<3x5x7xf32>) -> tensor<3x5x7xf32>
    %6 = stablehlo.dot_general %5, %arg2, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<3x5x7xf32>, tensor<3x7x8xf32>) -> tensor<3x5x8xf32>
    func.return %6 : tensor<3x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<3x5x8xf32>, %arg1: tensor<3x7x8xf32>, %arg2: tensor<3x7x8xf32>) -> tensor<3x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<3x5x8xf32>) -> tensor<3x1x5x8xf32>
// =>     %1 = stablehlo.reshape %arg1 : (tensor<3x7x8xf32>) -> tensor<3x1x7x8xf32>
// =>     %2 = stablehlo.reshape %arg2 : (tensor<3x7x8xf32>) -> tensor<3x1x7x8xf32>
// =>     %3 = stablehlo.composite "psm.attention" %0, %1, %2 {composite_attributes = {precision = "f32", scale = 3.535533966440824e-01 : f32}, decomposition = @psm.attention.0} : (tensor<3x1x5x8xf32>, tensor<3x1x7x8xf32>, tensor<3x1x7x8xf32>) -> tensor<3x1x5x8xf32>
// =>     %4 = stablehlo.reshape %3 : (tensor<3x1x5x8xf32>) -> tensor<3x5x8xf32>
// =>     func.return %4 : tensor<3x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<3x1x5x8xf32>, %arg1: tensor<3x1x7x8xf32>, %arg2: tensor<3x1x7x8xf32>) -> tensor<3x1x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<3x1x5x8xf32>, tensor<3x1x7x8xf32>) -> tensor<3x1x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<3x1x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<3x1x5x7xf32>
// =>     %3 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %4 = stablehlo.reduce(%2 init: %3) applies stablehlo.maximum across dimensions = [3] : (tensor<3x1x5x7xf32>, tensor<f32>) -> tensor<3x1x5xf32>
// =>     %5 = stablehlo.reshape %4 : (tensor<3x1x5xf32>) -> tensor<3x1x5x1xf32>
// =>     %6 = stablehlo.broadcast_in_dim %5, dims = [0, 1, 2, 3] : (tensor<3x1x5x1xf32>) -> tensor<3x1x5x7xf32>
// =>     %7 = stablehlo.subtract %2, %6 : tensor<3x1x5x7xf32>
// =>     %8 = stablehlo.exponential %7 : tensor<3x1x5x7xf32>
// =>     %9 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %10 = stablehlo.reduce(%8 init: %9) applies stablehlo.add across dimensions = [3] : (tensor<3x1x5x7xf32>, tensor<f32>) -> tensor<3x1x5xf32>
// =>     %11 = stablehlo.reshape %10 : (tensor<3x1x5xf32>) -> tensor<3x1x5x1xf32>
// =>     %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2, 3] : (tensor<3x1x5x1xf32>) -> tensor<3x1x5x7xf32>
// =>     %13 = stablehlo.divide %8, %12 : tensor<3x1x5x7xf32>
// =>     %14 = stablehlo.dot_general %13, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<3x1x5x7xf32>, tensor<3x1x7x8xf32>) -> tensor<3x1x5x8xf32>
// =>     func.return %14 : tensor<3x1x5x8xf32>
// =>   }
// => }
// -----
// masked_fill with -inf.
module {
  func.func private @psm.softmax.0(%arg0: tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32> {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.subtract %arg0, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.exponential %4 : tensor<2x4x5x7xf32>
    %6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%5 init: %6) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
    %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.divide %5, %9 : tensor<2x4x5x7xf32>
    func.return %10 : tensor<2x4x5x7xf32>
  }
  func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<5x7xi1>) -> (tensor<2x4x5x8xf32>) {
    %0 = stablehlo.transpose %arg2, dims = [0, 1, 3, 2] : (tensor<2x4x7x8xf32>) -> tensor<2x4x8x7xf32>
    %1 = stablehlo.dot_general %arg0, %0, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x8xf32>, tensor<2x4x8x7xf32>) -> tensor<2x4x5x7xf32>
    %2 = stablehlo.constant dense<2.828427e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
    %4 = stablehlo.divide %1, %3 : tensor<2x4x5x7xf32>
    %5 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %arg3, dims = [2, 3] : (tensor<5x7xi1>) -> tensor<2x4x5x7xi1>
    %7 = stablehlo.broadcast_in_dim %5, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
    %8 = stablehlo.select %6, %7, %4 : tensor<2x4x5x7xi1>, tensor<2x4x5x7xf32>
    %9 = stablehlo.composite "psm.softmax" %8 {composite_attributes = {axis = 3 : i64}, decomposition = @psm.softmax.0} : (tensor<2x4x5x7xf32>) -> tensor<2x4x5x7xf32>
    %10 = stablehlo.dot_general %9, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
    func.return %10 : tensor<2x4x5x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<5x7xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.reshape %arg3 : (tensor<5x7xi1>) -> tensor<1x1x5x7xi1>
// =>     %1 = stablehlo.not %0 : tensor<1x1x5x7xi1>
// =>     %2 = stablehlo.composite "psm.attention" %arg0, %arg2, %arg2, %1 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 3.535533966440824e-01 : f32}, decomposition = @psm.attention.0} : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<1x1x5x7xi1>) -> tensor<2x4x5x8xf32>
// =>     func.return %2 : tensor<2x4x5x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<2x4x5x8xf32>, %arg1: tensor<2x4x7x8xf32>, %arg2: tensor<2x4x7x8xf32>, %arg3: tensor<1x1x5x7xi1>) -> tensor<2x4x5x8xf32> {
// =>     %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x7xf32>
// =>     %1 = stablehlo.constant dense<3.535533845424652e-01> : tensor<2x4x5x7xf32>
// =>     %2 = stablehlo.multiply %0, %1 : tensor<2x4x5x7xf32>
// =>     %3 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %4 = stablehlo.broadcast_in_dim %arg3, dims = [0, 1, 2, 3] : (tensor<1x1x5x7xi1>) -> tensor<2x4x5x7xi1>
// =>     %5 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<2x4x5x7xf32>
// =>     %6 = stablehlo.select %4, %2, %5 : tensor<2x4x5x7xi1>, tensor<2x4x5x7xf32>
// =>     %7 = stablehlo.reduce(%6 init: %3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %8 = stablehlo.reshape %7 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %10 = stablehlo.subtract %6, %9 : tensor<2x4x5x7xf32>
// =>     %11 = stablehlo.exponential %10 : tensor<2x4x5x7xf32>
// =>     %12 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %13 = stablehlo.reduce(%11 init: %12) applies stablehlo.add across dimensions = [3] : (tensor<2x4x5x7xf32>, tensor<f32>) -> tensor<2x4x5xf32>
// =>     %14 = stablehlo.reshape %13 : (tensor<2x4x5xf32>) -> tensor<2x4x5x1xf32>
// =>     %15 = stablehlo.broadcast_in_dim %14, dims = [0, 1, 2, 3] : (tensor<2x4x5x1xf32>) -> tensor<2x4x5x7xf32>
// =>     %16 = stablehlo.divide %11, %15 : tensor<2x4x5x7xf32>
// =>     %17 = stablehlo.dot_general %16, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<2x4x5x7xf32>, tensor<2x4x7x8xf32>) -> tensor<2x4x5x8xf32>
// =>     func.return %17 : tensor<2x4x5x8xf32>
// =>   }
// => }
