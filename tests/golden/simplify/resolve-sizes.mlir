// Computed shapes get the sizes that they are computed from.
// RUN: resolve-sizes
// -----
// Twice the size of the argument, and what is computed from it.
func.func @main(%x: tensor<?xf32>) -> tensor<?x4xf32> attributes {psm.shapes = ["s0", "u1, 4", "u2, 4", "u2, 4"], psm.symbols = ["s0 in [1, 8] input", "u1 in [0, inf] data", "u2 in [0, inf] data"]} {
  %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>
  %twice = stablehlo.add %n, %n : tensor<i32>
  %first = stablehlo.reshape %twice : (tensor<i32>) -> tensor<1xi32>
  %four = stablehlo.constant dense<4> : tensor<1xi32>
  %shape = stablehlo.concatenate %first, %four, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %a = stablehlo.dynamic_broadcast_in_dim %zero, %shape, dims = [] : (tensor<f32>, tensor<2xi32>) -> tensor<?x4xf32>
  %m = stablehlo.get_dimension_size %a, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
  %again = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
  %same = stablehlo.concatenate %again, %four, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %b = stablehlo.dynamic_broadcast_in_dim %zero, %same, dims = [] : (tensor<f32>, tensor<2xi32>) -> tensor<?x4xf32>
  %c = stablehlo.negate %b : tensor<?x4xf32>
  return %c : tensor<?x4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<?xf32>) -> tensor<?x4xf32> attributes {psm.shapes = ["s0", "s0*2, 4", "s0*2, 4", "s0*2, 4"], psm.symbols = ["s0 in [1, 8] input"]} {
// =>     %0 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?xf32>) -> tensor<i32>
// =>     %1 = stablehlo.add %0, %0 : tensor<i32>
// =>     %2 = stablehlo.reshape %1 : (tensor<i32>) -> tensor<1xi32>
// =>     %3 = stablehlo.constant dense<4> : tensor<1xi32>
// =>     %4 = stablehlo.concatenate %2, %3, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
// =>     %5 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
// =>     %6 = stablehlo.dynamic_broadcast_in_dim %5, %4, dims = [] : (tensor<f32>, tensor<2xi32>) -> tensor<?x4xf32>
// =>     %7 = stablehlo.get_dimension_size %6, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
// =>     %8 = stablehlo.reshape %7 : (tensor<i32>) -> tensor<1xi32>
// =>     %9 = stablehlo.concatenate %8, %3, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
// =>     %10 = stablehlo.dynamic_broadcast_in_dim %5, %9, dims = [] : (tensor<f32>, tensor<2xi32>) -> tensor<?x4xf32>
// =>     %11 = stablehlo.negate %10 : tensor<?x4xf32>
// =>     func.return %11 : tensor<?x4xf32>
// =>   }
// => }
// -----
// What only the run knows keeps its own symbol.
func.func @main(%x: tensor<f32>, %n: tensor<1xi32>) -> tensor<?xf32> attributes {psm.shapes = ["u0"], psm.symbols = ["u0 in [0, inf] data"]} {
  %0 = stablehlo.dynamic_broadcast_in_dim %x, %n, dims = [] : (tensor<f32>, tensor<1xi32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// => unchanged
// -----
// Must not fire: what goes round a loop or comes out of a branch may have any size, though one that enters is known.
func.func @main(%x: tensor<f32>, %y: tensor<3xf32>, %c: tensor<i1>) -> (tensor<?xf32>, tensor<?xf32>) attributes {psm.shapes = ["u0", "u3", "u1", "u1", "u1 + 3", "u4", "u6"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data", "u3 in [0, inf] data", "u4 in [0, inf] data", "u6 in [0, inf] data"]} {
  %two = stablehlo.constant dense<2> : tensor<1xi64>
  %a = stablehlo.dynamic_broadcast_in_dim %x, %two, dims = [] : (tensor<f32>, tensor<1xi64>) -> tensor<?xf32>
  %r = stablehlo.while(%t = %a) : tensor<?xf32>
  cond {
    stablehlo.return %c : tensor<i1>
  } do {
    %more = stablehlo.concatenate %t, %y, dim = 0 : (tensor<?xf32>, tensor<3xf32>) -> tensor<?xf32>
    stablehlo.return %more : tensor<?xf32>
  }
  %s = "stablehlo.if"(%c) ({
    %b = stablehlo.dynamic_broadcast_in_dim %x, %two, dims = [] : (tensor<f32>, tensor<1xi64>) -> tensor<?xf32>
    stablehlo.return %b : tensor<?xf32>
  }, {
    stablehlo.return %r : tensor<?xf32>
  }) : (tensor<i1>) -> tensor<?xf32>
  return %r, %s : tensor<?xf32>, tensor<?xf32>
}
// => unchanged
// -----
// A block that is put into a tensor has at most the tensor's size.
func.func @main(%x: tensor<8xf32>, %block: tensor<?xf32>, %at: tensor<i32>) -> tensor<8xf32> attributes {psm.shapes = ["s0"], psm.symbols = ["s0 in [0, inf] input"]} {
  %0 = stablehlo.dynamic_update_slice %x, %block, %at : (tensor<8xf32>, tensor<?xf32>, tensor<i32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<8xf32>, %arg1: tensor<?xf32>, %arg2: tensor<i32>) -> tensor<8xf32> attributes {psm.shapes = ["s0"], psm.symbols = ["s0 in [0, 8] input"]} {
// =>     %0 = stablehlo.dynamic_update_slice %arg0, %arg1, %arg2 : (tensor<8xf32>, tensor<?xf32>, tensor<i32>) -> tensor<8xf32>
// =>     func.return %0 : tensor<8xf32>
// =>   }
// => }
