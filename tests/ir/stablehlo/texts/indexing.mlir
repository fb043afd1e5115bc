module {
  func.func @gathers(%arg0: tensor<2x4x9xf32>, %arg1: tensor<2x5x1xi32>, %arg2: tensor<5xi64>) -> (tensor<2x5x9xf32>, tensor<2x5x9xf32>) {
    %0 = "stablehlo.gather"(%arg0, %arg1) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, slice_sizes = array<i64: 1, 1, 9>}> : (tensor<2x4x9xf32>, tensor<2x5x1xi32>) -> tensor<2x5x9xf32>
    %1 = "stablehlo.gather"(%arg0, %arg2) <{dimension_numbers = #stablehlo.gather<offset_dims = [0, 2], collapsed_slice_dims = [1], start_index_map = [1], index_vector_dim = 1>, indices_are_sorted = true, slice_sizes = array<i64: 2, 1, 9>}> : (tensor<2x4x9xf32>, tensor<5xi64>) -> tensor<2x5x9xf32>
    func.return %0, %1 : tensor<2x5x9xf32>, tensor<2x5x9xf32>
  }
  func.func @vector_axis_first(%arg0: tensor<4x9xf32>, %arg1: tensor<2x5xi32>) -> tensor<5xf32> {
    %0 = "stablehlo.gather"(%arg0, %arg1) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1]>, slice_sizes = array<i64: 1, 1>}> : (tensor<4x9xf32>, tensor<2x5xi32>) -> tensor<5xf32>
    func.return %0 : tensor<5xf32>
  }
  func.func @scatters(%arg0: tensor<4x9xf32>, %arg1: tensor<2x1xi32>, %arg2: tensor<2x9xf32>) -> tensor<4x9xf32> {
    %0 = "stablehlo.scatter"(%arg0, %arg1, %arg2) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = true}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %1 = stablehlo.add %arg3, %arg4 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<4x9xf32>, tensor<2x1xi32>, tensor<2x9xf32>) -> tensor<4x9xf32>
    func.return %0 : tensor<4x9xf32>
  }
}
