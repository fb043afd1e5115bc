module {
  func.func @literals() -> (tensor<f32>, tensor<2x2xf64>, tensor<3xi1>, tensor<2xcomplex<f32>>, tensor<0x3xi32>, tensor<2xbf16>, tensor<f8E4M3FN>, tensor<4xi4>) {
    %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.constant dense<[[1.000000e+00, -2.500000e+00], [1.000000e-01, 1.000000e+300]]> : tensor<2x2xf64>
    %2 = stablehlo.constant dense<[true, false, true]> : tensor<3xi1>
    %3 = stablehlo.constant dense<[(1.000000e+00, 2.000000e+00), (0.000000e+00, -1.000000e+00)]> : tensor<2xcomplex<f32>>
    %4 = stablehlo.constant dense<> : tensor<0x3xi32>
    %5 = stablehlo.constant {note = "kept"} dense<1.500000e+00> : tensor<2xbf16>
    %6 = stablehlo.constant dense<1.750000e+00> : tensor<f8E4M3FN>
    %7 = stablehlo.constant dense<[-8, 7, 0, 1]> : tensor<4xi4>
    func.return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<f32>, tensor<2x2xf64>, tensor<3xi1>, tensor<2xcomplex<f32>>, tensor<0x3xi32>, tensor<2xbf16>, tensor<f8E4M3FN>, tensor<4xi4>
  }
  func.func @weights() -> tensor<2x3xf32> {
    %0 = stablehlo.constant dense_resource<layer.weight> : tensor<2x3xf32>
    func.return %0 : tensor<2x3xf32>
  }
  func.func @counting(%arg0: tensor<2xi64>) -> (tensor<3x4xi32>, tensor<3x4xf32>) {
    %0 = stablehlo.iota dim = 1 : tensor<3x4xi32>
    %1 = stablehlo.dynamic_iota %arg0, dim = 0 : (tensor<2xi64>) -> tensor<3x4xf32>
    func.return %0, %1 : tensor<3x4xi32>, tensor<3x4xf32>
  }
}
