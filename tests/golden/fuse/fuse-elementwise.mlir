// RUN: fuse-elementwise
// -----
// A producer moves into its only reader, its maps composed with the reader's access.
func.func private @f(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<4x8xf32>
  %t = tensor.empty() : tensor<8x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
// => module {
// =>   func.func private @f(%arg0: tensor<4x8xf32>) -> tensor<8x4xf32> {
// =>     %0 = tensor.empty() : tensor<4x8xf32>
// =>     %1 = tensor.empty() : tensor<8x4xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : tensor<4x8xf32>) outs(%1 : tensor<8x4xf32>) {
// =>     ^bb0(%arg1: f32, %arg2: f32):
// =>       %3 = arith.negf %arg1 : f32
// =>       %4 = arith.addf %3, %3 : f32
// =>       linalg.yield %4 : f32
// =>     } -> tensor<8x4xf32>
// =>     func.return %2 : tensor<8x4xf32>
// =>   }
// => }
// -----
// A producer moves into its only reader, its maps composed with the reader's access.
func.func private @f(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<4x8xf32>
  %t = tensor.empty() : tensor<8x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
// => module {
// =>   func.func private @f(%arg0: tensor<4x8xf32>) -> tensor<8x4xf32> {
// =>     %0 = tensor.empty() : tensor<4x8xf32>
// =>     %1 = tensor.empty() : tensor<8x4xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : tensor<4x8xf32>) outs(%1 : tensor<8x4xf32>) {
// =>     ^bb0(%arg1: f32, %arg2: f32):
// =>       %3 = arith.negf %arg1 : f32
// =>       %4 = arith.addf %3, %3 : f32
// =>       linalg.yield %4 : f32
// =>     } -> tensor<8x4xf32>
// =>     func.return %2 : tensor<8x4xf32>
// =>   }
// => }
// -----
// A producer moves into its only reader, its maps composed with the reader's access.
func.func private @f(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<4x8xf32>
  %t = tensor.empty() : tensor<8x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
// => module {
// =>   func.func private @f(%arg0: tensor<4x8xf32>) -> tensor<8x4xf32> {
// =>     %0 = tensor.empty() : tensor<4x8xf32>
// =>     %1 = tensor.empty() : tensor<8x4xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : tensor<4x8xf32>) outs(%1 : tensor<8x4xf32>) {
// =>     ^bb0(%arg1: f32, %arg2: f32):
// =>       %3 = arith.negf %arg1 : f32
// =>       %4 = arith.addf %3, %3 : f32
// =>       linalg.yield %4 : f32
// =>     } -> tensor<8x4xf32>
// =>     func.return %2 : tensor<8x4xf32>
// =>   }
// => }
// -----
// Must not fire: every element would be computed once for each of eight columns.
func.func private @f(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x3xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = math.exp %a : f32
    linalg.yield %n : f32
  } -> tensor<4x3xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%0, %w : tensor<4x3xf32>, tensor<3x8xf32>) outs(%init : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
// => unchanged
