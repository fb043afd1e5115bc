// RUN: inline-composites
// -----
// A composite becomes the body of its decomposition, inner ones first; sizes have the names they have at the call.
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = stablehlo.composite "a.outer" %x {decomposition = @outer} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
func.func private @outer(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = stablehlo.composite "a.inner" %x {decomposition = @inner} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = stablehlo.concatenate %x, %y, dim = 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}
func.func private @inner(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = stablehlo.negate %x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {psm.shapes = ["s0, 4", "s0, 4", "s0*2, 4"], psm.symbols = ["s0 in [0, inf] input"]} {
// =>     %0 = stablehlo.negate %arg0 : tensor<?x4xf32>
// =>     %1 = stablehlo.concatenate %arg0, %0, dim = 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
// =>     func.return %1 : tensor<?x4xf32>
// =>   }
// => }
// -----
// Calls are not composites.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = func.call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = stablehlo.negate %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
// => unchanged
