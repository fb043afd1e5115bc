// RUN: fold-unit-axes
// -----
// A row's sum that is reshaped to a column is read as it is.
func.func @column(%sum: tensor<4xf32>, %x: tensor<4x8xf32>, %shape: tensor<2xindex>) -> tensor<4x8xf32> {
  %r = tensor.reshape %sum(%shape) : (tensor<4xf32>, tensor<2xindex>) -> tensor<4x1xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %r : tensor<4x8xf32>, tensor<4x1xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.subf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
// => module {
// =>   func.func @column(%arg0: tensor<4xf32>, %arg1: tensor<4x8xf32>, %arg2: tensor<2xindex>) -> tensor<4x8xf32> {
// =>     %0 = tensor.reshape %arg0(%arg2) : (tensor<4xf32>, tensor<2xindex>) -> tensor<4x1xf32>
// =>     %1 = tensor.empty() : tensor<4x8xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg1, %arg0 : tensor<4x8xf32>, tensor<4xf32>) outs(%1 : tensor<4x8xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %3 = arith.subf %arg3, %arg4 : f32
// =>       linalg.yield %3 : f32
// =>     } -> tensor<4x8xf32>
// =>     func.return %2 : tensor<4x8xf32>
// =>   }
// => }
// -----
// An axis of size 1 that is dropped is read at 0, one that both have where it was.
func.func @dropped(%x: tensor<1x1x8xf32>, %shape: tensor<2xindex>) -> tensor<1x8xf32> {
  %r = tensor.reshape %x(%shape) : (tensor<1x1x8xf32>, tensor<2xindex>) -> tensor<1x8xf32>
  %e = tensor.empty() : tensor<1x8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%r : tensor<1x8xf32>) outs(%e : tensor<1x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  } -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}
// => module {
// =>   func.func @dropped(%arg0: tensor<1x1x8xf32>, %arg1: tensor<2xindex>) -> tensor<1x8xf32> {
// =>     %0 = tensor.reshape %arg0(%arg1) : (tensor<1x1x8xf32>, tensor<2xindex>) -> tensor<1x8xf32>
// =>     %1 = tensor.empty() : tensor<1x8xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, 0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : tensor<1x1x8xf32>) outs(%1 : tensor<1x8xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %3 = arith.negf %arg2 : f32
// =>       linalg.yield %3 : f32
// =>     } -> tensor<1x8xf32>
// =>     func.return %2 : tensor<1x8xf32>
// =>   }
// => }
// -----
// A reshape that moves elements to other rows stays.
func.func @rows(%x: tensor<4x6xf32>, %shape: tensor<2xindex>) -> tensor<3x8xf32> {
  %r = tensor.reshape %x(%shape) : (tensor<4x6xf32>, tensor<2xindex>) -> tensor<3x8xf32>
  %e = tensor.empty() : tensor<3x8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%r : tensor<3x8xf32>) outs(%e : tensor<3x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  } -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}
// => unchanged
