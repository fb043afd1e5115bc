// RUN: remove-dead-code
// -----
// A chain without a user goes whole, and so does the function nobody calls any more.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.exponential %0 : tensor<4xf32>
  return %x : tensor<4xf32>
}
func.func private @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     func.return %arg0 : tensor<4xf32>
// =>   }
// => }
// -----
// A chain without a user goes whole, and so does the function nobody calls any more.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.exponential %0 : tensor<4xf32>
  return %x : tensor<4xf32>
}
func.func private @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     func.return %arg0 : tensor<4xf32>
// =>   }
// => }
// -----
// A chain without a user goes whole, and so does the function nobody calls any more.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.exponential %0 : tensor<4xf32>
  return %x : tensor<4xf32>
}
func.func private @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     func.return %arg0 : tensor<4xf32>
// =>   }
// => }
// -----
// Must not fire: a call may do anything.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @used(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %x : tensor<4xf32>
}
func.func private @used(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// => unchanged
