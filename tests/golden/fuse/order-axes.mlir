// RUN: order-axes
// -----
// The channels of a convolution's result and of its input lie last; the function still takes and gives what it did.
func.func @convolution(%x: tensor<1x8x6x6xf32>, %w: tensor<16x8x3x3xf32>) -> tensor<1x16x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x16x4x4xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(n, f, h, w) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%e : tensor<1x16x4x4xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  } -> tensor<1x16x4x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>, affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>, affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%x, %w : tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) outs(%f : tensor<1x16x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x16x4x4xf32>
  return %y : tensor<1x16x4x4xf32>
}
// => module {
// =>   func.func @convolution(%arg0: tensor<1x8x6x6xf32>, %arg1: tensor<16x8x3x3xf32>) -> tensor<1x16x4x4xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = tensor.empty() : tensor<1x4x4x16xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%1 : tensor<1x4x4x16xf32>) {
// =>     ^bb0(%arg2: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<1x4x4x16xf32>
// =>     %3 = tensor.empty() : tensor<1x6x6x8xf32>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x8x6x6xf32>) outs(%3 : tensor<1x6x6x8xf32>) {
// =>     ^bb1(%arg3: f32, %arg4: f32):
// =>       linalg.yield %arg3 : f32
// =>     } -> tensor<1x6x6x8xf32>
// =>     %5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%4, %arg1 : tensor<1x6x6x8xf32>, tensor<16x8x3x3xf32>) outs(%2 : tensor<1x4x4x16xf32>) {
// =>     ^bb2(%arg5: f32, %arg6: f32, %arg7: f32):
// =>       %6 = arith.mulf %arg5, %arg6 : f32
// =>       %7 = arith.addf %arg7, %6 : f32
// =>       linalg.yield %7 : f32
// =>     } -> tensor<1x4x4x16xf32>
// =>     %8 = tensor.empty() : tensor<1x16x4x4xf32>
// =>     %9 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5 : tensor<1x4x4x16xf32>) outs(%8 : tensor<1x16x4x4xf32>) {
// =>     ^bb3(%arg8: f32, %arg9: f32):
// =>       linalg.yield %arg8 : f32
// =>     } -> tensor<1x16x4x4xf32>
// =>     func.return %9 : tensor<1x16x4x4xf32>
// =>   }
// => }
// -----
// Padding between two convolutions, of sizes that are values, is in the new order too; no copy stands between them.
func.func @padded(%x: tensor<1x8x6x6xf32>, %w: tensor<16x8x3x3xf32>, %v: tensor<8x16x3x3xf32>, %one: index) -> tensor<1x8x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x16x4x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>, affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>, affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%x, %w : tensor<1x8x6x6xf32>, tensor<16x8x3x3xf32>) outs(%e : tensor<1x16x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x16x4x4xf32>
  %z = tensor.empty() : tensor<1x16x6x6xf32>
  %q = tensor.insert_slice %y into %z[0, 0, %one, 1] [1, 16, 4, 4] [1, 1, 1, 1] : tensor<1x16x4x4xf32> into tensor<1x16x6x6xf32>
  %g = tensor.empty() : tensor<1x8x4x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>, affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>, affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%q, %v : tensor<1x16x6x6xf32>, tensor<8x16x3x3xf32>) outs(%g : tensor<1x8x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4x4xf32>
  return %r : tensor<1x8x4x4xf32>
}
// => module {
// =>   func.func @padded(%arg0: tensor<1x8x6x6xf32>, %arg1: tensor<16x8x3x3xf32>, %arg2: tensor<8x16x3x3xf32>, %arg3: index) -> tensor<1x8x4x4xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = tensor.empty() : tensor<1x4x4x16xf32>
// =>     %2 = tensor.empty() : tensor<1x6x6x8xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x8x6x6xf32>) outs(%2 : tensor<1x6x6x8xf32>) {
// =>     ^bb0(%arg4: f32, %arg5: f32):
// =>       linalg.yield %arg4 : f32
// =>     } -> tensor<1x6x6x8xf32>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%3, %arg1 : tensor<1x6x6x8xf32>, tensor<16x8x3x3xf32>) outs(%1 : tensor<1x4x4x16xf32>) {
// =>     ^bb1(%arg6: f32, %arg7: f32, %arg8: f32):
// =>       %5 = arith.mulf %arg6, %arg7 : f32
// =>       %6 = arith.addf %arg8, %5 : f32
// =>       linalg.yield %6 : f32
// =>     } -> tensor<1x4x4x16xf32>
// =>     %7 = tensor.empty() : tensor<1x6x6x16xf32>
// =>     %8 = tensor.insert_slice %4 into %7[0, %arg3, 1, 0] [1, 4, 4, 16] [1, 1, 1, 1] : tensor<1x4x4x16xf32> into tensor<1x6x6x16xf32>
// =>     %9 = tensor.empty() : tensor<1x4x4x8xf32>
// =>     %10 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%8, %arg2 : tensor<1x6x6x16xf32>, tensor<8x16x3x3xf32>) outs(%9 : tensor<1x4x4x8xf32>) {
// =>     ^bb2(%arg9: f32, %arg10: f32, %arg11: f32):
// =>       %11 = arith.mulf %arg9, %arg10 : f32
// =>       %12 = arith.addf %arg11, %11 : f32
// =>       linalg.yield %12 : f32
// =>     } -> tensor<1x4x4x8xf32>
// =>     %13 = tensor.empty() : tensor<1x8x4x4xf32>
// =>     %14 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<1x4x4x8xf32>) outs(%13 : tensor<1x8x4x4xf32>) {
// =>     ^bb3(%arg12: f32, %arg13: f32):
// =>       linalg.yield %arg12 : f32
// =>     } -> tensor<1x8x4x4xf32>
// =>     func.return %14 : tensor<1x8x4x4xf32>
// =>   }
// => }
// -----
// A matrix product keeps its order.
func.func @product(%x: tensor<2x8x16xf32>, %w: tensor<16x32xf32>) -> tensor<2x8x32xf32> {
  %e = tensor.empty() : tensor<2x8x32xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (k, j)>, affine_map<(b, i, j, k) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x8x16xf32>, tensor<16x32xf32>) outs(%e : tensor<2x8x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x8x32xf32>
  return %y : tensor<2x8x32xf32>
}
// => unchanged
// -----
// A depthwise convolution wants its channels last, its weights too, which are constant; the product of channels behind it
// follows, and no copy stands between the two.
func.func @depthwise(%x: tensor<1x8x4x4xf32>, %w: tensor<16x8x1x1xf32>) -> tensor<1x16x2x2xf32> {
  %k = arith.constant dense<[[[[1.0, 2.0]]], [[[3.0, 4.0]]], [[[5.0, 6.0]]], [[[7.0, 8.0]]], [[[9.0, 10.0]]], [[[11.0, 12.0]]], [[[13.0, 14.0]]], [[[15.0, 16.0]]]]> : tensor<8x1x1x2xf32>
  %e = tensor.empty() : tensor<1x8x2x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, c, h, w, i, j) -> (n, c, h * 2 + i, w * 2 + j)>, affine_map<(n, c, h, w, i, j) -> (c, 0, i, j)>, affine_map<(n, c, h, w, i, j) -> (n, c, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%x, %k : tensor<1x8x4x4xf32>, tensor<8x1x1x2xf32>) outs(%e : tensor<1x8x2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x8x2x2xf32>
  %g = tensor.empty() : tensor<1x16x2x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c) -> (n, c, h, w)>, affine_map<(n, f, h, w, c) -> (f, c, 0, 0)>, affine_map<(n, f, h, w, c) -> (n, f, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%y, %w : tensor<1x8x2x2xf32>, tensor<16x8x1x1xf32>) outs(%g : tensor<1x16x2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x16x2x2xf32>
  return %r : tensor<1x16x2x2xf32>
}
// => module {
// =>   func.func @depthwise(%arg0: tensor<1x8x4x4xf32>, %arg1: tensor<16x8x1x1xf32>) -> tensor<1x16x2x2xf32> {
// =>     %0 = arith.constant dense<[[[[1.000000e+00, 3.000000e+00, 5.000000e+00, 7.000000e+00, 9.000000e+00, 1.100000e+01, 1.300000e+01, 1.500000e+01], [2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00, 1.000000e+01, 1.200000e+01, 1.400000e+01, 1.600000e+01]]]]> : tensor<1x1x2x8xf32>
// =>     %1 = tensor.empty() : tensor<1x2x2x8xf32>
// =>     %2 = tensor.empty() : tensor<1x4x4x8xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x8x4x4xf32>) outs(%2 : tensor<1x4x4x8xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       linalg.yield %arg2 : f32
// =>     } -> tensor<1x4x4x8xf32>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%3, %0 : tensor<1x4x4x8xf32>, tensor<1x1x2x8xf32>) outs(%1 : tensor<1x2x2x8xf32>) {
// =>     ^bb1(%arg4: f32, %arg5: f32, %arg6: f32):
// =>       %5 = arith.mulf %arg4, %arg5 : f32
// =>       %6 = arith.addf %arg6, %5 : f32
// =>       linalg.yield %6 : f32
// =>     } -> tensor<1x2x2x8xf32>
// =>     %7 = tensor.empty() : tensor<1x2x2x16xf32>
// =>     %8 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d3, d4, 0, 0)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%4, %arg1 : tensor<1x2x2x8xf32>, tensor<16x8x1x1xf32>) outs(%7 : tensor<1x2x2x16xf32>) {
// =>     ^bb2(%arg7: f32, %arg8: f32, %arg9: f32):
// =>       %9 = arith.mulf %arg7, %arg8 : f32
// =>       %10 = arith.addf %arg9, %9 : f32
// =>       linalg.yield %10 : f32
// =>     } -> tensor<1x2x2x16xf32>
// =>     %11 = tensor.empty() : tensor<1x16x2x2xf32>
// =>     %12 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<1x2x2x16xf32>) outs(%11 : tensor<1x16x2x2xf32>) {
// =>     ^bb3(%arg10: f32, %arg11: f32):
// =>       linalg.yield %arg10 : f32
// =>     } -> tensor<1x16x2x2xf32>
// =>     func.return %12 : tensor<1x16x2x2xf32>
// =>   }
// => }
