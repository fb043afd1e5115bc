// RUN: outline-kernels
// -----
// Each structured operation becomes a kernel; the constant it needs moves in, weights and sizes stay with the host.
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %w : tensor<4x8xf32>, tensor<8xf32>) outs(%f : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<4x8xf32>) -> tensor<4x8xf32> {
// =>     %0 = arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]> : tensor<8xf32>
// =>     %1 = tensor.empty() : tensor<4x8xf32>
// =>     %2 = func.call @main_kernel_0(%1) {psm.kernel} : (tensor<4x8xf32>) -> tensor<4x8xf32>
// =>     %3 = func.call @main_kernel_1(%arg0, %0, %2) {psm.kernel} : (tensor<4x8xf32>, tensor<8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
// =>     func.return %3 : tensor<4x8xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {psm.bytes = "128"} {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = linalg.fill ins(%0 : f32) outs(%arg0 : tensor<4x8xf32>) -> tensor<4x8xf32>
// =>     func.return %1 : tensor<4x8xf32>
// =>   }
// =>   func.func private @main_kernel_1(%arg0: tensor<4x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {psm.bytes = "416", psm.flops = "64"} {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<8xf32>) outs(%arg2 : tensor<4x8xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
// =>       %1 = arith.mulf %arg3, %arg4 : f32
// =>       %2 = arith.addf %arg5, %1 : f32
// =>       linalg.yield %2 : f32
// =>     } -> tensor<4x8xf32>
// =>     func.return %0 : tensor<4x8xf32>
// =>   }
// => }
// -----
// Equal kernels are one function.
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %n = arith.negf %v : f32
    linalg.yield %n : f32
  } -> tensor<4xf32>
  %f = tensor.empty() : tensor<4xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %n = arith.negf %v : f32
    linalg.yield %n : f32
  } -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
// =>     %0 = tensor.empty() : tensor<4xf32>
// =>     %1 = func.call @main_kernel_0(%arg0, %0) {psm.kernel} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// =>     %2 = tensor.empty() : tensor<4xf32>
// =>     %3 = func.call @main_kernel_0(%1, %2) {psm.kernel} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// =>     func.return %1, %3 : tensor<4xf32>, tensor<4xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>) -> tensor<4xf32> attributes {psm.bytes = "32", psm.flops = "4"} {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : tensor<4xf32>) outs(%arg1 : tensor<4xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %1 = arith.negf %arg2 : f32
// =>       linalg.yield %1 : f32
// =>     } -> tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// => }
// -----
// The reduction and its use are marked as one group: the tensor between them never leaves the kernel. The operation between depends on the group and moves behind it.
func.func @main(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill {psm.group = 0 : i64} ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) attrs = {psm.group = 0 : i64} {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%m : tensor<4xf32>) outs(%e2 : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %g = arith.negf %v : f32
    linalg.yield %g : f32
  } -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %m : tensor<4x8xf32>, tensor<4xf32>) outs(%e3 : tensor<4x8xf32>) attrs = {psm.group = 0 : i64} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  return %r, %n : tensor<4x8xf32>, tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
// =>     %0 = tensor.empty() : tensor<4xf32>
// =>     %1 = tensor.empty() : tensor<4xf32>
// =>     %2 = tensor.empty() : tensor<4x8xf32>
// =>     %3:2 = func.call @main_kernel_0(%arg0, %0, %2) {psm.kernel} : (tensor<4x8xf32>, tensor<4xf32>, tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>)
// =>     %4 = func.call @main_kernel_1(%3#0, %1) {psm.kernel} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// =>     func.return %3#1, %4 : tensor<4x8xf32>, tensor<4xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: tensor<4x8xf32>, %arg1: tensor<4xf32>, %arg2: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) attributes {psm.bytes = "272", psm.flops = "64"} {
// =>     %0 = arith.constant 0.000000e+00 : f32
// =>     %1 = linalg.fill ins(%0 : f32) outs(%arg1 : tensor<4xf32>) -> tensor<4xf32>
// =>     %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<4x8xf32>) outs(%1 : tensor<4xf32>) {
// =>     ^bb0(%arg3: f32, %arg4: f32):
// =>       %3 = arith.addf %arg4, %arg3 : f32
// =>       linalg.yield %3 : f32
// =>     } -> tensor<4xf32>
// =>     %4 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%arg0, %2 : tensor<4x8xf32>, tensor<4xf32>) outs(%arg2 : tensor<4x8xf32>) {
// =>     ^bb1(%arg5: f32, %arg6: f32, %arg7: f32):
// =>       %5 = arith.divf %arg5, %arg6 : f32
// =>       linalg.yield %5 : f32
// =>     } -> tensor<4x8xf32>
// =>     func.return %2, %4 : tensor<4xf32>, tensor<4x8xf32>
// =>   }
// =>   func.func private @main_kernel_1(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>) -> tensor<4xf32> attributes {psm.bytes = "32", psm.flops = "4"} {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : tensor<4xf32>) outs(%arg1 : tensor<4xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %1 = arith.negf %arg2 : f32
// =>       linalg.yield %1 : f32
// =>     } -> tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// => }
// -----
// expected-error PS3010: a group of operations cannot be one kernel: its operations depend on each other through others
func.func @main(%x: tensor<4xf32>, %y: tensor<f32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {psm.group = 0 : i64} {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<4xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%b : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {psm.group = 0 : i64} {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %c : tensor<4xf32>
}
// -----
// A loop over elements is one kernel; the number it starts from is read inside.
func.func @main(%x: tensor<4xf32>, %at: tensor<3xi32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %one = arith.constant 1.0 : f32
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%t = %x) -> (tensor<4xf32>) {
    %p = tensor.extract %at[%i] : tensor<3xi32>
    %k = arith.index_cast %p : i32 to index
    %old = tensor.extract %t[%k] : tensor<4xf32>
    %new = arith.addf %old, %one : f32
    %u = tensor.insert %new into %t[%k] : tensor<4xf32>
    scf.yield %u : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<3xi32>) -> tensor<4xf32> {
// =>     %0 = func.call @main_kernel_0(%arg1, %arg0) {psm.kernel} : (tensor<3xi32>, tensor<4xf32>) -> tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: tensor<3xi32>, %arg1: tensor<4xf32>) -> tensor<4xf32> attributes {psm.bytes = "44", psm.flops = "3"} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 3 : index
// =>     %2 = arith.constant 1 : index
// =>     %3 = arith.constant 1.000000e+00 : f32
// =>     %4 = scf.for %arg2 = %0 to %1 step %2 iter_args(%arg3 = %arg1) -> (tensor<4xf32>) {
// =>       %5 = tensor.extract %arg0[%arg2] : tensor<3xi32>
// =>       %6 = arith.index_cast %5 : i32 to index
// =>       %7 = tensor.extract %arg3[%6] : tensor<4xf32>
// =>       %8 = arith.addf %7, %3 : f32
// =>       %9 = tensor.insert %8 into %arg3[%6] : tensor<4xf32>
// =>       scf.yield %9 : tensor<4xf32>
// =>     }
// =>     func.return %4 : tensor<4xf32>
// =>   }
// => }
// -----
// Control flow of the host stays; what its regions compute becomes kernels. The numbers that steer it are one kernel, and the host reads the condition.
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
    %ei = tensor.empty() : tensor<i32>
    %next = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%i : tensor<i32>) outs(%ei : tensor<i32>) {
    ^bb0(%a: i32, %o: i32):
      %s = arith.addi %a, %one : i32
      linalg.yield %s : i32
    } -> tensor<i32>
    %twice = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%next : tensor<i32>) outs(%ei : tensor<i32>) {
    ^bb0(%a: i32, %o: i32):
      %s = arith.addi %a, %a : i32
      linalg.yield %s : i32
    } -> tensor<i32>
    %ev = tensor.empty() : tensor<4xf32>
    %w = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>], iterator_types = ["parallel"]} ins(%v : tensor<4xf32>) outs(%ev : tensor<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %a, %a : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    scf.yield %twice, %w : tensor<i32>, tensor<4xf32>
  }
  return %r#1 : tensor<4xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<i32>, %arg1: tensor<4xf32>) -> tensor<4xf32> {
// =>     %0 = tensor.empty() : tensor<i32>
// =>     %1 = func.call @main_kernel_3(%0) {psm.kernel} : (tensor<i32>) -> tensor<i32>
// =>     %2:2 = scf.while (%arg2 = %1, %arg3 = %arg1) : (tensor<i32>, tensor<4xf32>) -> (tensor<i32>, tensor<4xf32>) {
// =>       %3 = tensor.empty() : tensor<i1>
// =>       %4 = func.call @main_kernel_0(%arg2, %arg0, %3) {psm.kernel} : (tensor<i32>, tensor<i32>, tensor<i1>) -> tensor<i1>
// =>       %5 = tensor.extract %4[] : tensor<i1>
// =>       scf.condition(%5) %arg2, %arg3 : tensor<i32>, tensor<4xf32>
// =>     } do {
// =>     ^bb0(%arg4: tensor<i32>, %arg5: tensor<4xf32>):
// =>       %6 = tensor.empty() : tensor<i32>
// =>       %7 = func.call @main_kernel_1(%arg4, %6) {psm.kernel} : (tensor<i32>, tensor<i32>) -> tensor<i32>
// =>       %8 = tensor.empty() : tensor<4xf32>
// =>       %9 = func.call @main_kernel_2(%arg5, %8) {psm.kernel} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// =>       scf.yield %7, %9 : tensor<i32>, tensor<4xf32>
// =>     }
// =>     func.return %2#1 : tensor<4xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: tensor<i32>, %arg1: tensor<i32>, %arg2: tensor<i1>) -> tensor<i1> attributes {psm.bytes = "9"} {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%arg0, %arg1 : tensor<i32>, tensor<i32>) outs(%arg2 : tensor<i1>) {
// =>     ^bb0(%arg3: i32, %arg4: i32, %arg5: i1):
// =>       %1 = arith.cmpi slt, %arg3, %arg4 : i32
// =>       linalg.yield %1 : i1
// =>     } -> tensor<i1>
// =>     func.return %0 : tensor<i1>
// =>   }
// =>   func.func private @main_kernel_1(%arg0: tensor<i32>, %arg1: tensor<i32>) -> tensor<i32> attributes {psm.bytes = "8", psm.flops = "2"} {
// =>     %0 = arith.constant 1 : i32
// =>     %1 = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%arg0 : tensor<i32>) outs(%arg1 : tensor<i32>) {
// =>     ^bb0(%arg2: i32, %arg3: i32):
// =>       %2 = arith.addi %arg2, %0 : i32
// =>       linalg.yield %2 : i32
// =>     } -> tensor<i32>
// =>     %3 = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%1 : tensor<i32>) outs(%arg1 : tensor<i32>) {
// =>     ^bb1(%arg4: i32, %arg5: i32):
// =>       %4 = arith.addi %arg4, %arg4 : i32
// =>       linalg.yield %4 : i32
// =>     } -> tensor<i32>
// =>     func.return %3 : tensor<i32>
// =>   }
// =>   func.func private @main_kernel_2(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>) -> tensor<4xf32> attributes {psm.bytes = "32", psm.flops = "4"} {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : tensor<4xf32>) outs(%arg1 : tensor<4xf32>) {
// =>     ^bb0(%arg2: f32, %arg3: f32):
// =>       %1 = arith.addf %arg2, %arg2 : f32
// =>       linalg.yield %1 : f32
// =>     } -> tensor<4xf32>
// =>     func.return %0 : tensor<4xf32>
// =>   }
// =>   func.func private @main_kernel_3(%arg0: tensor<i32>) -> tensor<i32> attributes {psm.bytes = "4"} {
// =>     %0 = arith.constant 0 : i32
// =>     %1 = linalg.fill ins(%0 : i32) outs(%arg0 : tensor<i32>) -> tensor<i32>
// =>     func.return %1 : tensor<i32>
// =>   }
// => }
// -----
// A size that the host needs stays with it and is passed on; the size of a type is no argument.
func.func @main(%x: tensor<?xf32>, %n: tensor<i32>) -> tensor<?xf32> {
  %k = tensor.extract %n[] : tensor<i32>
  %size = arith.index_cast %k : i32 to index
  %e = tensor.empty(%size) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<?xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %back = arith.subi %size, %i : index
    %m = arith.remui %i, %back : index
    %v = tensor.extract %x[%m] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}
// => module {
// =>   func.func @main(%arg0: tensor<?xf32>, %arg1: tensor<i32>) -> tensor<?xf32> attributes {psm.shapes = ["s0", "u1", "u1"], psm.symbols = ["s0 in [0, inf] input", "u1 in [0, inf] data"]} {
// =>     %0 = tensor.extract %arg1[] : tensor<i32>
// =>     %1 = arith.index_cast %0 : i32 to index
// =>     %2 = tensor.empty(%1) : tensor<?xf32>
// =>     %3 = func.call @main_kernel_0(%arg0, %2, %1) {psm.kernel} : (tensor<?xf32>, tensor<?xf32>, index) -> tensor<?xf32>
// =>     func.return %3 : tensor<?xf32>
// =>   }
// =>   func.func private @main_kernel_0(%arg0: tensor<?xf32>, %arg1: tensor<?xf32>, %arg2: index) -> tensor<?xf32> attributes {psm.bytes = "u1*4 + min(s0*4, u1*4)", psm.shapes = ["s0", "u1", "u1"], psm.symbols = ["s0 in [0, inf] input", "u1 in [0, inf] data"]} {
// =>     %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%arg1 : tensor<?xf32>) {
// =>     ^bb0(%arg3: f32):
// =>       %1 = linalg.index 0 : index
// =>       %2 = arith.subi %arg2, %1 : index
// =>       %3 = arith.remui %1, %2 : index
// =>       %4 = tensor.extract %arg0[%3] : tensor<?xf32>
// =>       linalg.yield %4 : f32
// =>     } -> tensor<?xf32>
// =>     func.return %0 : tensor<?xf32>
// =>   }
// => }
// -----
// Nothing to compute: nothing changes.
func.func @main(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  %c2 = arith.constant 2 : index
  %s = tensor.from_elements %c2, %c2 : tensor<2xindex>
  %r = tensor.reshape %x(%s) : (tensor<4xf32>, tensor<2xindex>) -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}
// => unchanged
