module {
  func.func @forms(%arg0: tensor<3x4xf32>, %arg1: tensor<3x4xi32>, %arg2: tensor<f32>, %arg3: tensor<i32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<f32>, tensor<i32>, tensor<4xf32>) {
    %0 = stablehlo.reduce(%arg0 init: %arg2) applies stablehlo.add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
    %1 = stablehlo.reduce(%arg0 init: %arg2) across dimensions = [1] {note = 3 : i64} : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
     reducer(%arg4: tensor<f32>, %arg5: tensor<f32>)  {
      %2 = stablehlo.add %arg5, %arg4 : tensor<f32>
      stablehlo.return %2 : tensor<f32>
    }
    %3:2 = stablehlo.reduce(%arg0 init: %arg2), (%arg1 init: %arg3) across dimensions = [1, 0] : (tensor<3x4xf32>, tensor<3x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
     reducer(%arg6: tensor<f32>, %arg7: tensor<f32>) (%arg8: tensor<i32>, %arg9: tensor<i32>)  {
      %4 = stablehlo.maximum %arg6, %arg7 : tensor<f32>
      %5 = stablehlo.add %arg8, %arg9 : tensor<i32>
      stablehlo.return %4, %5 : tensor<f32>, tensor<i32>
    }
    %6 = stablehlo.reduce(%arg0 init: %arg2) applies stablehlo.minimum across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
    func.return %0, %1, %3#0, %3#1, %6 : tensor<3xf32>, tensor<3xf32>, tensor<f32>, tensor<i32>, tensor<4xf32>
  }
  func.func @windows(%arg0: tensor<3x4xf32>, %arg1: tensor<f32>) -> tensor<3x3xf32> {
    %0 = "stablehlo.reduce_window"(%arg0, %arg1) <{padding = dense<[[1, 1], [0, 0]]> : tensor<2x2xi64>, window_dimensions = array<i64: 3, 2>, window_strides = array<i64: 1, 1>}> ({
    ^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>):
      %1 = stablehlo.maximum %arg2, %arg3 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x3xf32>
    func.return %0 : tensor<3x3xf32>
  }
  func.func @sorting(%arg0: tensor<3x4xf32>, %arg1: tensor<3x4xi32>) -> (tensor<3x4xf32>, tensor<3x4xi32>) {
    %0:2 = "stablehlo.sort"(%arg0, %arg1) <{dimension = 1 : i64, is_stable = true}> ({
    ^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>, %arg4: tensor<i32>, %arg5: tensor<i32>):
      %1 = stablehlo.compare LT, %arg2, %arg3, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    }) : (tensor<3x4xf32>, tensor<3x4xi32>) -> (tensor<3x4xf32>, tensor<3x4xi32>)
    func.return %0#0, %0#1 : tensor<3x4xf32>, tensor<3x4xi32>
  }
}
