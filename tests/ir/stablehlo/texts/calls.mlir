module {
  func.func @main(%arg0: tensor<3x4xf32>, %arg1: tensor<3x4xi32>) -> (tensor<f32>, tensor<i32>, tensor<3x4xf32>) {
    %0:2 = stablehlo.composite "psm.sums" %arg0, %arg1 {composite_attributes = {axis = 1 : i64, names = ["a", "b"]}, decomposition = @sums, version = 2 : i32} : (tensor<3x4xf32>, tensor<3x4xi32>) -> (tensor<f32>, tensor<i32>)
    %1 = stablehlo.custom_call @target(%arg0) {api_version = 4 : i32, backend_config = {scale = 1 : i64}, called_computations = [@sums], has_side_effect = true, operand_layouts = [dense<[1, 0]> : tensor<2xindex>], output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = []>], result_layouts = [dense<[1, 0]> : tensor<2xindex>]} : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %2 = stablehlo.custom_call @"odd name"(%1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    func.return %0#0, %0#1, %2 : tensor<f32>, tensor<i32>, tensor<3x4xf32>
  }
  func.func private @sums(%arg0: tensor<3x4xf32>, %arg1: tensor<3x4xi32>) -> (tensor<f32>, tensor<i32>) {
    %0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.constant dense<0> : tensor<i32>
    %2 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [0, 1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %3 = stablehlo.reduce(%arg1 init: %1) applies stablehlo.add across dimensions = [0, 1] : (tensor<3x4xi32>, tensor<i32>) -> tensor<i32>
    func.return %2, %3 : tensor<f32>, tensor<i32>
  }
}
