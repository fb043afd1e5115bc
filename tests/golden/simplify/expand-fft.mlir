// RUN: expand-fft
// -----
// A short length is one matrix of roots of unity.
func.func @main(%x: tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>> {
  %r = stablehlo.fft %x, type = IFFT, length = [2] : (tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>>
  return %r : tensor<2x2xcomplex<f32>>
}
// => module {
// =>   func.func @main(%arg0: tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>> {
// =>     %0 = stablehlo.constant dense<[[(5.000000e-01, 0.000000e+00), (5.000000e-01, 0.000000e+00)], [(5.000000e-01, 0.000000e+00), (-5.000000e-01, -0.000000e+00)]]> : tensor<2x2xcomplex<f32>>
// =>     %1 = stablehlo.dot_general %arg0, %0, contracting_dims = [1] x [0] : (tensor<2x2xcomplex<f32>>, tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>>
// =>     func.return %1 : tensor<2x2xcomplex<f32>>
// =>   }
// => }
// -----
// Nothing to write out.
func.func @main(%x: tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>> {
  %r = stablehlo.negate %x : tensor<2xcomplex<f32>>
  return %r : tensor<2xcomplex<f32>>
}
// => unchanged
