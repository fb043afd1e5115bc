// RUN: group-kernels
// -----
// A product, what fills its output and the bias behind it are one kernel.
func.func @epilogue(%x: tensor<64x32xf32>, %w: tensor<32x48xf32>, %bias: tensor<48xf32>) -> tensor<64x48xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<64x48xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<64x48xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  } -> tensor<64x48xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<64x32xf32>, tensor<32x48xf32>) outs(%f : tensor<64x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<64x48xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%p, %bias : tensor<64x48xf32>, tensor<48xf32>) outs(%e : tensor<64x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<64x48xf32>
  return %y : tensor<64x48xf32>
}
// => module {
// =>   func.func @epilogue(%arg0: tensor<64x32xf32>, %arg1: tensor<32x48xf32>, %arg2: tensor<48xf32>) -> tensor<64x48xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = tensor.empty() : tensor<64x48xf32>
// =>     %2 = tensor.empty() : tensor<64x48xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%2 : tensor<64x48xf32>) attrs = {psm.group = 0 : i64, psm.remarks = [{pass = "group-kernels", what = "3 operations are one kernel", why = "a sum of products and the elementwise operation that alone reads it: the sums need not go through memory"}]} {
// =>     ^bb0(%arg3: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<64x48xf32>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1 : tensor<64x32xf32>, tensor<32x48xf32>) outs(%3 : tensor<64x48xf32>) attrs = {psm.group = 0 : i64} {
// =>     ^bb1(%arg4: f32, %arg5: f32, %arg6: f32):
// =>       %5 = arith.mulf %arg4, %arg5 : f32
// =>       %6 = arith.addf %arg6, %5 : f32
// =>       linalg.yield %6 : f32
// =>     } -> tensor<64x48xf32>
// =>     %7 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%4, %arg2 : tensor<64x48xf32>, tensor<48xf32>) outs(%1 : tensor<64x48xf32>) attrs = {psm.group = 0 : i64} {
// =>     ^bb2(%arg7: f32, %arg8: f32, %arg9: f32):
// =>       %8 = arith.addf %arg7, %arg8 : f32
// =>       linalg.yield %8 : f32
// =>     } -> tensor<64x48xf32>
// =>     func.return %7 : tensor<64x48xf32>
// =>   }
// => }
// -----
// The sum of a row and what is divided by it share rows.
func.func @rows(%x: tensor<16x128xf32>) -> tensor<16x128xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<16xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<16xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  } -> tensor<16xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<16x128xf32>) outs(%f : tensor<16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  } -> tensor<16xf32>
  %out = tensor.empty() : tensor<16x128xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<16x128xf32>, tensor<16xf32>) outs(%out : tensor<16x128xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<16x128xf32>
  return %y : tensor<16x128xf32>
}
// => module {
// =>   func.func @rows(%arg0: tensor<16x128xf32>) -> tensor<16x128xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = tensor.empty() : tensor<16xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%1 : tensor<16xf32>) attrs = {psm.group = 0 : i64, psm.remarks = [{numbers = {"bytes of a row" = "512", "longest row" = "128", "most bytes" = "65536", rows = "16"}, pass = "group-kernels", what = "3 operations are one kernel", why = "they share rows, and what passes between them is a row that stays in the cache"}], psm.rows = 1 : i64} {
// =>     ^bb0(%arg1: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<16xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<16x128xf32>) outs(%2 : tensor<16xf32>) attrs = {psm.group = 0 : i64, psm.rows = 1 : i64} {
// =>     ^bb1(%arg2: f32, %arg3: f32):
// =>       %4 = arith.addf %arg3, %arg2 : f32
// =>       linalg.yield %4 : f32
// =>     } -> tensor<16xf32>
// =>     %5 = tensor.empty() : tensor<16x128xf32>
// =>     %6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %3 : tensor<16x128xf32>, tensor<16xf32>) outs(%5 : tensor<16x128xf32>) attrs = {psm.group = 0 : i64, psm.rows = 1 : i64} {
// =>     ^bb2(%arg4: f32, %arg5: f32, %arg6: f32):
// =>       %7 = arith.divf %arg4, %arg5 : f32
// =>       linalg.yield %7 : f32
// =>     } -> tensor<16x128xf32>
// =>     func.return %6 : tensor<16x128xf32>
// =>   }
// => }
// -----
// Sums of columns are not the rows of what reads them.
func.func @columns(%x: tensor<16x128xf32>, %start: tensor<128xf32>) -> tensor<16x128xf32> {
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<16x128xf32>) outs(%start : tensor<128xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  } -> tensor<128xf32>
  %out = tensor.empty() : tensor<16x128xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<16x128xf32>, tensor<128xf32>) outs(%out : tensor<16x128xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<16x128xf32>
  return %y : tensor<16x128xf32>
}
// => module {
// =>   func.func @columns(%arg0: tensor<16x128xf32>, %arg1: tensor<128xf32>) -> tensor<16x128xf32> {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<16x128xf32>) outs(%arg1 : tensor<128xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %1 = arith.addf %arg3, %arg2 : f32
// =>       linalg.yield %1 : f32
// =>     } -> tensor<128xf32>
// =>     %2 = tensor.empty() : tensor<16x128xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %0 : tensor<16x128xf32>, tensor<128xf32>) outs(%2 : tensor<16x128xf32>) attrs = {psm.remarks = [{pass = "group-kernels", what = "is a kernel of its own, apart from what it reads", why = "the two share no rows, and neither is the epilogue of a product"}]} {
// =>     ^bb1(%arg4: f32, %arg5: f32, %arg6: f32):
// =>       %4 = arith.divf %arg4, %arg5 : f32
// =>       linalg.yield %4 : f32
// =>     } -> tensor<16x128xf32>
// =>     func.return %3 : tensor<16x128xf32>
// =>   }
// => }
// -----
// A product that something else reads too keeps its result; no epilogue.
func.func @shared(%x: tensor<64x32xf32>, %w: tensor<32x48xf32>, %start: tensor<64x48xf32>) -> (tensor<64x48xf32>, tensor<64x48xf32>) {
  %p = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<64x32xf32>, tensor<32x48xf32>) outs(%start : tensor<64x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<64x48xf32>
  %e = tensor.empty() : tensor<64x48xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%p : tensor<64x48xf32>) outs(%e : tensor<64x48xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<64x48xf32>
  return %p, %y : tensor<64x48xf32>, tensor<64x48xf32>
}
// => module {
// =>   func.func @shared(%arg0: tensor<64x32xf32>, %arg1: tensor<32x48xf32>, %arg2: tensor<64x48xf32>) -> (tensor<64x48xf32>, tensor<64x48xf32>) {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1 : tensor<64x32xf32>, tensor<32x48xf32>) outs(%arg2 : tensor<64x48xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %1 = arith.mulf %arg3, %arg4 : f32
// =>       %2 = arith.addf %arg5, %1 : f32
// =>       linalg.yield %2 : f32
// =>     } -> tensor<64x48xf32>
// =>     %3 = tensor.empty() : tensor<64x48xf32>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<64x48xf32>) outs(%3 : tensor<64x48xf32>) attrs = {psm.remarks = [{pass = "group-kernels", what = "is a kernel of its own, apart from what it reads", why = "the two share no rows, and neither is the epilogue of a product"}]} {
// =>     ^bb1(%arg6: f32, %arg7: f32):
// =>       %5 = arith.negf %arg6 : f32
// =>       linalg.yield %5 : f32
// =>     } -> tensor<64x48xf32>
// =>     func.return %0, %4 : tensor<64x48xf32>, tensor<64x48xf32>
// =>   }
// => }
// -----
// A long row, and too few of them for threads, stay apart.
func.func @few(%x: tensor<2x100000xf32>, %start: tensor<2xf32>) -> tensor<2x100000xf32> {
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<2x100000xf32>) outs(%start : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  } -> tensor<2xf32>
  %out = tensor.empty() : tensor<2x100000xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<2x100000xf32>, tensor<2xf32>) outs(%out : tensor<2x100000xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<2x100000xf32>
  return %y : tensor<2x100000xf32>
}
// => module {
// =>   func.func @few(%arg0: tensor<2x100000xf32>, %arg1: tensor<2xf32>) -> tensor<2x100000xf32> {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<2x100000xf32>) outs(%arg1 : tensor<2xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %1 = arith.addf %arg3, %arg2 : f32
// =>       linalg.yield %1 : f32
// =>     } -> tensor<2xf32>
// =>     %2 = tensor.empty() : tensor<2x100000xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %0 : tensor<2x100000xf32>, tensor<2xf32>) outs(%2 : tensor<2x100000xf32>) attrs = {psm.remarks = [{numbers = {"bytes of a row" = "400000", "longest row" = "100000", "most bytes" = "65536", rows = "2"}, pass = "group-kernels", what = "is a kernel of its own, apart from what it reads", why = "a row of what passes between them is too large"}]} {
// =>     ^bb1(%arg4: f32, %arg5: f32, %arg6: f32):
// =>       %4 = arith.divf %arg4, %arg5 : f32
// =>       linalg.yield %4 : f32
// =>     } -> tensor<2x100000xf32>
// =>     func.return %3 : tensor<2x100000xf32>
// =>   }
// => }
// -----
// Two groups that would each wait for the other: what reads the first between its operations is not passed over.
func.func @crossed(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>, %start: tensor<64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<64x64xf32>) outs(%start : tensor<64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  } -> tensor<64xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%y : tensor<64x64xf32>) outs(%start : tensor<64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  } -> tensor<64xf32>
  %out = tensor.empty() : tensor<64x64xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s, %r : tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%out : tensor<64x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %n = arith.addf %m, %c : f32
    linalg.yield %n : f32
  } -> tensor<64x64xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%y, %r, %s : tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%out : tensor<64x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %n = arith.addf %m, %c : f32
    linalg.yield %n : f32
  } -> tensor<64x64xf32>
  return %p, %q : tensor<64x64xf32>, tensor<64x64xf32>
}
// => module {
// =>   func.func @crossed(%arg0: tensor<64x64xf32>, %arg1: tensor<64x64xf32>, %arg2: tensor<64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<64x64xf32>) outs(%arg2 : tensor<64xf32>) attrs = {psm.group = 0 : i64, psm.remarks = [{numbers = {"bytes of a row" = "256", "longest row" = "64", "most bytes" = "65536", rows = "64"}, pass = "group-kernels", what = "2 operations are one kernel", why = "they share rows, and what passes between them is a row that stays in the cache"}], psm.rows = 1 : i64} {
// =>     ^bb0(%arg3: f32, %arg4: f32):
// =>       %1 = arith.addf %arg4, %arg3 : f32
// =>       linalg.yield %1 : f32
// =>     } -> tensor<64xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg1 : tensor<64x64xf32>) outs(%arg2 : tensor<64xf32>) {
// =>     ^bb1(%arg5: f32, %arg6: f32):
// =>       %3 = arith.addf %arg6, %arg5 : f32
// =>       linalg.yield %3 : f32
// =>     } -> tensor<64xf32>
// =>     %4 = tensor.empty() : tensor<64x64xf32>
// =>     %5 = tensor.empty() : tensor<64x64xf32>
// =>     %6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %0, %2 : tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%5 : tensor<64x64xf32>) attrs = {psm.group = 0 : i64, psm.remarks = [{pass = "group-kernels", what = "is a kernel of its own, apart from what it reads", why = "the two share no rows, and neither is the epilogue of a product"}], psm.rows = 1 : i64} {
// =>     ^bb2(%arg7: f32, %arg8: f32, %arg9: f32, %arg10: f32):
// =>       %7 = arith.mulf %arg7, %arg8 : f32
// =>       %8 = arith.addf %7, %arg9 : f32
// =>       linalg.yield %8 : f32
// =>     } -> tensor<64x64xf32>
// =>     %9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg1, %2, %0 : tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%4 : tensor<64x64xf32>) attrs = {psm.remarks = [{pass = "group-kernels", what = "is a kernel of its own, apart from what it reads", why = "the two share no rows, and neither is the epilogue of a product"}]} {
// =>     ^bb3(%arg11: f32, %arg12: f32, %arg13: f32, %arg14: f32):
// =>       %10 = arith.mulf %arg11, %arg12 : f32
// =>       %11 = arith.addf %10, %arg13 : f32
// =>       linalg.yield %11 : f32
// =>     } -> tensor<64x64xf32>
// =>     func.return %6, %9 : tensor<64x64xf32>, tensor<64x64xf32>
// =>   }
// => }
// -----
// A single row by a matrix has nothing to block: its operations stay apart, each with all threads.
func.func @vector(%x: tensor<1x32xf32>, %w: tensor<32x48xf32>) -> tensor<1x48xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x48xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<1x48xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  } -> tensor<1x48xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<1x32xf32>, tensor<32x48xf32>) outs(%f : tensor<1x48xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x48xf32>
  return %p : tensor<1x48xf32>
}
// => unchanged
// -----
// The padding of a depthwise convolution is in its kernel, where its windows are cut at the border instead.
func.func @padded(%x: tensor<1x4x4x8xf32>, %w: tensor<3x3x8xf32>) -> tensor<1x4x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<1x6x6x8xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%a : tensor<1x6x6x8xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  } -> tensor<1x6x6x8xf32>
  %p = tensor.insert_slice %x into %b[0, 1, 1, 0] [1, 4, 4, 8] [1, 1, 1, 1] : tensor<1x4x4x8xf32> into tensor<1x6x6x8xf32>
  %e = tensor.empty() : tensor<1x4x4x8xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%e : tensor<1x4x4x8xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  } -> tensor<1x4x4x8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, h, w, c, i, j) -> (n, h + i, w + j, c)>, affine_map<(n, h, w, c, i, j) -> (i, j, c)>, affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%p, %w : tensor<1x6x6x8xf32>, tensor<3x3x8xf32>) outs(%f : tensor<1x4x4x8xf32>) {
  ^bb0(%s: f32, %t: f32, %o: f32):
    %m = arith.mulf %s, %t : f32
    %r = arith.addf %o, %m : f32
    linalg.yield %r : f32
  } -> tensor<1x4x4x8xf32>
  return %y : tensor<1x4x4x8xf32>
}
// => module {
// =>   func.func @padded(%arg0: tensor<1x4x4x8xf32>, %arg1: tensor<3x3x8xf32>) -> tensor<1x4x4x8xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = tensor.empty() : tensor<1x6x6x8xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%1 : tensor<1x6x6x8xf32>) attrs = {psm.group = 0 : i64} {
// =>     ^bb0(%arg2: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<1x6x6x8xf32>
// =>     %3 = tensor.insert_slice %arg0 into %2[0, 1, 1, 0] [1, 4, 4, 8] [1, 1, 1, 1] {psm.group = 0 : i64} : tensor<1x4x4x8xf32> into tensor<1x6x6x8xf32>
// =>     %4 = tensor.empty() : tensor<1x4x4x8xf32>
// =>     %5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%4 : tensor<1x4x4x8xf32>) attrs = {psm.group = 0 : i64, psm.remarks = [{pass = "group-kernels", what = "2 operations are one kernel", why = "a sum of products and what its sums begin with: the output is written once"}]} {
// =>     ^bb1(%arg3: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<1x4x4x8xf32>
// =>     %6 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%3, %arg1 : tensor<1x6x6x8xf32>, tensor<3x3x8xf32>) outs(%5 : tensor<1x4x4x8xf32>) attrs = {psm.group = 0 : i64} {
// =>     ^bb2(%arg4: f32, %arg5: f32, %arg6: f32):
// =>       %7 = arith.mulf %arg4, %arg5 : f32
// =>       %8 = arith.addf %arg6, %7 : f32
// =>       linalg.yield %8 : f32
// =>     } -> tensor<1x4x4x8xf32>
// =>     func.return %6 : tensor<1x4x4x8xf32>
// =>   }
// => }
