// RUN: outline-kernels bufferize
// -----
// The result is written where the caller wants it; the tensor between is storage of its own, filled and added to in place. The constant becomes a global, the flat result a copy, as two results cannot share storage.
func.func @main(%x: tensor<4x8xf32>, %w: tensor<8x3xf32>) -> (tensor<4x3xf32>, tensor<12xf32>) {
  %zero = arith.constant 0.0 : f32
  %c12 = arith.constant 12 : index
  %b = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<4x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x8xf32>, tensor<8x3xf32>) outs(%f : tensor<4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %acc: f32):
    %p = arith.mulf %a, %c : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %e1 = tensor.empty() : tensor<4x3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%m, %b : tensor<4x3xf32>, tensor<3xf32>) outs(%e1 : tensor<4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %shape = tensor.from_elements %c12 : tensor<1xindex>
  %flat = tensor.reshape %r(%shape) : (tensor<4x3xf32>, tensor<1xindex>) -> tensor<12xf32>
  return %r, %flat : tensor<4x3xf32>, tensor<12xf32>
}
// => module {
// =>   memref.global "private" constant @constant : memref<3xf32> = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]>
// =>   func.func @main(%arg0: memref<4x8xf32>, %arg1: memref<8x3xf32>, %arg2: memref<4x3xf32> {psm.result = 0 : i64}, %arg3: memref<12xf32> {psm.result = 1 : i64}) {
// =>     %0 = arith.constant 12 : index
// =>     %1 = memref.get_global @constant : memref<3xf32>
// =>     %2 = memref.alloc() : memref<4x3xf32>
// =>     func.call @main_kernel_0(%2) {psm.kernel} : (memref<4x3xf32>) -> ()
// =>     func.call @main_kernel_1(%arg0, %arg1, %2) {psm.kernel} : (memref<4x8xf32>, memref<8x3xf32>, memref<4x3xf32>) -> ()
// =>     func.call @main_kernel_2(%2, %1, %arg2) {psm.kernel} : (memref<4x3xf32>, memref<3xf32>, memref<4x3xf32>) -> ()
// =>     %3 = memref.reinterpret_cast %arg2 to offset: [0], sizes: [12], strides: [1] : memref<4x3xf32> to memref<12xf32>
// =>     memref.copy %3, %arg3 : memref<12xf32> to memref<12xf32>
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<4x3xf32> {psm.access = "write"}) attributes {psm.bytes = "48"} {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     linalg.fill ins(%0 : f32) outs(%arg0 : memref<4x3xf32>)
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_1(%arg0: memref<4x8xf32> {psm.access = "read"}, %arg1: memref<8x3xf32> {psm.access = "read"}, %arg2: memref<4x3xf32> {psm.access = "readwrite"}) attributes {psm.bytes = "320", psm.flops = "192"} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1 : memref<4x8xf32>, memref<8x3xf32>) outs(%arg2 : memref<4x3xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %0 = arith.mulf %arg3, %arg4 : f32
// =>       %1 = arith.addf %arg5, %0 : f32
// =>       linalg.yield %1 : f32
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_2(%arg0: memref<4x3xf32> {psm.access = "read"}, %arg1: memref<3xf32> {psm.access = "read"}, %arg2: memref<4x3xf32> {psm.access = "write"}) attributes {psm.bytes = "108", psm.flops = "12"} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %arg1 : memref<4x3xf32>, memref<3xf32>) outs(%arg2 : memref<4x3xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %0 = arith.addf %arg3, %arg4 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Blocks of a concatenation go straight to their places. The cache is updated in place: nothing reads what it was.
func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x2xf32>, %cache: tensor<4x5xf32> {psm.state, tf.aliasing_output = 1 : i32}, %pos: tensor<i32>) -> (tensor<2x5xf32>, tensor<4x5xf32>) {
  %e = tensor.empty() : tensor<2x5xf32>
  %a = tensor.insert_slice %x into %e[0, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<2x5xf32>
  %b = tensor.insert_slice %y into %a[0, 3] [2, 2] [1, 1] : tensor<2x2xf32> into tensor<2x5xf32>
  %p = tensor.extract %pos[] : tensor<i32>
  %i = arith.index_cast %p : i32 to index
  %c = tensor.insert_slice %b into %cache[%i, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<4x5xf32>
  return %b, %c : tensor<2x5xf32>, tensor<4x5xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<2x3xf32>, %arg1: memref<2x2xf32>, %arg2: memref<i32>, %arg3: memref<4x5xf32> {psm.state, tf.aliasing_output = 1 : i32}, %arg4: memref<2x5xf32> {psm.result = 0 : i64}) {
// =>     func.call @main_kernel_0(%arg0, %arg1, %arg4) {psm.kernel} : (memref<2x3xf32>, memref<2x2xf32>, memref<2x5xf32>) -> ()
// =>     func.call @main_kernel_1(%arg4, %arg2, %arg3) {psm.kernel} : (memref<2x5xf32>, memref<i32>, memref<4x5xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<2x3xf32> {psm.access = "read"}, %arg1: memref<2x2xf32> {psm.access = "read"}, %arg2: memref<2x5xf32> {psm.access = "readwrite"}) attributes {psm.bytes = "80"} {
// =>     %0 = memref.subview %arg2[0, 0] [2, 3] [1, 1] : memref<2x5xf32> to memref<2x3xf32, strided<[5, 1]>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<2x3xf32>) outs(%0 : memref<2x3xf32, strided<[5, 1]>>) {
// =>     ^bb0(%arg3: f32, %arg4: f32):
// =>       linalg.yield %arg3 : f32
// =>     }
// =>     %1 = memref.subview %arg2[0, 3] [2, 2] [1, 1] : memref<2x5xf32> to memref<2x2xf32, strided<[5, 1], offset: 3>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg1 : memref<2x2xf32>) outs(%1 : memref<2x2xf32, strided<[5, 1], offset: 3>>) {
// =>     ^bb1(%arg5: f32, %arg6: f32):
// =>       linalg.yield %arg5 : f32
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_1(%arg0: memref<2x5xf32> {psm.access = "read"}, %arg1: memref<i32> {psm.access = "read"}, %arg2: memref<4x5xf32> {psm.access = "readwrite"}) attributes {psm.bytes = "84"} {
// =>     %0 = memref.load %arg1[] : memref<i32>
// =>     %1 = arith.index_cast %0 : i32 to index
// =>     %2 = memref.subview %arg2[%1, 0] [2, 5] [1, 1] : memref<4x5xf32> to memref<2x5xf32, strided<[5, 1], offset: ?>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<2x5xf32>) outs(%2 : memref<2x5xf32, strided<[5, 1], offset: ?>>) {
// =>     ^bb0(%arg3: f32, %arg4: f32):
// =>       linalg.yield %arg3 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// The old state is a result too, so the update may not happen in it: the kernel works on a copy, which goes back at the end.
func.func @main(%state: tensor<4xf32> {psm.state, tf.aliasing_output = 0 : i32}, %x: tensor<1xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %new = tensor.insert_slice %x into %state[2] [1] [1] : tensor<1xf32> into tensor<4xf32>
  return %new, %state : tensor<4xf32>, tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<1xf32>, %arg1: memref<4xf32> {psm.state, tf.aliasing_output = 0 : i32}, %arg2: memref<4xf32> {psm.result = 1 : i64}) {
// =>     %0 = memref.alloc() : memref<4xf32>
// =>     memref.copy %arg1, %0 : memref<4xf32> to memref<4xf32>
// =>     func.call @main_kernel_0(%arg0, %0) {psm.kernel} : (memref<1xf32>, memref<4xf32>) -> ()
// =>     memref.copy %arg1, %arg2 : memref<4xf32> to memref<4xf32>
// =>     memref.copy %0, %arg1 : memref<4xf32> to memref<4xf32>
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<1xf32> {psm.access = "read"}, %arg1: memref<4xf32> {psm.access = "readwrite"}) attributes {psm.bytes = "8"} {
// =>     %0 = memref.subview %arg1[2] [1] [1] : memref<4xf32> to memref<1xf32, strided<[1], offset: 2>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<1xf32>) outs(%0 : memref<1xf32, strided<[1], offset: 2>>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       linalg.yield %arg2 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Two states that change places are swapped through a buffer of their own.
func.func @main(%a: tensor<4xf32> {psm.state, tf.aliasing_output = 1 : i32}, %b: tensor<4xf32> {psm.state, tf.aliasing_output = 0 : i32}) -> (tensor<4xf32>, tensor<4xf32>) {
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<4xf32> {psm.state, tf.aliasing_output = 1 : i32}, %arg1: memref<4xf32> {psm.state, tf.aliasing_output = 0 : i32}) {
// =>     %0 = memref.alloc() : memref<4xf32>
// =>     memref.copy %arg0, %0 : memref<4xf32> to memref<4xf32>
// =>     memref.copy %arg1, %arg0 : memref<4xf32> to memref<4xf32>
// =>     memref.copy %0, %arg1 : memref<4xf32> to memref<4xf32>
// =>     func.return
// =>   }
// => }
// -----
// The counter and the sum live in one buffer each for all turns; what enters is copied there, as arguments are not written to.
func.func @main(%n: tensor<i32>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %e = tensor.empty() : tensor<i32>
  %start = linalg.fill ins(%zero : i32) outs(%e : tensor<i32>) -> tensor<i32>
  %r:2 = scf.while (%i = %start, %v = %x) : (tensor<i32>, tensor<4xf32>) -> (tensor<i32>, tensor<4xf32>) {
    %ec = tensor.empty() : tensor<i1>
    %c = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%i, %n : tensor<i32>, tensor<i32>) outs(%ec : tensor<i1>) {
    ^bb0(%a: i32, %b: i32, %o: i1):
      %lt = arith.cmpi slt, %a, %b : i32
      linalg.yield %lt : i1
    } -> tensor<i1>
    %go = tensor.extract %c[] : tensor<i1>
    scf.condition(%go) %i, %v : tensor<i32>, tensor<4xf32>
  } do {
  ^bb0(%i: tensor<i32>, %v: tensor<4xf32>):
    %next = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%i : tensor<i32>) {
    ^bb0(%a: i32):
      %s = arith.addi %a, %one : i32
      linalg.yield %s : i32
    } -> tensor<i32>
    %w = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%v : tensor<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %a, %o : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    scf.yield %next, %w : tensor<i32>, tensor<4xf32>
  }
  return %r#1 : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<i32>, %arg1: memref<4xf32>, %arg2: memref<4xf32> {psm.result = 0 : i64}) {
// =>     %0 = memref.alloc() : memref<i32>
// =>     func.call @main_kernel_3(%0) {psm.kernel} : (memref<i32>) -> ()
// =>     memref.copy %arg1, %arg2 : memref<4xf32> to memref<4xf32>
// =>     scf.while : () -> () {
// =>       %1 = memref.alloc() : memref<i1>
// =>       func.call @main_kernel_0(%0, %arg0, %1) {psm.kernel} : (memref<i32>, memref<i32>, memref<i1>) -> ()
// =>       %2 = memref.load %1[] : memref<i1>
// =>       scf.condition(%2)
// =>     } do {
// =>       func.call @main_kernel_1(%0) {psm.kernel} : (memref<i32>) -> ()
// =>       func.call @main_kernel_2(%arg1, %arg2) {psm.kernel} : (memref<4xf32>, memref<4xf32>) -> ()
// =>       scf.yield
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<i32> {psm.access = "read"}, %arg1: memref<i32> {psm.access = "read"}, %arg2: memref<i1> {psm.access = "write"}) attributes {psm.bytes = "9"} {
// =>     linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%arg0, %arg1 : memref<i32>, memref<i32>) outs(%arg2 : memref<i1>) {
// =>     ^bb0(%arg3: i32, %arg4: i32, %arg5: i1):
// =>       %0 = arith.cmpi slt, %arg3, %arg4 : i32
// =>       linalg.yield %0 : i1
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_1(%arg0: memref<i32> {psm.access = "readwrite"}) attributes {psm.bytes = "8", psm.flops = "1"} {
// =>     %0 = arith.constant 1 : i32
// =>     linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%arg0 : memref<i32>) {
// =>     ^bb0(%arg1: i32):
// =>       %1 = arith.addi %arg1, %0 : i32
// =>       linalg.yield %1 : i32
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_2(%arg0: memref<4xf32> {psm.access = "read"}, %arg1: memref<4xf32> {psm.access = "readwrite"}) attributes {psm.bytes = "48", psm.flops = "4"} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<4xf32>) outs(%arg1 : memref<4xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %0 = arith.addf %arg2, %arg3 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_3(%arg0: memref<i32> {psm.access = "write"}) attributes {psm.bytes = "4"} {
// =>     %0 = arith.constant 0 : i32
// =>     linalg.fill ins(%0 : i32) outs(%arg0 : memref<i32>)
// =>     func.return
// =>   }
// => }
// -----
// Loop-carried tensors that change places at every turn are swapped through a buffer of their own.
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %r:2 = scf.for %i = %c0 to %c5 step %c1 iter_args(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %s = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>, affine_map<(d) -> (d)>], iterator_types = ["parallel"]} ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %sum = arith.addf %p, %q : f32
      linalg.yield %sum : f32
    } -> tensor<4xf32>
    scf.yield %b, %s : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0 : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<4xf32>, %arg1: memref<4xf32>, %arg2: memref<4xf32> {psm.result = 0 : i64}) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 5 : index
// =>     %3 = memref.alloc() : memref<4xf32>
// =>     memref.copy %arg0, %arg2 : memref<4xf32> to memref<4xf32>
// =>     memref.copy %arg1, %3 : memref<4xf32> to memref<4xf32>
// =>     scf.for %arg3 = %0 to %2 step %1 {
// =>       %4 = memref.alloc() : memref<4xf32>
// =>       func.call @main_kernel_0(%arg2, %3, %4) {psm.kernel} : (memref<4xf32>, memref<4xf32>, memref<4xf32>) -> ()
// =>       memref.copy %3, %arg2 : memref<4xf32> to memref<4xf32>
// =>       memref.copy %4, %3 : memref<4xf32> to memref<4xf32>
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<4xf32> {psm.access = "read"}, %arg1: memref<4xf32> {psm.access = "read"}, %arg2: memref<4xf32> {psm.access = "write"}) attributes {psm.bytes = "48", psm.flops = "4"} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0, %arg1 : memref<4xf32>, memref<4xf32>) outs(%arg2 : memref<4xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %0 = arith.addf %arg3, %arg4 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Both branches leave their result in the function's own; the one that hands on an argument copies it.
func.func @main(%p: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %c = tensor.extract %p[] : tensor<i1>
  %r = scf.if %c -> (tensor<4xf32>) {
    %e = tensor.empty() : tensor<4xf32>
    %n = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.negf %a : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<i1>, %arg1: memref<4xf32>, %arg2: memref<4xf32> {psm.result = 0 : i64}) {
// =>     %0 = memref.load %arg0[] : memref<i1>
// =>     scf.if %0 {
// =>       func.call @main_kernel_0(%arg1, %arg2) {psm.kernel} : (memref<4xf32>, memref<4xf32>) -> ()
// =>     } else {
// =>       memref.copy %arg1, %arg2 : memref<4xf32> to memref<4xf32>
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<4xf32> {psm.access = "read"}, %arg1: memref<4xf32> {psm.access = "write"}) attributes {psm.bytes = "32", psm.flops = "4"} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<4xf32>) outs(%arg1 : memref<4xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %0 = arith.negf %arg2 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Symbolic sizes: an allocation takes them from where the tensor did, a view from the arguments.
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?xf32>, tensor<?x4xf32>) attributes {psm.shapes = ["s0, 4", "s0, 4", "s0, 4", "s0*4", "s0*4", "s0*4"], psm.symbols = ["s0 in [0, inf] input"]} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<?x4xf32>
  %m = arith.muli %n, %c4 : index
  %shape = tensor.from_elements %m : tensor<1xindex>
  %f = tensor.reshape %y(%shape) : (tensor<?x4xf32>, tensor<1xindex>) -> tensor<?xf32>
  %e1 = tensor.empty(%m) : tensor<?xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%f : tensor<?xf32>) outs(%e1 : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  return %z, %y : tensor<?xf32>, tensor<?x4xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<?x4xf32>, %arg1: memref<?xf32> {psm.result = 0 : i64}, %arg2: memref<?x4xf32> {psm.result = 1 : i64}) attributes {psm.shapes = ["s0, 4", "s0*4", "s0, 4", "s0*4"], psm.symbols = ["s0 in [0, inf] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 4 : index
// =>     %2 = arith.constant 0 : index
// =>     %3 = memref.dim %arg0, %2 : memref<?x4xf32>
// =>     func.call @main_kernel_0(%arg0, %arg2) {psm.kernel} : (memref<?x4xf32>, memref<?x4xf32>) -> ()
// =>     %4 = arith.muli %3, %1 : index
// =>     %5 = arith.constant 0 : index
// =>     %6 = memref.dim %arg1, %5 : memref<?xf32>
// =>     %7 = memref.reinterpret_cast %arg2 to offset: [0], sizes: [%6], strides: [1] : memref<?x4xf32> to memref<?xf32>
// =>     func.call @main_kernel_1(%7, %arg1) {psm.kernel} : (memref<?xf32>, memref<?xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<?x4xf32> {psm.access = "read"}, %arg1: memref<?x4xf32> {psm.access = "write"}) attributes {psm.bytes = "s0*32", psm.flops = "s0*4", psm.shapes = ["s0, 4", "s0, 4"], psm.symbols = ["s0 in [0, inf] input"]} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0 : memref<?x4xf32>) outs(%arg1 : memref<?x4xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %0 = arith.negf %arg2 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_1(%arg0: memref<?xf32> {psm.access = "read"}, %arg1: memref<?xf32> {psm.access = "write"}) attributes {psm.bytes = "s0*32", psm.flops = "s0*4", psm.shapes = ["s0*4", "s0*4"], psm.symbols = ["s0 in [0, inf] input"]} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<?xf32>) outs(%arg1 : memref<?xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %0 = arith.negf %arg2 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Each branch finds a size of its own; the buffer it makes is passed on with it. What comes after reads it like any other.
func.func @main(%p: tensor<i1>, %n: tensor<2xi32>) -> tensor<?xf32> attributes {psm.shapes = ["u0", "u0", "u1", "u1", "u2", "u2", "u2"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data", "u2 in [0, inf] data"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f32
  %c = tensor.extract %p[] : tensor<i1>
  %r = scf.if %c -> (tensor<?xf32>) {
    %k = tensor.extract %n[%c0] : tensor<2xi32>
    %size = arith.index_cast %k : i32 to index
    %e = tensor.empty(%size) : tensor<?xf32>
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %f : tensor<?xf32>
  } else {
    %k = tensor.extract %n[%c1] : tensor<2xi32>
    %size = arith.index_cast %k : i32 to index
    %e = tensor.empty(%size) : tensor<?xf32>
    %f = linalg.fill ins(%two : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %f : tensor<?xf32>
  }
  %m = tensor.dim %r, %c0 : tensor<?xf32>
  %e = tensor.empty(%m) : tensor<?xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%r : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.addf %a, %a : f32
    linalg.yield %q : f32
  } -> tensor<?xf32>
  return %s : tensor<?xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<i1>, %arg1: memref<2xi32>) -> (memref<?xf32> {psm.allocated_by_run, psm.result = 0 : i64}) attributes {psm.shapes = ["u0", "u7", "u1", "u8", "u9", "u2", "u2"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data", "u2 in [0, inf] data", "u7 in [0, inf] data", "u8 in [0, inf] data", "u9 in [0, inf] data"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = memref.load %arg0[] : memref<i1>
// =>     %3:2 = scf.if %2 -> (memref<?xf32>, index) {
// =>       %4 = memref.load %arg1[%0] : memref<2xi32>
// =>       %5 = arith.index_cast %4 : i32 to index
// =>       %6 = memref.alloc(%5) : memref<?xf32>
// =>       func.call @main_kernel_0(%6) {psm.kernel} : (memref<?xf32>) -> ()
// =>       %7 = memref.reinterpret_cast %6 to offset: [0], sizes: [%5], strides: [1] : memref<?xf32> to memref<?xf32>
// =>       scf.yield %7, %5 : memref<?xf32>, index
// =>     } else {
// =>       %8 = memref.load %arg1[%1] : memref<2xi32>
// =>       %9 = arith.index_cast %8 : i32 to index
// =>       %10 = memref.alloc(%9) : memref<?xf32>
// =>       func.call @main_kernel_1(%10) {psm.kernel} : (memref<?xf32>) -> ()
// =>       %11 = memref.reinterpret_cast %10 to offset: [0], sizes: [%9], strides: [1] : memref<?xf32> to memref<?xf32>
// =>       scf.yield %11, %9 : memref<?xf32>, index
// =>     }
// =>     %12 = memref.reinterpret_cast %3#0 to offset: [0], sizes: [%3#1], strides: [1] : memref<?xf32> to memref<?xf32>
// =>     %13 = memref.alloc(%3#1) : memref<?xf32>
// =>     func.call @main_kernel_2(%12, %13) {psm.kernel} : (memref<?xf32>, memref<?xf32>) -> ()
// =>     func.return %13 : memref<?xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<?xf32> {psm.access = "write"}) attributes {psm.bytes = "u0*4", psm.shapes = ["u0"], psm.symbols = ["u0 in [0, inf] data"]} {
// =>     %0 = arith.constant 1.000000e+00 : f32
// =>     linalg.fill ins(%0 : f32) outs(%arg0 : memref<?xf32>)
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_1(%arg0: memref<?xf32> {psm.access = "write"}) attributes {psm.bytes = "u1*4", psm.shapes = ["u1"], psm.symbols = ["u1 in [0, inf] data"]} {
// =>     %0 = arith.constant 2.000000e+00 : f32
// =>     linalg.fill ins(%0 : f32) outs(%arg0 : memref<?xf32>)
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_2(%arg0: memref<?xf32> {psm.access = "read"}, %arg1: memref<?xf32> {psm.access = "write"}) attributes {psm.bytes = "u2*8", psm.flops = "u2", psm.shapes = ["u2", "u2"], psm.symbols = ["u2 in [0, inf] data"]} {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<?xf32>) outs(%arg1 : memref<?xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %0 = arith.addf %arg2, %arg2 : f32
// =>       linalg.yield %0 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// A loop that makes its tensor longer at every turn: the old buffer is freed when the new one takes its place. The input is not the loop's to free, so a copy goes in.
func.func @main(%n: tensor<i32>, %x: tensor<3xf32>) -> tensor<?xf32> attributes {psm.shapes = ["u9", "u0", "u1", "u1", "u1", "u2"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data", "u2 in [0, inf] data", "u9 in [0, inf] data"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %k = tensor.extract %n[] : tensor<i32>
  %turns = arith.index_cast %k : i32 to index
  %start = tensor.cast %x : tensor<3xf32> to tensor<?xf32>
  %r = scf.for %i = %c0 to %turns step %c1 iter_args(%t = %start) -> (tensor<?xf32>) {
    %m = tensor.dim %t, %c0 : tensor<?xf32>
    %m1 = arith.addi %m, %c1 : index
    %e = tensor.empty(%m1) : tensor<?xf32>
    %f = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %u = tensor.insert_slice %t into %f[0] [%m] [1] : tensor<?xf32> into tensor<?xf32>
    scf.yield %u : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<i32>, %arg1: memref<3xf32>) -> (memref<?xf32> {psm.allocated_by_run, psm.result = 0 : i64}) attributes {psm.shapes = ["u9", "u9", "u5", "u6", "u0", "u1", "u7", "u8", "u2"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data", "u2 in [0, inf] data", "u5 in [0, inf] data", "u6 in [0, inf] data", "u7 in [0, inf] data", "u8 in [0, inf] data", "u9 in [0, inf] data"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = memref.load %arg0[] : memref<i32>
// =>     %3 = arith.index_cast %2 : i32 to index
// =>     %4 = arith.constant 3 : index
// =>     %5 = memref.reinterpret_cast %arg1 to offset: [0], sizes: [%4], strides: [1] : memref<3xf32> to memref<?xf32>
// =>     %6 = memref.alloc(%4) : memref<?xf32>
// =>     memref.copy %5, %6 : memref<?xf32> to memref<?xf32>
// =>     %7 = memref.reinterpret_cast %6 to offset: [0], sizes: [%4], strides: [1] : memref<?xf32> to memref<?xf32>
// =>     %8:2 = scf.for %arg2 = %0 to %3 step %1 iter_args(%arg3 = %7, %arg4 = %4) -> (memref<?xf32>, index) {
// =>       %9 = memref.reinterpret_cast %arg3 to offset: [0], sizes: [%arg4], strides: [1] : memref<?xf32> to memref<?xf32>
// =>       %10 = arith.addi %arg4, %1 : index
// =>       %11 = memref.alloc(%10) : memref<?xf32>
// =>       func.call @main_kernel_0(%11) {psm.kernel} : (memref<?xf32>) -> ()
// =>       func.call @main_kernel_1(%9, %11, %arg4) {psm.kernel} : (memref<?xf32>, memref<?xf32>, index) -> ()
// =>       %12 = memref.reinterpret_cast %11 to offset: [0], sizes: [%10], strides: [1] : memref<?xf32> to memref<?xf32>
// =>       memref.dealloc %9 : memref<?xf32>
// =>       scf.yield %12, %10 : memref<?xf32>, index
// =>     }
// =>     %13 = memref.reinterpret_cast %8#0 to offset: [0], sizes: [%8#1], strides: [1] : memref<?xf32> to memref<?xf32>
// =>     func.return %13 : memref<?xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<?xf32> {psm.access = "write"}) attributes {psm.bytes = "u1*4", psm.shapes = ["u1"], psm.symbols = ["u1 in [0, inf] data"]} {
// =>     %0 = arith.constant 1.000000e+00 : f32
// =>     linalg.fill ins(%0 : f32) outs(%arg0 : memref<?xf32>)
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_1(%arg0: memref<?xf32> {psm.access = "read"}, %arg1: memref<?xf32> {psm.access = "readwrite"}, %arg2: index) attributes {psm.bytes = "u0*4 + min(u0*4, u1*4)", psm.shapes = ["u0", "u1", "u0"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = memref.dim %arg0, %0 : memref<?xf32>
// =>     %2 = memref.subview %arg1[0] [%1] [1] : memref<?xf32> to memref<?xf32, strided<[1]>>
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<?xf32>) outs(%2 : memref<?xf32, strided<[1]>>) {
// =>     ^bb0(%arg3: f32, %arg4: f32):
// =>       linalg.yield %arg3 : f32
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// expected-error PS3020: func.call cannot be bufferized: @other is no kernel; calls of other functions must be inlined
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = func.call @other(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func private @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// -----
// The number of results is known only when the data is: the function allocates that result and gives it away. The input cannot be given away, so a copy is.
func.func @main(%n: tensor<i32>, %x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) attributes {psm.shapes = ["u1", "u0", "u0"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data"]} {
  %k = tensor.extract %n[] : tensor<i32>
  %size = arith.index_cast %k : i32 to index
  %one = arith.constant 1.0 : f32
  %e = tensor.empty(%size) : tensor<?xf32>
  %r = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r, %x : tensor<?xf32>, tensor<?xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<i32>, %arg1: memref<?xf32>) -> (memref<?xf32> {psm.allocated_by_run, psm.result = 0 : i64}, memref<?xf32> {psm.allocated_by_run, psm.result = 1 : i64}) attributes {psm.shapes = ["u1", "u0", "u1"], psm.symbols = ["u0 in [0, inf] data", "u1 in [0, inf] data"]} {
// =>     %0 = memref.load %arg0[] : memref<i32>
// =>     %1 = arith.index_cast %0 : i32 to index
// =>     %2 = memref.alloc(%1) : memref<?xf32>
// =>     func.call @main_kernel_0(%2) {psm.kernel} : (memref<?xf32>) -> ()
// =>     %3 = arith.constant 0 : index
// =>     %4 = memref.dim %arg1, %3 : memref<?xf32>
// =>     %5 = memref.alloc(%4) : memref<?xf32>
// =>     memref.copy %arg1, %5 : memref<?xf32> to memref<?xf32>
// =>     func.return %2, %5 : memref<?xf32>, memref<?xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<?xf32> {psm.access = "write"}) attributes {psm.bytes = "u0*4", psm.shapes = ["u0"], psm.symbols = ["u0 in [0, inf] data"]} {
// =>     %0 = arith.constant 1.000000e+00 : f32
// =>     linalg.fill ins(%0 : f32) outs(%arg0 : memref<?xf32>)
// =>     func.return
// =>   }
// => }
// -----
// Memrefs already: nothing changes.
func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}
// => unchanged
// -----
// A kernel gets the flat tensor alone. Its size, a product, is read off the argument: the loop keeps to one buffer of its own, and passes none on.
func.func @main(%x: tensor<?x2xf32>, %n: index) -> tensor<?x2xf32> attributes {psm.shapes = ["s, 2", "s*2", "s*2", "s*2", "s*2", "s, 2"], psm.symbols = ["s in [0, 6] input"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %flat = tensor.collapse_shape %x [[0, 1]] : tensor<?x2xf32> into tensor<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%t = %flat) -> (tensor<?xf32>) {
    %v = tensor.extract %flat[%i] : tensor<?xf32>
    %w = tensor.extract %t[%c0] : tensor<?xf32>
    %sum = arith.addf %v, %w : f32
    %u = tensor.insert %sum into %t[%i] : tensor<?xf32>
    scf.yield %u : tensor<?xf32>
  }
  %s = tensor.dim %x, %c0 : tensor<?x2xf32>
  %back = tensor.expand_shape %r [[0, 1]] output_shape [%s, 2] : tensor<?xf32> into tensor<?x2xf32>
  return %back : tensor<?x2xf32>
}
// => module {
// =>   func.func @main(%arg0: memref<?x2xf32>, %arg1: index, %arg2: memref<?x2xf32> {psm.result = 0 : i64}) attributes {psm.shapes = ["s, 2", "s, 2", "s*2", "s*2"], psm.symbols = ["s in [0, 6] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 0 : index
// =>     %2 = memref.dim %arg0, %1 : memref<?x2xf32>
// =>     %3 = arith.constant 2 : index
// =>     %4 = arith.muli %3, %2 : index
// =>     %5 = memref.reinterpret_cast %arg0 to offset: [0], sizes: [%4], strides: [1] : memref<?x2xf32> to memref<?xf32>
// =>     %6 = arith.constant 0 : index
// =>     %7 = memref.dim %arg0, %6 : memref<?x2xf32>
// =>     %8 = arith.constant 2 : index
// =>     %9 = arith.muli %8, %7 : index
// =>     %10 = memref.reinterpret_cast %arg2 to offset: [0], sizes: [%9], strides: [1] : memref<?x2xf32> to memref<?xf32>
// =>     memref.copy %5, %10 : memref<?xf32> to memref<?xf32>
// =>     func.call @main_kernel_0(%10, %arg1) {psm.kernel} : (memref<?xf32>, index) -> ()
// =>     %11 = arith.constant 0 : index
// =>     %12 = memref.dim %arg0, %11 : memref<?x2xf32>
// =>     func.return
// =>   }
// =>   func.func private @main_kernel_0(%arg0: memref<?xf32> {psm.access = "readwrite"}, %arg1: index) attributes {psm.bytes = "s*16", psm.flops = "1", psm.shapes = ["s*2", "s*2"], psm.symbols = ["s in [0, 6] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 0 : index
// =>     %3 = memref.dim %arg0, %2 : memref<?xf32>
// =>     %4 = memref.alloc(%3) : memref<?xf32>
// =>     memref.copy %arg0, %4 : memref<?xf32> to memref<?xf32>
// =>     scf.for %arg2 = %0 to %arg1 step %1 {
// =>       %5 = memref.load %arg0[%arg2] : memref<?xf32>
// =>       %6 = memref.load %4[%0] : memref<?xf32>
// =>       %7 = arith.addf %5, %6 : f32
// =>       memref.store %7, %4[%arg2] : memref<?xf32>
// =>     }
// =>     memref.copy %4, %arg0 : memref<?xf32> to memref<?xf32>
// =>     func.return
// =>   }
// => }
