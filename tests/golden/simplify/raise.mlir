// RUN: inline-calls raise remove-dead-code
// What holds for every form; the others have files of their own.
// -----
// Composites of other names pass through, and so does what they decompose into.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.composite "acme.swish" %x {composite_attributes = {beta = 1.000000e+00 : f32}, decomposition = @acme.swish} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @acme.swish(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.logistic %x : tensor<4xf32>
  %1 = stablehlo.multiply %0, %x : tensor<4xf32>
  return %1 : tensor<4xf32>
}
// => unchanged
// -----
// Two forms of one name and type share what they decompose into; a function of that name is left alone.
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = stablehlo.logistic %x : tensor<4xf32>
  %1 = stablehlo.multiply %0, %x : tensor<4xf32>
  %2 = stablehlo.logistic %y : tensor<4xf32>
  %3 = stablehlo.multiply %2, %y : tensor<4xf32>
  return %1, %3 : tensor<4xf32>, tensor<4xf32>
}
func.func @psm.swish.0(%x: tensor<2xi32>) -> tensor<2xi32> {
  return %x : tensor<2xi32>
}
// => module {
// =>   func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
// =>     %0 = stablehlo.composite "psm.swish" %arg0 {composite_attributes = {alpha = 1.000000e+00 : f32}, decomposition = @psm.swish.1} : (tensor<4xf32>) -> tensor<4xf32>
// =>     %1 = stablehlo.composite "psm.swish" %arg1 {composite_attributes = {alpha = 1.000000e+00 : f32}, decomposition = @psm.swish.1} : (tensor<4xf32>) -> tensor<4xf32>
// =>     func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
// =>   }
// =>   func.func @psm.swish.0(%arg0: tensor<2xi32>) -> tensor<2xi32> {
// =>     func.return %arg0 : tensor<2xi32>
// =>   }
// =>   func.func private @psm.swish.1(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.logistic %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// => }
// -----
// In a branch, of values around it.
func.func @main(%p: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %r = "stablehlo.if"(%p) ({
    %0 = stablehlo.logistic %x : tensor<4xf32>
    %1 = stablehlo.multiply %0, %x : tensor<4xf32>
    stablehlo.return %1 : tensor<4xf32>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<i1>, %arg1: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = "stablehlo.if"(%arg0) ({
// =>       %1 = stablehlo.composite "psm.swish" %arg1 {composite_attributes = {alpha = 1.000000e+00 : f32}, decomposition = @psm.swish.0} : (tensor<4xf32>) -> tensor<4xf32>
// =>       stablehlo.return %1 : tensor<4xf32>
// =>     }, {
// =>       stablehlo.return %arg1 : tensor<4xf32>
// =>     }) : (tensor<i1>) -> tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// =>   func.func private @psm.swish.0(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = stablehlo.logistic %arg0 : tensor<4xf32>
// =>     %1 = stablehlo.multiply %arg0, %0 : tensor<4xf32>
// =>     func.return %1 : tensor<4xf32>
// =>   }
// => }
// -----
// A part computed outside of the branch stays there.
func.func @main(%p: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.logistic %x : tensor<4xf32>
  %r = "stablehlo.if"(%p) ({
    %1 = stablehlo.multiply %0, %x : tensor<4xf32>
    stablehlo.return %1 : tensor<4xf32>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
// => unchanged
