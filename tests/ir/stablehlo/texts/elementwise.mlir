module {
  func.func @accuracy(%arg0: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %0 = stablehlo.exponential %arg0 {result_accuracy = #stablehlo.result_accuracy<atol = 1.000000e-05, ulps = 2, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : tensor<3x4xf32>
    %1 = stablehlo.tanh %0 {result_accuracy = #stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<HIGHEST>>} : tensor<3x4xf32>
    func.return %1 : tensor<3x4xf32>
  }
  func.func @kept_attributes(%arg0: tensor<2xf32>) -> tensor<2xf32> {
    %0 = stablehlo.add %arg0, %arg0 {mhlo.frontend_attributes = {kind = "sum"}} : tensor<2xf32>
    func.return %0 : tensor<2xf32>
  }
  func.func @types(%arg0: tensor<2xcomplex<f32>>, %arg1: tensor<2xf32>, %arg2: tensor<2xi1>) -> (tensor<2xf32>, tensor<2xcomplex<f32>>, tensor<2xf32>, tensor<2xf32>) {
    %0 = stablehlo.abs %arg0 : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
    %1 = stablehlo.complex %arg1, %arg1 : tensor<2xcomplex<f32>>
    %2 = stablehlo.select %arg2, %0, %arg1 : tensor<2xi1>, tensor<2xf32>
    %3 = stablehlo.reduce_precision %arg1, format = e5m10 : tensor<2xf32>
    func.return %0, %1, %2, %3 : tensor<2xf32>, tensor<2xcomplex<f32>>, tensor<2xf32>, tensor<2xf32>
  }
  func.func @compares(%arg0: tensor<2xf32>, %arg1: tensor<2xui8>) -> (tensor<2xi1>, tensor<2xi1>, tensor<2xi1>) {
    %0 = stablehlo.compare LT, %arg0, %arg0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
    %1 = stablehlo.compare GE, %arg0, %arg0, TOTALORDER : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
    %2 = stablehlo.compare NE, %arg1, %arg1, UNSIGNED : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xi1>
    func.return %0, %1, %2 : tensor<2xi1>, tensor<2xi1>, tensor<2xi1>
  }
  func.func @clamps(%arg0: tensor<f32>, %arg1: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %0 = stablehlo.clamp %arg0, %arg1, %arg0 : (tensor<f32>, tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
    func.return %0 : tensor<3x4xf32>
  }
}
