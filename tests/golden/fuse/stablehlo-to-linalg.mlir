// RUN: stablehlo-to-linalg
// -----
// Elementwise operations are generics; integers lose their sign, which the operations know; a predicate of rank 0 is
// the same everywhere.
func.func @main(%p: tensor<i1>, %a: tensor<2x3xui8>, %b: tensor<2x3xui8>) -> tensor<2x3xui8> {
  %m = stablehlo.maximum %a, %b : tensor<2x3xui8>
  %r = stablehlo.select %p, %m, %b : tensor<i1>, tensor<2x3xui8>
  return %r : tensor<2x3xui8>
}
// => module {
// =>   func.func @main(%arg0: tensor<i1>, %arg1: tensor<2x3xi8>, %arg2: tensor<2x3xi8>) -> tensor<2x3xi8> {
// =>     %0 = tensor.empty() : tensor<2x3xi8>
// =>     %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg1, %arg2 : tensor<2x3xi8>, tensor<2x3xi8>) outs(%0 : tensor<2x3xi8>) {
// =>     ^bb0(%arg3: i8, %arg4: i8, %arg5: i8):
// =>       %2 = arith.maxui %arg3, %arg4 : i8
// =>       linalg.yield %2 : i8
// =>     } -> tensor<2x3xi8>
// =>     %3 = tensor.empty() : tensor<2x3xi8>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %1, %arg2 : tensor<i1>, tensor<2x3xi8>, tensor<2x3xi8>) outs(%3 : tensor<2x3xi8>) {
// =>     ^bb1(%arg6: i1, %arg7: i8, %arg8: i8, %arg9: i8):
// =>       %5 = arith.select %arg6, %arg7, %arg8 : i8
// =>       linalg.yield %5 : i8
// =>     } -> tensor<2x3xi8>
// =>     func.return %4 : tensor<2x3xi8>
// =>   }
// => }
// -----
// A broadcast and a transpose are accesses, a reshape moves nothing, and a slice that begins with the axis computes
// positions, as a plain dimension would say that the sizes agree.
func.func @main(%a: tensor<3xf32>) -> (tensor<3x2xf32>, tensor<2x2xf32>) {
  %b = stablehlo.broadcast_in_dim %a, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  %t = stablehlo.transpose %b, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %c = stablehlo.reshape %b : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %s = stablehlo.slice %c [0:2, 0:2] : (tensor<3x2xf32>) -> tensor<2x2xf32>
  return %t, %s : tensor<3x2xf32>, tensor<2x2xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<3xf32>) -> (tensor<3x2xf32>, tensor<2x2xf32>) {
// =>     %0 = tensor.empty() : tensor<2x3xf32>
// =>     %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : tensor<3xf32>) outs(%0 : tensor<2x3xf32>) {
// =>     ^bb0(%arg1: f32, %arg2: f32):
// =>       linalg.yield %arg1 : f32
// =>     } -> tensor<2x3xf32>
// =>     %2 = tensor.empty() : tensor<3x2xf32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%1 : tensor<2x3xf32>) outs(%2 : tensor<3x2xf32>) {
// =>     ^bb1(%arg3: f32, %arg4: f32):
// =>       linalg.yield %arg3 : f32
// =>     } -> tensor<3x2xf32>
// =>     %4 = arith.constant 3 : index
// =>     %5 = arith.constant 2 : index
// =>     %6 = tensor.from_elements %4, %5 : tensor<2xindex>
// =>     %7 = tensor.reshape %1(%6) : (tensor<2x3xf32>, tensor<2xindex>) -> tensor<3x2xf32>
// =>     %8 = tensor.empty() : tensor<2x2xf32>
// =>     %9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%8 : tensor<2x2xf32>) {
// =>     ^bb2(%arg5: f32):
// =>       %10 = linalg.index 0 : index
// =>       %11 = linalg.index 1 : index
// =>       %12 = tensor.extract %7[%10, %11] : tensor<3x2xf32>
// =>       linalg.yield %12 : f32
// =>     } -> tensor<2x2xf32>
// =>     func.return %3, %9 : tensor<3x2xf32>, tensor<2x2xf32>
// =>   }
// => }
// -----
// Padding is a filled tensor with the elements copied in.
func.func @main(%a: tensor<3xf32>, %v: tensor<f32>) -> tensor<6xf32> {
  %r = stablehlo.pad %a, %v, low = [1], high = [0], interior = [1] : (tensor<3xf32>, tensor<f32>) -> tensor<6xf32>
  return %r : tensor<6xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<3xf32>, %arg1: tensor<f32>) -> tensor<6xf32> {
// =>     %0 = tensor.extract %arg1[] : tensor<f32>
// =>     %1 = tensor.empty() : tensor<6xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%1 : tensor<6xf32>) {
// =>     ^bb0(%arg2: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<6xf32>
// =>     %3 = tensor.insert_slice %arg0 into %2[1] [3] [2] : tensor<3xf32> into tensor<6xf32>
// =>     func.return %3 : tensor<6xf32>
// =>   }
// => }
// -----
// Sums of narrow floats accumulate in f32.
func.func @main(%a: tensor<4x9xbf16>) -> tensor<4xbf16> {
  %z = stablehlo.constant dense<0.0> : tensor<bf16>
  %r = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [1] : (tensor<4x9xbf16>, tensor<bf16>) -> tensor<4xbf16>
  return %r : tensor<4xbf16>
}
// => module {
// =>   func.func @main(%arg0: tensor<4x9xbf16>) -> tensor<4xbf16> {
// =>     %0 = arith.constant 0.000000e+00 : bf16
// =>     %1 = tensor.empty() : tensor<bf16>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%1 : tensor<bf16>) {
// =>     ^bb0(%arg1: bf16):
// =>       linalg.yield %0 : bf16
// =>     } -> tensor<bf16>
// =>     %3 = arith.extf %0 : bf16 to f32
// =>     %4 = tensor.empty() : tensor<4xf32>
// =>     %5 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%4 : tensor<4xf32>) {
// =>     ^bb1(%arg2: f32):
// =>       linalg.yield %3 : f32
// =>     } -> tensor<4xf32>
// =>     %6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<4x9xbf16>) outs(%5 : tensor<4xf32>) {
// =>     ^bb2(%arg3: bf16, %arg4: f32):
// =>       %7 = arith.extf %arg3 : bf16 to f32
// =>       %8 = arith.addf %arg4, %7 : f32
// =>       linalg.yield %8 : f32
// =>     } -> tensor<4xf32>
// =>     %9 = tensor.empty() : tensor<4xbf16>
// =>     %10 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%6 : tensor<4xf32>) outs(%9 : tensor<4xbf16>) {
// =>     ^bb3(%arg5: f32, %arg6: bf16):
// =>       %11 = arith.truncf %arg5 : f32 to bf16
// =>       linalg.yield %11 : bf16
// =>     } -> tensor<4xbf16>
// =>     func.return %10 : tensor<4xbf16>
// =>   }
// => }
// -----
// A lookup of rows computes positions from the outer dimensions only.
func.func @main(%t: tensor<9x6xf32>, %i: tensor<2x5xi64>) -> tensor<2x5x6xf32> {
  %r = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 6>}> : (tensor<9x6xf32>, tensor<2x5xi64>) -> tensor<2x5x6xf32>
  return %r : tensor<2x5x6xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<9x6xf32>, %arg1: tensor<2x5xi64>) -> tensor<2x5x6xf32> {
// =>     %0 = tensor.empty() : tensor<2x5x6xf32>
// =>     %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x5xi64>) outs(%0 : tensor<2x5x6xf32>) {
// =>     ^bb0(%arg2: i64, %arg3: f32):
// =>       %2 = arith.constant 8 : i64
// =>       %3 = arith.minsi %arg2, %2 : i64
// =>       %4 = arith.constant 0 : i64
// =>       %5 = arith.maxsi %3, %4 : i64
// =>       %6 = arith.index_cast %5 : i64 to index
// =>       %7 = linalg.index 2 : index
// =>       %8 = tensor.extract %arg0[%6, %7] : tensor<9x6xf32>
// =>       linalg.yield %8 : f32
// =>     } -> tensor<2x5x6xf32>
// =>     func.return %1 : tensor<2x5x6xf32>
// =>   }
// => }
// -----
// A scatter is a loop over index vectors, and inside one over the part of the window that fits.
func.func @main(%x: tensor<7x4xi32>, %i: tensor<5xi32>, %u: tensor<5x4xi32>) -> tensor<7x4xi32> {
  %r = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %s = stablehlo.add %a, %b : tensor<i32>
    stablehlo.return %s : tensor<i32>
  }) : (tensor<7x4xi32>, tensor<5xi32>, tensor<5x4xi32>) -> tensor<7x4xi32>
  return %r : tensor<7x4xi32>
}
// => module {
// =>   func.func @main(%arg0: tensor<7x4xi32>, %arg1: tensor<5xi32>, %arg2: tensor<5x4xi32>) -> tensor<7x4xi32> {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 5 : index
// =>     %2 = arith.constant 1 : index
// =>     %3 = scf.for %arg3 = %0 to %1 step %2 iter_args(%arg4 = %arg0) -> (tensor<7x4xi32>) {
// =>       %4 = tensor.extract %arg1[%arg3] : tensor<5xi32>
// =>       %5 = arith.index_cast %4 : i32 to index
// =>       %6 = arith.constant 7 : index
// =>       %7 = arith.minsi %5, %6 : index
// =>       %8 = arith.constant -1 : index
// =>       %9 = arith.maxsi %7, %8 : index
// =>       %10 = arith.constant 0 : index
// =>       %11 = arith.cmpi sge, %9, %10 : index
// =>       %12 = arith.constant 7 : index
// =>       %13 = arith.cmpi slt, %9, %12 : index
// =>       %14 = arith.andi %11, %13 : i1
// =>       %15 = arith.constant 4 : index
// =>       %16 = arith.constant 0 : index
// =>       %17 = arith.select %14, %15, %16 : index
// =>       %18 = arith.constant 0 : index
// =>       %19 = arith.constant 1 : index
// =>       %20 = scf.for %arg5 = %18 to %17 step %19 iter_args(%arg6 = %arg4) -> (tensor<7x4xi32>) {
// =>         %21 = tensor.extract %arg6[%9, %arg5] : tensor<7x4xi32>
// =>         %22 = tensor.extract %arg2[%arg3, %arg5] : tensor<5x4xi32>
// =>         %23 = arith.addi %21, %22 : i32
// =>         %24 = tensor.insert %23 into %arg6[%9, %arg5] : tensor<7x4xi32>
// =>         scf.yield %24 : tensor<7x4xi32>
// =>       } {psm.parallel}
// =>       scf.yield %20 : tensor<7x4xi32>
// =>     } {psm.nest = "scatter"}
// =>     func.return %3 : tensor<7x4xi32>
// =>   }
// => }
// -----
// Convolution in feature groups: the groups are an axis of their own, in other shapes of the same elements.
func.func @main(%x: tensor<1x4x5xf32>, %k: tensor<4x2x2xf32>) -> tensor<1x4x4xf32> {
  %r = stablehlo.convolution(%x, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {feature_group_count = 2 : i64, batch_group_count = 1 : i64} : (tensor<1x4x5xf32>, tensor<4x2x2xf32>) -> tensor<1x4x4xf32>
  return %r : tensor<1x4x4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<1x4x5xf32>, %arg1: tensor<4x2x2xf32>) -> tensor<1x4x4xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 2 : index
// =>     %3 = arith.constant 2 : index
// =>     %4 = arith.constant 5 : index
// =>     %5 = tensor.from_elements %1, %2, %3, %4 : tensor<4xindex>
// =>     %6 = tensor.reshape %arg0(%5) : (tensor<1x4x5xf32>, tensor<4xindex>) -> tensor<1x2x2x5xf32>
// =>     %7 = arith.constant 2 : index
// =>     %8 = arith.constant 2 : index
// =>     %9 = arith.constant 2 : index
// =>     %10 = arith.constant 2 : index
// =>     %11 = tensor.from_elements %7, %8, %9, %10 : tensor<4xindex>
// =>     %12 = tensor.reshape %arg1(%11) : (tensor<4x2x2xf32>, tensor<4xindex>) -> tensor<2x2x2x2xf32>
// =>     %13 = arith.constant 0.000000e+00 : f32
// =>     %14 = tensor.empty() : tensor<1x2x2x4xf32>
// =>     %15 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%14 : tensor<1x2x2x4xf32>) {
// =>     ^bb0(%arg2: f32):
// =>       linalg.yield %13 : f32
// =>     } -> tensor<1x2x2x4xf32>
// =>     %16 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d4, d3 + d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d2, d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%6, %12 : tensor<1x2x2x5xf32>, tensor<2x2x2x2xf32>) outs(%15 : tensor<1x2x2x4xf32>) {
// =>     ^bb1(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %17 = arith.mulf %arg3, %arg4 : f32
// =>       %18 = arith.addf %arg5, %17 : f32
// =>       linalg.yield %18 : f32
// =>     } -> tensor<1x2x2x4xf32>
// =>     %19 = arith.constant 1 : index
// =>     %20 = arith.constant 4 : index
// =>     %21 = arith.constant 4 : index
// =>     %22 = tensor.from_elements %19, %20, %21 : tensor<3xindex>
// =>     %23 = tensor.reshape %16(%22) : (tensor<1x2x2x4xf32>, tensor<3xindex>) -> tensor<1x4x4xf32>
// =>     func.return %23 : tensor<1x4x4xf32>
// =>   }
// => }
// -----
// Pooling with padding: where the body's identity is known, that is what pads.
func.func @main(%x: tensor<6xf32>) -> tensor<4xf32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %r = "stablehlo.reduce_window"(%x, %low) <{window_dimensions = array<i64: 3>, window_strides = array<i64: 2>, padding = dense<[[1, 2]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %m = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) : (tensor<6xf32>, tensor<f32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<6xf32>) -> tensor<4xf32> {
// =>     %0 = arith.constant 0xFF800000 : f32
// =>     %1 = tensor.empty() : tensor<f32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%1 : tensor<f32>) {
// =>     ^bb0(%arg1: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<f32>
// =>     %3 = arith.constant 0xFF800000 : f32
// =>     %4 = tensor.empty() : tensor<9xf32>
// =>     %5 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%4 : tensor<9xf32>) {
// =>     ^bb1(%arg2: f32):
// =>       linalg.yield %3 : f32
// =>     } -> tensor<9xf32>
// =>     %6 = tensor.insert_slice %arg0 into %5[1] [6] [1] : tensor<6xf32> into tensor<9xf32>
// =>     %7 = tensor.empty() : tensor<3xi1>
// =>     %8 = tensor.empty() : tensor<4xf32>
// =>     %9 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%8 : tensor<4xf32>) {
// =>     ^bb2(%arg3: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<4xf32>
// =>     %10 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0 * 2 + d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%6, %7 : tensor<9xf32>, tensor<3xi1>) outs(%9 : tensor<4xf32>) {
// =>     ^bb3(%arg4: f32, %arg5: i1, %arg6: f32):
// =>       %11 = arith.maximumf %arg6, %arg4 : f32
// =>       linalg.yield %11 : f32
// =>     } -> tensor<4xf32>
// =>     func.return %10 : tensor<4xf32>
// =>   }
// => }
// -----
// A cumulative sum is a scan, not a window for each element.
func.func @main(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %r = "stablehlo.reduce_window"(%x, %z) <{window_dimensions = array<i64: 1, 6>, padding = dense<[[0, 0], [5, 0]]> : tensor<2x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %s = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x6xf32>, tensor<f32>) -> tensor<2x6xf32>
  return %r : tensor<2x6xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<2x6xf32>) -> tensor<2x6xf32> {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = tensor.empty() : tensor<f32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%1 : tensor<f32>) {
// =>     ^bb0(%arg1: f32):
// =>       linalg.yield %0 : f32
// =>     } -> tensor<f32>
// =>     %3 = tensor.empty() : tensor<2x6xf32>
// =>     %4 = arith.constant 0 : index
// =>     %5 = arith.constant 2 : index
// =>     %6 = arith.constant 1 : index
// =>     %7 = scf.for %arg2 = %4 to %5 step %6 iter_args(%arg3 = %3) -> (tensor<2x6xf32>) {
// =>       %8 = arith.constant 0 : index
// =>       %9 = arith.constant 6 : index
// =>       %10 = arith.constant 1 : index
// =>       %11 = scf.for %arg4 = %8 to %9 step %10 iter_args(%arg5 = %arg3) -> (tensor<2x6xf32>) {
// =>         %12 = arith.constant 0 : index
// =>         %13 = arith.cmpi eq, %arg4, %12 : index
// =>         %14 = scf.if %13 -> (f32) {
// =>           scf.yield %0 : f32
// =>         } else {
// =>           %15 = arith.constant 1 : index
// =>           %16 = arith.subi %arg4, %15 : index
// =>           %17 = tensor.extract %arg5[%arg2, %16] : tensor<2x6xf32>
// =>           scf.yield %17 : f32
// =>         }
// =>         %18 = tensor.extract %arg0[%arg2, %arg4] : tensor<2x6xf32>
// =>         %19 = arith.addf %14, %18 : f32
// =>         %20 = tensor.insert %19 into %arg5[%arg2, %arg4] : tensor<2x6xf32>
// =>         scf.yield %20 : tensor<2x6xf32>
// =>       }
// =>       scf.yield %11 : tensor<2x6xf32>
// =>     } {psm.nest = "scan", psm.parallel}
// =>     func.return %7 : tensor<2x6xf32>
// =>   }
// => }
// -----
// Loops carry tensors as they did; the condition is a number.
func.func @main(%n: tensor<i32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %y = %x) : tensor<i32>, tensor<3xf32>
  cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %one : tensor<i32>
    %z = stablehlo.add %y, %x : tensor<3xf32>
    stablehlo.return %j, %z : tensor<i32>, tensor<3xf32>
  }
  return %r#1 : tensor<3xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<i32>, %arg1: tensor<3xf32>) -> tensor<3xf32> {
// =>     %0 = arith.constant 0 : i32
// =>     %1 = tensor.empty() : tensor<i32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%1 : tensor<i32>) {
// =>     ^bb0(%arg2: i32):
// =>       linalg.yield %0 : i32
// =>     } -> tensor<i32>
// =>     %3 = arith.constant 1 : i32
// =>     %4 = tensor.empty() : tensor<i32>
// =>     %5 = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%4 : tensor<i32>) {
// =>     ^bb1(%arg3: i32):
// =>       linalg.yield %3 : i32
// =>     } -> tensor<i32>
// =>     %6:2 = scf.while (%arg4 = %2, %arg5 = %arg1) : (tensor<i32>, tensor<3xf32>) -> (tensor<i32>, tensor<3xf32>) {
// =>       %7 = tensor.empty() : tensor<i1>
// =>       %8 = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%arg4, %arg0 : tensor<i32>, tensor<i32>) outs(%7 : tensor<i1>) {
// =>       ^bb2(%arg6: i32, %arg7: i32, %arg8: i1):
// =>         %9 = arith.cmpi slt, %arg6, %arg7 : i32
// =>         linalg.yield %9 : i1
// =>       } -> tensor<i1>
// =>       %10 = tensor.extract %8[] : tensor<i1>
// =>       scf.condition(%10) %arg4, %arg5 : tensor<i32>, tensor<3xf32>
// =>     } do {
// =>     ^bb3(%arg9: tensor<i32>, %arg10: tensor<3xf32>):
// =>       %11 = tensor.empty() : tensor<i32>
// =>       %12 = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%arg9, %5 : tensor<i32>, tensor<i32>) outs(%11 : tensor<i32>) {
// =>       ^bb4(%arg11: i32, %arg12: i32, %arg13: i32):
// =>         %13 = arith.addi %arg11, %arg12 : i32
// =>         linalg.yield %13 : i32
// =>       } -> tensor<i32>
// =>       %14 = tensor.empty() : tensor<3xf32>
// =>       %15 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg10, %arg1 : tensor<3xf32>, tensor<3xf32>) outs(%14 : tensor<3xf32>) {
// =>       ^bb5(%arg14: f32, %arg15: f32, %arg16: f32):
// =>         %16 = arith.addf %arg14, %arg15 : f32
// =>         linalg.yield %16 : f32
// =>       } -> tensor<3xf32>
// =>       scf.yield %12, %15 : tensor<i32>, tensor<3xf32>
// =>     }
// =>     func.return %6#1 : tensor<3xf32>
// =>   }
// => }
// -----
// Sizes that are symbols are read where they are needed.
func.func @main(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %r = stablehlo.concatenate %x, %y, dim = 0 : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<?x3xf32>, %arg1: tensor<?x3xf32>) -> tensor<?x3xf32> attributes {psm.shapes = ["s0, 3", "s1, 3", "s0 + s1, 3", "s0 + s1, 3", "s0 + s1, 3"], psm.symbols = ["s0 in [0, inf] input", "s1 in [0, inf] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = tensor.dim %arg0, %0 : tensor<?x3xf32>
// =>     %2 = arith.constant 0 : index
// =>     %3 = tensor.dim %arg1, %2 : tensor<?x3xf32>
// =>     %4 = arith.addi %1, %3 : index
// =>     %5 = tensor.empty(%4) : tensor<?x3xf32>
// =>     %6 = arith.constant 0 : index
// =>     %7 = tensor.dim %arg0, %6 : tensor<?x3xf32>
// =>     %8 = tensor.insert_slice %arg0 into %5[0, 0] [%7, 3] [1, 1] : tensor<?x3xf32> into tensor<?x3xf32>
// =>     %9 = arith.constant 0 : index
// =>     %10 = tensor.dim %arg0, %9 : tensor<?x3xf32>
// =>     %11 = arith.constant 0 : index
// =>     %12 = tensor.dim %arg1, %11 : tensor<?x3xf32>
// =>     %13 = tensor.insert_slice %arg1 into %8[%10, 0] [%12, 3] [1, 1] : tensor<?x3xf32> into tensor<?x3xf32>
// =>     %14 = arith.constant 0 : index
// =>     %15 = tensor.dim %arg1, %14 : tensor<?x3xf32>
// =>     %16 = arith.addi %10, %15 : index
// =>     func.return %13 : tensor<?x3xf32>
// =>   }
// => }
// -----
// Nothing to convert.
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
// => unchanged
// -----
// expected-error PS3001: stablehlo.outfeed cannot be compiled: it exchanges data with a host or another process while the program runs
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %u = "stablehlo.outfeed"(%x, %t) : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token
  return %x : tensor<3xf32>
}
// -----
// expected-error PS3001: stablehlo.reshape cannot be compiled: it cannot stand in a body that works on single elements
func.func @main(%x: tensor<3xf32>, %v: tensor<f32>) -> tensor<f32> {
  %r = stablehlo.reduce(%x init: %v) across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      %l = stablehlo.reshape %b : (tensor<f32>) -> tensor<1xf32>
      %s = stablehlo.reduce(%l init: %a) applies stablehlo.add across dimensions = [0] : (tensor<1xf32>, tensor<f32>) -> tensor<f32>
      stablehlo.return %s : tensor<f32>
    }
  return %r : tensor<f32>
}
