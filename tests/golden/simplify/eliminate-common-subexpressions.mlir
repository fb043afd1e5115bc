// RUN: eliminate-common-subexpressions
// -----
// Equal operations on equal operands are computed once, through chains.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.negate %x : tensor<4xf32>
  %2 = stablehlo.exponential %0 : tensor<4xf32>
  %3 = stablehlo.exponential %1 : tensor<4xf32>
  %4 = stablehlo.add %2, %3 : tensor<4xf32>
  return %4 : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.exponential %0 : tensor<4xf32>
// =>     %2 = stablehlo.add %1, %1 : tensor<4xf32>
// =>     func.return %2 : tensor<4xf32>
// =>   }
// => }
// -----
// Equal operations on equal operands are computed once, through chains.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.negate %x : tensor<4xf32>
  %2 = stablehlo.exponential %0 : tensor<4xf32>
  %3 = stablehlo.exponential %1 : tensor<4xf32>
  %4 = stablehlo.add %2, %3 : tensor<4xf32>
  return %4 : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.exponential %0 : tensor<4xf32>
// =>     %2 = stablehlo.add %1, %1 : tensor<4xf32>
// =>     func.return %2 : tensor<4xf32>
// =>   }
// => }
// -----
// Equal operations on equal operands are computed once, through chains.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.negate %x : tensor<4xf32>
  %2 = stablehlo.exponential %0 : tensor<4xf32>
  %3 = stablehlo.exponential %1 : tensor<4xf32>
  %4 = stablehlo.add %2, %3 : tensor<4xf32>
  return %4 : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.exponential %0 : tensor<4xf32>
// =>     %2 = stablehlo.add %1, %1 : tensor<4xf32>
// =>     func.return %2 : tensor<4xf32>
// =>   }
// => }
// -----
// Must not fire: 0 and -0 are different numbers, and so are results of different attributes.
func.func public @main(%x: tensor<2x2xf32>) -> (tensor<f32>, tensor<f32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %0 = stablehlo.constant dense<0.0> : tensor<f32>
  %1 = stablehlo.constant dense<-0.0> : tensor<f32>
  %2 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = stablehlo.transpose %x, dims = [0, 1] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<f32>, tensor<f32>, tensor<2x2xf32>, tensor<2x2xf32>
}
// => unchanged
