module {
  func.func @sizes(%arg0: tensor<?x4xf32>, %arg1: tensor<2xi64>, %arg2: tensor<f32>) -> (tensor<?x?xf32>, tensor<?x4xf32>, tensor<?x4xf32>) attributes {psm.shapes = ["s0, 4", "u1, u2", "u3, 4", "s0, 4", "u4, 4"], psm.symbols = ["s0 in [0, inf] input", "u1 in [0, inf] data", "u2 in [0, inf] data", "u3 in [0, inf] data", "u4 in [0, inf] data"]} {
    %0 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
    %1 = stablehlo.dynamic_reshape %arg0, %arg1 : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    %2 = stablehlo.reshape %0 : (tensor<i32>) -> tensor<1xi32>
    %3 = stablehlo.constant dense<4> : tensor<1xi32>
    %4 = stablehlo.concatenate %2, %3, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %5 = stablehlo.dynamic_broadcast_in_dim %arg2, %4, dims = [] {known_expanding_dimensions = array<i64>} : (tensor<f32>, tensor<2xi32>) -> tensor<?x4xf32>
    %6 = stablehlo.add %arg0, %5 : tensor<?x4xf32>
    %7 = stablehlo.set_dimension_size %arg0, %0, dim = 0 : (tensor<?x4xf32>, tensor<i32>) -> tensor<?x4xf32>
    func.return %1, %6, %7 : tensor<?x?xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  }
  func.func @shape_operands(%arg0: tensor<?x4xf32>, %arg1: tensor<f32>, %arg2: tensor<2xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) attributes {psm.shapes = ["s5, 4", "u6, u7", "u8, u9"], psm.symbols = ["s5 in [0, inf] input", "u6 in [0, inf] data", "u7 in [0, inf] data", "u8 in [0, inf] data", "u9 in [0, inf] data"]} {
    %0 = stablehlo.dynamic_pad %arg0, %arg1, %arg2, %arg2, %arg2 : (tensor<?x4xf32>, tensor<f32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<?x?xf32>
    %1 = stablehlo.real_dynamic_slice %arg0, %arg2, %arg2, %arg2 : (tensor<?x4xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<?x?xf32>
    func.return %0, %1 : tensor<?x?xf32>, tensor<?x?xf32>
  }
  func.func @grow(%arg0: tensor<?xf32>) -> tensor<?xf32> attributes {psm.shapes = ["s10", "s10*2", "s10*2 + max(0, s10*2 - 1) + 2"], psm.symbols = ["s10 in [0, inf] input"]} {
    %0 = stablehlo.concatenate %arg0, %arg0, dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.pad %0, %1, low = [1], high = [1], interior = [1] : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
    func.return %2 : tensor<?xf32>
  }
}
