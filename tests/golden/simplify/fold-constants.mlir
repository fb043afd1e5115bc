// RUN: fold-constants
// -----
// Arithmetic on constants is done now; a splat stays one element however large its shape.
func.func public @main() -> (tensor<3xi32>, tensor<1024x1024xf32>) {
  %0 = stablehlo.constant dense<[1, 2, 3]> : tensor<3xi32>
  %1 = stablehlo.add %0, %0 : tensor<3xi32>
  %2 = stablehlo.constant dense<2.0> : tensor<1024x1024xf32>
  %3 = stablehlo.multiply %2, %2 : tensor<1024x1024xf32>
  return %1, %3 : tensor<3xi32>, tensor<1024x1024xf32>
}
// => module {
// =>   func.func public @main() -> (tensor<3xi32>, tensor<1024x1024xf32>) {
// =>     %0 = stablehlo.constant dense<[1, 2, 3]> : tensor<3xi32>
// =>     %1 = stablehlo.constant dense<[2, 4, 6]> : tensor<3xi32>
// =>     %2 = stablehlo.constant dense<2.000000e+00> : tensor<1024x1024xf32>
// =>     %3 = stablehlo.constant dense<4.000000e+00> : tensor<1024x1024xf32>
// =>     func.return %1, %3 : tensor<3xi32>, tensor<1024x1024xf32>
// =>   }
// => }
// -----
// Arithmetic on constants is done now; a splat stays one element however large its shape.
func.func public @main() -> (tensor<3xi32>, tensor<1024x1024xf32>) {
  %0 = stablehlo.constant dense<[1, 2, 3]> : tensor<3xi32>
  %1 = stablehlo.add %0, %0 : tensor<3xi32>
  %2 = stablehlo.constant dense<2.0> : tensor<1024x1024xf32>
  %3 = stablehlo.multiply %2, %2 : tensor<1024x1024xf32>
  return %1, %3 : tensor<3xi32>, tensor<1024x1024xf32>
}
// => module {
// =>   func.func public @main() -> (tensor<3xi32>, tensor<1024x1024xf32>) {
// =>     %0 = stablehlo.constant dense<[1, 2, 3]> : tensor<3xi32>
// =>     %1 = stablehlo.constant dense<[2, 4, 6]> : tensor<3xi32>
// =>     %2 = stablehlo.constant dense<2.000000e+00> : tensor<1024x1024xf32>
// =>     %3 = stablehlo.constant dense<4.000000e+00> : tensor<1024x1024xf32>
// =>     func.return %1, %3 : tensor<3xi32>, tensor<1024x1024xf32>
// =>   }
// => }
// -----
// Arithmetic on constants is done now; a splat stays one element however large its shape.
func.func public @main() -> (tensor<3xi32>, tensor<1024x1024xf32>) {
  %0 = stablehlo.constant dense<[1, 2, 3]> : tensor<3xi32>
  %1 = stablehlo.add %0, %0 : tensor<3xi32>
  %2 = stablehlo.constant dense<2.0> : tensor<1024x1024xf32>
  %3 = stablehlo.multiply %2, %2 : tensor<1024x1024xf32>
  return %1, %3 : tensor<3xi32>, tensor<1024x1024xf32>
}
// => module {
// =>   func.func public @main() -> (tensor<3xi32>, tensor<1024x1024xf32>) {
// =>     %0 = stablehlo.constant dense<[1, 2, 3]> : tensor<3xi32>
// =>     %1 = stablehlo.constant dense<[2, 4, 6]> : tensor<3xi32>
// =>     %2 = stablehlo.constant dense<2.000000e+00> : tensor<1024x1024xf32>
// =>     %3 = stablehlo.constant dense<4.000000e+00> : tensor<1024x1024xf32>
// =>     func.return %1, %3 : tensor<3xi32>, tensor<1024x1024xf32>
// =>   }
// => }
// -----
// A broadcast of one number is a splat.
func.func public @main() -> tensor<100x100xf32> {
  %0 = stablehlo.constant dense<2.0> : tensor<f32>
  %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<100x100xf32>
  return %1 : tensor<100x100xf32>
}
// => module {
// =>   func.func public @main() -> tensor<100x100xf32> {
// =>     %0 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
// =>     %1 = stablehlo.constant dense<2.000000e+00> : tensor<100x100xf32>
// =>     func.return %1 : tensor<100x100xf32>
// =>   }
// => }
// -----
// Must not fire: the result would be far larger than what it comes from.
func.func public @main() -> tensor<100000xi32> {
  %0 = stablehlo.iota dim = 0 : tensor<100000xi32>
  return %0 : tensor<100000xi32>
}
// => unchanged
