// RUN: raise remove-dead-code
// Heads that share keys by copies of them, and a mask cut from a constant.
// -----
// Keys and values are read as they were; what is behind a query is left out by its place.
module {
  func.func @main(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x3x8xf32>, %v: tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32> {
    %k0 = stablehlo.broadcast_in_dim %k, dims = [0, 1, 3, 4] : (tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x8xf32>
    %k1 = stablehlo.reshape %k0 : (tensor<1x2x2x3x8xf32>) -> tensor<1x4x3x8xf32>
    %v0 = stablehlo.broadcast_in_dim %v, dims = [0, 1, 3, 4] : (tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x8xf32>
    %v1 = stablehlo.reshape %v0 : (tensor<1x2x2x3x8xf32>) -> tensor<1x4x3x8xf32>
    %p = stablehlo.dot_general %q, %k1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>) -> tensor<1x4x3x3xf32>
    %square = stablehlo.constant dense<[[[[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]]]> : tensor<1x1x4x4xi32>
    %cut = stablehlo.slice %square [0:1, 0:1, 0:3, 0:3] : (tensor<1x1x4x4xi32>) -> tensor<1x1x3x3xi32>
    %none = stablehlo.constant dense<0> : tensor<1x1x3x3xi32>
    %is = stablehlo.compare EQ, %cut, %none : (tensor<1x1x3x3xi32>, tensor<1x1x3x3xi32>) -> tensor<1x1x3x3xi1>
    %hidden = stablehlo.broadcast_in_dim %is, dims = [0, 1, 2, 3] : (tensor<1x1x3x3xi1>) -> tensor<1x4x3x3xi1>
    %low = stablehlo.constant dense<0xFF800000> : tensor<1x4x3x3xf32>
    %x = stablehlo.select %hidden, %low, %p : tensor<1x4x3x3xi1>, tensor<1x4x3x3xf32>
    %least = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %m = stablehlo.reduce(%x init: %least) applies stablehlo.maximum across dimensions = [3] : (tensor<1x4x3x3xf32>, tensor<f32>) -> tensor<1x4x3xf32>
    %mx = stablehlo.broadcast_in_dim %m, dims = [0, 1, 2] : (tensor<1x4x3xf32>) -> tensor<1x4x3x3xf32>
    %d = stablehlo.subtract %x, %mx : tensor<1x4x3x3xf32>
    %e = stablehlo.exponential %d : tensor<1x4x3x3xf32>
    %t = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [3] : (tensor<1x4x3x3xf32>, tensor<f32>) -> tensor<1x4x3xf32>
    %tx = stablehlo.broadcast_in_dim %t, dims = [0, 1, 2] : (tensor<1x4x3xf32>) -> tensor<1x4x3x3xf32>
    %w = stablehlo.divide %e, %tx : tensor<1x4x3x3xf32>
    %y = stablehlo.dot_general %w, %v1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<1x4x3x3xf32>, tensor<1x4x3x8xf32>) -> tensor<1x4x3x8xf32>
    func.return %y : tensor<1x4x3x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<1x4x3x8xf32>, %arg1: tensor<1x2x3x8xf32>, %arg2: tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32> {
// =>     %0 = stablehlo.composite "psm.attention" %arg0, %arg1, %arg2 {composite_attributes = {causal, precision = "f32", scale = 1.000000e+00 : f32}, decomposition = @psm.attention.0} : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32>
// =>     %1 = stablehlo.reshape %0 : (tensor<1x4x3x8xf32>) -> tensor<4x3x8xf32>
// =>     %2 = stablehlo.reshape %1 : (tensor<4x3x8xf32>) -> tensor<1x4x3x8xf32>
// =>     func.return %2 : tensor<1x4x3x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<1x4x3x8xf32>, %arg1: tensor<1x2x3x8xf32>, %arg2: tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<1x4x3x8xf32>) -> tensor<1x2x2x3x8xf32>
// =>     %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [3] : (tensor<1x2x2x3x8xf32>, tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x3xf32>
// =>     %2 = stablehlo.constant dense<1.000000e+00> : tensor<1x2x2x3x3xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<1x2x2x3x3xf32>
// =>     %4 = stablehlo.iota dim = 4 : tensor<1x1x1x3x3xi64>
// =>     %5 = stablehlo.iota dim = 3 : tensor<1x1x1x3x3xi64>
// =>     %6 = stablehlo.compare LE, %4, %5 : (tensor<1x1x1x3x3xi64>, tensor<1x1x1x3x3xi64>) -> tensor<1x1x1x3x3xi1>
// =>     %7 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %8 = stablehlo.broadcast_in_dim %6, dims = [0, 1, 2, 3, 4] : (tensor<1x1x1x3x3xi1>) -> tensor<1x2x2x3x3xi1>
// =>     %9 = stablehlo.broadcast_in_dim %7, dims = [] : (tensor<f32>) -> tensor<1x2x2x3x3xf32>
// =>     %10 = stablehlo.select %8, %3, %9 : tensor<1x2x2x3x3xi1>, tensor<1x2x2x3x3xf32>
// =>     %11 = stablehlo.reduce(%10 init: %7) applies stablehlo.maximum across dimensions = [4] : (tensor<1x2x2x3x3xf32>, tensor<f32>) -> tensor<1x2x2x3xf32>
// =>     %12 = stablehlo.reshape %11 : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3x1xf32>
// =>     %13 = stablehlo.constant dense<0xFF800000> : tensor<1x2x2x3x1xf32>
// =>     %14 = stablehlo.compare EQ, %12, %13 : (tensor<1x2x2x3x1xf32>, tensor<1x2x2x3x1xf32>) -> tensor<1x2x2x3x1xi1>
// =>     %15 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %16 = stablehlo.broadcast_in_dim %15, dims = [] : (tensor<f32>) -> tensor<1x2x2x3x1xf32>
// =>     %17 = stablehlo.select %14, %16, %12 : tensor<1x2x2x3x1xi1>, tensor<1x2x2x3x1xf32>
// =>     %18 = stablehlo.broadcast_in_dim %17, dims = [0, 1, 2, 3, 4] : (tensor<1x2x2x3x1xf32>) -> tensor<1x2x2x3x3xf32>
// =>     %19 = stablehlo.subtract %10, %18 : tensor<1x2x2x3x3xf32>
// =>     %20 = stablehlo.exponential %19 : tensor<1x2x2x3x3xf32>
// =>     %21 = stablehlo.reduce(%20 init: %15) applies stablehlo.add across dimensions = [4] : (tensor<1x2x2x3x3xf32>, tensor<f32>) -> tensor<1x2x2x3xf32>
// =>     %22 = stablehlo.reshape %21 : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3x1xf32>
// =>     %23 = stablehlo.constant dense<0.000000e+00> : tensor<1x2x2x3x1xf32>
// =>     %24 = stablehlo.compare EQ, %22, %23 : (tensor<1x2x2x3x1xf32>, tensor<1x2x2x3x1xf32>) -> tensor<1x2x2x3x1xi1>
// =>     %25 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
// =>     %26 = stablehlo.broadcast_in_dim %25, dims = [] : (tensor<f32>) -> tensor<1x2x2x3x1xf32>
// =>     %27 = stablehlo.select %24, %26, %22 : tensor<1x2x2x3x1xi1>, tensor<1x2x2x3x1xf32>
// =>     %28 = stablehlo.broadcast_in_dim %27, dims = [0, 1, 2, 3, 4] : (tensor<1x2x2x3x1xf32>) -> tensor<1x2x2x3x3xf32>
// =>     %29 = stablehlo.divide %20, %28 : tensor<1x2x2x3x3xf32>
// =>     %30 = stablehlo.dot_general %29, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [2] : (tensor<1x2x2x3x3xf32>, tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x8xf32>
// =>     %31 = stablehlo.reshape %30 : (tensor<1x2x2x3x8xf32>) -> tensor<1x4x3x8xf32>
// =>     func.return %31 : tensor<1x4x3x8xf32>
// =>   }
// => }
// -----
// One place more is hidden: the mask stays.
module {
  func.func @main(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x3x8xf32>, %v: tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32> {
    %k0 = stablehlo.broadcast_in_dim %k, dims = [0, 1, 3, 4] : (tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x8xf32>
    %k1 = stablehlo.reshape %k0 : (tensor<1x2x2x3x8xf32>) -> tensor<1x4x3x8xf32>
    %v0 = stablehlo.broadcast_in_dim %v, dims = [0, 1, 3, 4] : (tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x8xf32>
    %v1 = stablehlo.reshape %v0 : (tensor<1x2x2x3x8xf32>) -> tensor<1x4x3x8xf32>
    %p = stablehlo.dot_general %q, %k1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [3] : (tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>) -> tensor<1x4x3x3xf32>
    %square = stablehlo.constant dense<[[[[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1]]]]> : tensor<1x1x4x4xi32>
    %cut = stablehlo.slice %square [0:1, 0:1, 0:3, 0:3] : (tensor<1x1x4x4xi32>) -> tensor<1x1x3x3xi32>
    %none = stablehlo.constant dense<0> : tensor<1x1x3x3xi32>
    %is = stablehlo.compare EQ, %cut, %none : (tensor<1x1x3x3xi32>, tensor<1x1x3x3xi32>) -> tensor<1x1x3x3xi1>
    %hidden = stablehlo.broadcast_in_dim %is, dims = [0, 1, 2, 3] : (tensor<1x1x3x3xi1>) -> tensor<1x4x3x3xi1>
    %low = stablehlo.constant dense<0xFF800000> : tensor<1x4x3x3xf32>
    %x = stablehlo.select %hidden, %low, %p : tensor<1x4x3x3xi1>, tensor<1x4x3x3xf32>
    %least = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %m = stablehlo.reduce(%x init: %least) applies stablehlo.maximum across dimensions = [3] : (tensor<1x4x3x3xf32>, tensor<f32>) -> tensor<1x4x3xf32>
    %mx = stablehlo.broadcast_in_dim %m, dims = [0, 1, 2] : (tensor<1x4x3xf32>) -> tensor<1x4x3x3xf32>
    %d = stablehlo.subtract %x, %mx : tensor<1x4x3x3xf32>
    %e = stablehlo.exponential %d : tensor<1x4x3x3xf32>
    %t = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [3] : (tensor<1x4x3x3xf32>, tensor<f32>) -> tensor<1x4x3xf32>
    %tx = stablehlo.broadcast_in_dim %t, dims = [0, 1, 2] : (tensor<1x4x3xf32>) -> tensor<1x4x3x3xf32>
    %w = stablehlo.divide %e, %tx : tensor<1x4x3x3xf32>
    %y = stablehlo.dot_general %w, %v1, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<1x4x3x3xf32>, tensor<1x4x3x8xf32>) -> tensor<1x4x3x8xf32>
    func.return %y : tensor<1x4x3x8xf32>
  }
}
// => module {
// =>   func.func @main(%arg0: tensor<1x4x3x8xf32>, %arg1: tensor<1x2x3x8xf32>, %arg2: tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32> {
// =>     %0 = stablehlo.constant dense<[[[[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1]]]]> : tensor<1x1x4x4xi32>
// =>     %1 = stablehlo.slice %0 [0:1, 0:1, 0:3, 0:3] : (tensor<1x1x4x4xi32>) -> tensor<1x1x3x3xi32>
// =>     %2 = stablehlo.constant dense<0> : tensor<1x1x3x3xi32>
// =>     %3 = stablehlo.compare EQ, %1, %2 : (tensor<1x1x3x3xi32>, tensor<1x1x3x3xi32>) -> tensor<1x1x3x3xi1>
// =>     %4 = stablehlo.not %3 : tensor<1x1x3x3xi1>
// =>     %5 = stablehlo.composite "psm.attention" %arg0, %arg1, %arg2, %4 {composite_attributes = {masked_score = 0xFF800000 : f32, operands = ["mask"], precision = "f32", scale = 1.000000e+00 : f32}, decomposition = @psm.attention.0} : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x1x3x3xi1>) -> tensor<1x4x3x8xf32>
// =>     %6 = stablehlo.reshape %5 : (tensor<1x4x3x8xf32>) -> tensor<4x3x8xf32>
// =>     %7 = stablehlo.reshape %6 : (tensor<4x3x8xf32>) -> tensor<1x4x3x8xf32>
// =>     func.return %7 : tensor<1x4x3x8xf32>
// =>   }
// =>   func.func private @psm.attention.0(%arg0: tensor<1x4x3x8xf32>, %arg1: tensor<1x2x3x8xf32>, %arg2: tensor<1x2x3x8xf32>, %arg3: tensor<1x1x3x3xi1>) -> tensor<1x4x3x8xf32> {
// =>     %0 = stablehlo.reshape %arg0 : (tensor<1x4x3x8xf32>) -> tensor<1x2x2x3x8xf32>
// =>     %1 = stablehlo.dot_general %0, %arg1, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [3] : (tensor<1x2x2x3x8xf32>, tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x3xf32>
// =>     %2 = stablehlo.constant dense<1.000000e+00> : tensor<1x2x2x3x3xf32>
// =>     %3 = stablehlo.multiply %1, %2 : tensor<1x2x2x3x3xf32>
// =>     %4 = stablehlo.reshape %arg3 : (tensor<1x1x3x3xi1>) -> tensor<1x1x1x3x3xi1>
// =>     %5 = stablehlo.constant dense<0xFF800000> : tensor<f32>
// =>     %6 = stablehlo.broadcast_in_dim %4, dims = [0, 1, 2, 3, 4] : (tensor<1x1x1x3x3xi1>) -> tensor<1x2x2x3x3xi1>
// =>     %7 = stablehlo.broadcast_in_dim %5, dims = [] : (tensor<f32>) -> tensor<1x2x2x3x3xf32>
// =>     %8 = stablehlo.select %6, %3, %7 : tensor<1x2x2x3x3xi1>, tensor<1x2x2x3x3xf32>
// =>     %9 = stablehlo.reduce(%8 init: %5) applies stablehlo.maximum across dimensions = [4] : (tensor<1x2x2x3x3xf32>, tensor<f32>) -> tensor<1x2x2x3xf32>
// =>     %10 = stablehlo.reshape %9 : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3x1xf32>
// =>     %11 = stablehlo.broadcast_in_dim %10, dims = [0, 1, 2, 3, 4] : (tensor<1x2x2x3x1xf32>) -> tensor<1x2x2x3x3xf32>
// =>     %12 = stablehlo.subtract %8, %11 : tensor<1x2x2x3x3xf32>
// =>     %13 = stablehlo.exponential %12 : tensor<1x2x2x3x3xf32>
// =>     %14 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %15 = stablehlo.reduce(%13 init: %14) applies stablehlo.add across dimensions = [4] : (tensor<1x2x2x3x3xf32>, tensor<f32>) -> tensor<1x2x2x3xf32>
// =>     %16 = stablehlo.reshape %15 : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3x1xf32>
// =>     %17 = stablehlo.broadcast_in_dim %16, dims = [0, 1, 2, 3, 4] : (tensor<1x2x2x3x1xf32>) -> tensor<1x2x2x3x3xf32>
// =>     %18 = stablehlo.divide %13, %17 : tensor<1x2x2x3x3xf32>
// =>     %19 = stablehlo.dot_general %18, %arg2, batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [2] : (tensor<1x2x2x3x3xf32>, tensor<1x2x3x8xf32>) -> tensor<1x2x2x3x8xf32>
// =>     %20 = stablehlo.reshape %19 : (tensor<1x2x2x3x8xf32>) -> tensor<1x4x3x8xf32>
// =>     func.return %20 : tensor<1x4x3x8xf32>
// =>   }
// => }
