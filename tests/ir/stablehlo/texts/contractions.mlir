module {
  func.func @dots(%arg0: tensor<2x3x4xf32>, %arg1: tensor<2x4x5xf32>, %arg2: tensor<3x4xi8>, %arg3: tensor<4x6xi8>) -> (tensor<2x3x5xf32>, tensor<3x6xi32>, tensor<3x6xi8>) {
    %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = tf32, rhs_precision_type = tf32, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
    %1 = stablehlo.dot_general %arg2, %arg3, contracting_dims = [1] x [0], precision = [DEFAULT, HIGHEST] : (tensor<3x4xi8>, tensor<4x6xi8>) -> tensor<3x6xi32>
    %2 = stablehlo.dot %arg2, %arg3, precision = [] : (tensor<3x4xi8>, tensor<4x6xi8>) -> tensor<3x6xi8>
    func.return %0, %1, %2 : tensor<2x3x5xf32>, tensor<3x6xi32>, tensor<3x6xi8>
  }
  func.func @outer(%arg0: tensor<2xf32>, %arg1: tensor<3xf32>) -> tensor<2x3xf32> {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [] x [] : (tensor<2xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    func.return %0 : tensor<2x3xf32>
  }
  func.func @convolutions(%arg0: tensor<2x8x8x3xf32>, %arg1: tensor<3x3x3x4xf32>, %arg2: tensor<1x2xf32>, %arg3: tensor<2x5xf32>) -> (tensor<2x4x15x4xf32>, tensor<1x5xf32>) {
    %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 1], pad = [[0, 1], [2, 0]], lhs_dilate = [1, 2], rhs_dilate = [1, 1], reverse = [false, true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGH>]} : (tensor<2x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<2x4x15x4xf32>
    %1 = stablehlo.convolution(%arg2, %arg3) dim_numbers = [b, f]x[i, o]->[b, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x2xf32>, tensor<2x5xf32>) -> tensor<1x5xf32>
    func.return %0, %1 : tensor<2x4x15x4xf32>, tensor<1x5xf32>
  }
  func.func @decompositions(%arg0: tensor<3x3xf32>, %arg1: tensor<3x2xf32>, %arg2: tensor<4x8xcomplex<f32>>) -> (tensor<3x3xf32>, tensor<3x3xf32>, tensor<3x2xf32>, tensor<4x14xf32>) {
    %0 = stablehlo.cholesky %arg0, lower = true : tensor<3x3xf32>
    %1 = stablehlo.cholesky %arg0 : tensor<3x3xf32>
    %2 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose ADJOINT>, unit_diagonal = false}> : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
    %3 = stablehlo.fft %arg2, type = IRFFT, length = [14] : (tensor<4x8xcomplex<f32>>) -> tensor<4x14xf32>
    func.return %0, %1, %2, %3 : tensor<3x3xf32>, tensor<3x3xf32>, tensor<3x2xf32>, tensor<4x14xf32>
  }
}
