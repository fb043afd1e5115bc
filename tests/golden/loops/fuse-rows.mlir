// RUN: fuse-rows
// -----
// A row is summed and divided by its sum before the next row; the sum is a number of the row.
func.func private @normalise(%x: memref<4x8xf32>, %y: memref<4x8xf32>) attributes {psm.rows = 1 : i64} {
  %zero = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<4xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%s : memref<4xf32>) {
  ^bb0(%o: f32):
    linalg.yield %zero : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x8xf32>) outs(%s : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s : memref<4x8xf32>, memref<4xf32>) outs(%y : memref<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %row = linalg.index 0 : index
    %i = arith.index_cast %row : index to i32
    %n = arith.sitofp %i : i32 to f32
    %d = arith.divf %a, %b : f32
    %e = arith.addf %d, %n : f32
    linalg.yield %e : f32
  }
  return
}
// => module {
// =>   func.func private @normalise(%arg0: memref<4x8xf32>, %arg1: memref<4x8xf32>) attributes {psm.remarks = [{numbers = {"axes that are rows" = "1", operations = "3"}, pass = "fuse-rows", what = "3 operations run in one parallel loop over rows", why = "a row stays in the cache from the first to the last, and what is kept between them shrinks to one row"}], psm.rows = 1 : i64} {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = arith.constant 4 : index
// =>     %2 = arith.constant 0 : index
// =>     %3 = arith.constant 1 : index
// =>     scf.parallel (%arg2) = (%2) to (%1) step (%3) {
// =>       %4 = memref.alloc() : memref<f32>
// =>       linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%4 : memref<f32>) {
// =>       ^bb0(%arg3: f32):
// =>         linalg.yield %0 : f32
// =>       }
// =>       %5 = memref.subview %arg0[%arg2, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
// =>       linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>], iterator_types = ["reduction"]} ins(%5 : memref<8xf32, strided<[1], offset: ?>>) outs(%4 : memref<f32>) {
// =>       ^bb1(%arg4: f32, %arg5: f32):
// =>         %6 = arith.addf %arg5, %arg4 : f32
// =>         linalg.yield %6 : f32
// =>       }
// =>       %7 = memref.subview %arg0[%arg2, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
// =>       %8 = memref.subview %arg1[%arg2, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
// =>       linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%7, %4 : memref<8xf32, strided<[1], offset: ?>>, memref<f32>) outs(%8 : memref<8xf32, strided<[1], offset: ?>>) {
// =>       ^bb2(%arg6: f32, %arg7: f32, %arg8: f32):
// =>         %9 = arith.index_cast %arg2 : index to i32
// =>         %10 = arith.sitofp %9 : i32 to f32
// =>         %11 = arith.divf %arg6, %arg7 : f32
// =>         %12 = arith.addf %11, %10 : f32
// =>         linalg.yield %12 : f32
// =>       }
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// What is written at one row and read at another keeps the loops apart.
func.func private @turned(%x: memref<8x8xf32>, %y: memref<8x8xf32>) attributes {psm.rows = 1 : i64} {
  %t = memref.alloc() : memref<8x8xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%t : memref<8x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%t : memref<8x8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
// => module {
// =>   func.func private @turned(%arg0: memref<8x8xf32>, %arg1: memref<8x8xf32>) attributes {psm.remarks = [{numbers = {operations = "2"}, pass = "fuse-rows", what = "the operations run one after the other, not row by row", why = "one of them writes to a part of something larger, or is read other than row by row"}], psm.rows = 1 : i64} {
// =>     %0 = memref.alloc() : memref<8x8xf32>
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<8x8xf32>) outs(%0 : memref<8x8xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %1 = arith.negf %arg2 : f32
// =>       linalg.yield %1 : f32
// =>     }
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : memref<8x8xf32>) outs(%arg1 : memref<8x8xf32>) {
// =>     ^bb1(%arg4: f32, %arg5: f32):
// =>       linalg.yield %arg4 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// A kernel of one operation stays as it is.
func.func private @single(%x: memref<8x8xf32>, %y: memref<8x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
// => unchanged
// -----
// A part whose sizes would not say which axes it drops keeps all of them.
func.func private @ambiguous(%n: index, %x: memref<4x1x?xf32>, %y: memref<4x1x?xf32>) attributes {psm.rows = 2 : i64} {
  %t = memref.alloc(%n) : memref<4x1x?xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, 0, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : memref<4x1x?xf32>) outs(%t : memref<4x1x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%t : memref<4x1x?xf32>) outs(%y : memref<4x1x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %d = math.exp %a : f32
    linalg.yield %d : f32
  }
  return
}
// => module {
// =>   func.func private @ambiguous(%arg0: index, %arg1: memref<4x1x?xf32>, %arg2: memref<4x1x?xf32>) attributes {psm.remarks = [{numbers = {"axes that are rows" = "2", operations = "2"}, pass = "fuse-rows", what = "2 operations run in one parallel loop over rows", why = "a row stays in the cache from the first to the last, and what is kept between them shrinks to one row"}], psm.rows = 2 : i64, psm.shapes = ["4, 1, s0", "4, 1, s1", "1, 1, s0", "u2", "s1"], psm.symbols = ["s0 in [0, inf] input", "s1 in [0, inf] input", "u2 in [0, inf] data"]} {
// =>     %0 = arith.constant 4 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.muli %0, %1 : index
// =>     %3 = arith.constant 0 : index
// =>     %4 = arith.constant 1 : index
// =>     scf.parallel (%arg3) = (%3) to (%2) step (%4) {
// =>       %5 = arith.remui %arg3, %1 : index
// =>       %6 = arith.divui %arg3, %1 : index
// =>       %7 = arith.constant 2 : index
// =>       %8 = memref.dim %arg1, %7 : memref<4x1x?xf32>
// =>       %9 = memref.subview %arg1[%6, 0, 0] [1, 1, %8] [1, 1, 1] : memref<4x1x?xf32> to memref<1x1x?xf32, strided<[?, ?, 1], offset: ?>>
// =>       %10 = memref.alloc(%arg0) : memref<?xf32>
// =>       linalg.generic {indexing_maps = [affine_map<(d0) -> (0, 0, d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%9 : memref<1x1x?xf32, strided<[?, ?, 1], offset: ?>>) outs(%10 : memref<?xf32>) {
// =>       ^bb0(%arg4: f32, %arg5: f32):
// =>         %11 = arith.negf %arg4 : f32
// =>         linalg.yield %11 : f32
// =>       }
// =>       %12 = arith.constant 2 : index
// =>       %13 = memref.dim %arg2, %12 : memref<4x1x?xf32>
// =>       %14 = memref.subview %arg2[%6, %5, 0] [1, 1, %13] [1, 1, 1] : memref<4x1x?xf32> to memref<?xf32, strided<[1], offset: ?>>
// =>       linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%10 : memref<?xf32>) outs(%14 : memref<?xf32, strided<[1], offset: ?>>) {
// =>       ^bb1(%arg6: f32, %arg7: f32):
// =>         %15 = math.exp %arg6 : f32
// =>         linalg.yield %15 : f32
// =>       }
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Operations that no pass has grouped keep loops of their own, whatever rows they would share.
func.func private @ungrouped(%x: memref<8x8xf32>, %y: memref<16x8xf32>) {
  %first = memref.subview %y[0, 0] [8, 8] [1, 1] : memref<16x8xf32> to memref<8x8xf32, strided<[8, 1]>>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%first : memref<8x8xf32, strided<[8, 1]>>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  %second = memref.subview %y[4, 0] [8, 8] [1, 1] : memref<16x8xf32> to memref<8x8xf32, strided<[8, 1], offset: 32>>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%second : memref<8x8xf32, strided<[8, 1], offset: 32>>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
// => unchanged
// -----
// Two parts of one memref are written: at another row they may meet.
func.func private @parts(%x: memref<8x8xf32>, %y: memref<16x8xf32>) attributes {psm.rows = 1 : i64} {
  %first = memref.subview %y[0, 0] [8, 8] [1, 1] : memref<16x8xf32> to memref<8x8xf32, strided<[8, 1]>>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%first : memref<8x8xf32, strided<[8, 1]>>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  %second = memref.subview %y[4, 0] [8, 8] [1, 1] : memref<16x8xf32> to memref<8x8xf32, strided<[8, 1], offset: 32>>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%second : memref<8x8xf32, strided<[8, 1], offset: 32>>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
// => module {
// =>   func.func private @parts(%arg0: memref<8x8xf32>, %arg1: memref<16x8xf32>) attributes {psm.remarks = [{numbers = {operations = "2"}, pass = "fuse-rows", what = "the operations run one after the other, not row by row", why = "one of them writes to a part of something larger, or is read other than row by row"}], psm.rows = 1 : i64} {
// =>     %0 = memref.subview %arg1[0, 0] [8, 8] [1, 1] : memref<16x8xf32> to memref<8x8xf32, strided<[8, 1]>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<8x8xf32>) outs(%0 : memref<8x8xf32, strided<[8, 1]>>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       linalg.yield %arg2 : f32
// =>     }
// =>     %1 = memref.subview %arg1[4, 0] [8, 8] [1, 1] : memref<16x8xf32> to memref<8x8xf32, strided<[8, 1], offset: 32>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<8x8xf32>) outs(%1 : memref<8x8xf32, strided<[8, 1], offset: 32>>) {
// =>     ^bb1(%arg4: f32, %arg5: f32):
// =>       linalg.yield %arg4 : f32
// =>     }
// =>     func.return
// =>   }
// => }
