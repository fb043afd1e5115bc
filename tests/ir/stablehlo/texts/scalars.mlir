module {
  func.func @rank_zero(%arg0: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
    %0 = stablehlo.dynamic_slice %arg0, sizes = [] : (tensor<f32>) -> tensor<f32>
    %1 = stablehlo.dynamic_update_slice %arg0, %0 : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %2 = stablehlo.slice %arg0 [] : (tensor<f32>) -> tensor<f32>
    func.return %0, %1, %2 : tensor<f32>, tensor<f32>, tensor<f32>
  }
}
