// RUN: inline-calls
// -----
// A private function goes where it is called, and its own calls with it.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @twice(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @negated(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.add %0, %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @negated(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.add %0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// =>   func.func private @twice(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.add %0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// =>   func.func private @negated(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// => }
// -----
// A private function goes where it is called, and its own calls with it.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @twice(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @negated(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.add %0, %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @negated(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.add %0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// =>   func.func private @twice(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.add %0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// =>   func.func private @negated(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// => }
// -----
// A private function goes where it is called, and its own calls with it.
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @twice(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @negated(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.add %0, %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @negated(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// => module {
// =>   func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.add %0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// =>   func.func private @twice(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.add %0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// =>   func.func private @negated(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.negate %arg0 : tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// => }
// -----
// Must not fire: a function that calls itself stays a call.
func.func public @main(%x: tensor<f32>) -> tensor<f32> {
  %0 = func.call @again(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @again(%x: tensor<f32>) -> tensor<f32> {
  %0 = func.call @again(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
// => unchanged
