// RUN: place-buffers
// -----
// The first and the third buffer are never live together and share bytes; the total meets the bound.
func.func @main(%x: memref<100xf32>, %y: memref<100xf32>) {
  %a = memref.alloc() : memref<100xf32>
  func.call @k(%x, %a) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
  %b = memref.alloc() : memref<100xf32>
  func.call @k(%a, %b) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
  %c = memref.alloc() : memref<100xf32>
  func.call @k(%b, %c) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
  func.call @k(%c, %y) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
  return
}
func.func private @k(memref<100xf32>, memref<100xf32>)
// => module {
// =>   func.func @main(%arg0: memref<100xf32>, %arg1: memref<100xf32>, %arg2: memref<896xi8>) attributes {psm.arena_bytes = 896 : i64, psm.arena_lower_bound = 896 : i64} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 448 : index
// =>     %2 = memref.view %arg2[%0][] : memref<896xi8> to memref<100xf32>
// =>     func.call @k(%arg0, %2) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
// =>     %3 = memref.view %arg2[%1][] : memref<896xi8> to memref<100xf32>
// =>     func.call @k(%2, %3) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
// =>     %4 = memref.view %arg2[%0][] : memref<896xi8> to memref<100xf32>
// =>     func.call @k(%3, %4) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
// =>     func.call @k(%4, %arg1) {psm.kernel} : (memref<100xf32>, memref<100xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @k(memref<100xf32>, memref<100xf32>)
// => }
// -----
// What a loop uses is live for all its turns if it is made outside; the two buffers inside share bytes with each other.
func.func @main(%p: memref<i1>, %x: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  scf.while : () -> () {
    %go = memref.load %p[] : memref<i1>
    %b = memref.alloc() : memref<16xf32>
    func.call @k(%x, %b) : (memref<16xf32>, memref<16xf32>) -> ()
    scf.condition(%go)
  } do {
    %c = memref.alloc() : memref<16xf32>
    func.call @k(%x, %c) : (memref<16xf32>, memref<16xf32>) -> ()
    func.call @k(%c, %a) : (memref<16xf32>, memref<16xf32>) -> ()
    scf.yield
  }
  return
}
func.func private @k(memref<16xf32>, memref<16xf32>)
// => module {
// =>   func.func @main(%arg0: memref<i1>, %arg1: memref<16xf32>, %arg2: memref<128xi8>) attributes {psm.arena_bytes = 128 : i64, psm.arena_lower_bound = 128 : i64} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 64 : index
// =>     %2 = memref.view %arg2[%0][] : memref<128xi8> to memref<16xf32>
// =>     scf.while : () -> () {
// =>       %3 = memref.load %arg0[] : memref<i1>
// =>       %4 = memref.view %arg2[%1][] : memref<128xi8> to memref<16xf32>
// =>       func.call @k(%arg1, %4) : (memref<16xf32>, memref<16xf32>) -> ()
// =>       scf.condition(%3)
// =>     } do {
// =>       %5 = memref.view %arg2[%1][] : memref<128xi8> to memref<16xf32>
// =>       func.call @k(%arg1, %5) : (memref<16xf32>, memref<16xf32>) -> ()
// =>       func.call @k(%5, %2) : (memref<16xf32>, memref<16xf32>) -> ()
// =>       scf.yield
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @k(memref<16xf32>, memref<16xf32>)
// => }
// -----
// Sizes that the inputs decide lie in slots behind the fixed ones; a view of a buffer keeps it live.
func.func @main(%x: memref<?x4xf32>, %y: memref<?xf32>) attributes {psm.shapes = ["s0, 4", "s1", "s0*4", "s0, 4", "s0*4", "s1"], psm.symbols = ["s0 in [1, 64] input", "s1 in [0, inf] input"]} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = memref.dim %x, %c0 : memref<?x4xf32>
  %m = arith.muli %n, %c4 : index
  %f = memref.alloc() : memref<3xf32>
  %a = memref.alloc(%m) : memref<?xf32>
  %v = memref.reinterpret_cast %a to offset: [0], sizes: [%n, 4], strides: [4, 1] : memref<?xf32> to memref<?x4xf32>
  memref.copy %x, %v : memref<?x4xf32> to memref<?x4xf32>
  %b = memref.alloc(%m) : memref<?xf32>
  memref.copy %a, %b : memref<?xf32> to memref<?xf32>
  func.call @k(%b, %f) : (memref<?xf32>, memref<3xf32>) -> ()
  %k = memref.dim %y, %c0 : memref<?xf32>
  %c = memref.alloc(%k) : memref<?xf32>
  memref.copy %y, %c : memref<?xf32> to memref<?xf32>
  func.call @k(%c, %f) : (memref<?xf32>, memref<3xf32>) -> ()
  return
}
func.func private @k(memref<?xf32>, memref<3xf32>)
// => module {
// =>   func.func @main(%arg0: memref<?x4xf32>, %arg1: memref<?xf32>, %arg2: memref<?xi8>) attributes {psm.arena_bytes = "floordiv(s0 + 3, 4)*64 + max(floordiv(s0 + 3, 4)*64, floordiv(s1 + 15, 16)*64) + 64", psm.arena_lower_bound = "floordiv(s0 + 3, 4)*128", psm.shapes = ["s0, 4", "s1", "floordiv(s0 + 3, 4)*64 + max(floordiv(s0 + 3, 4)*64, floordiv(s1 + 15, 16)*64) + 64", "s0*4", "s0, 4", "s0*4", "s1"], psm.symbols = ["s0 in [1, 64] input", "s1 in [0, inf] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 64 : index
// =>     %2 = arith.constant 0 : index
// =>     %3 = memref.dim %arg0, %2 : memref<?x4xf32>
// =>     %4 = arith.constant 3 : index
// =>     %5 = arith.addi %3, %4 : index
// =>     %6 = arith.constant 4 : index
// =>     %7 = arith.floordivsi %5, %6 : index
// =>     %8 = arith.constant 64 : index
// =>     %9 = arith.muli %8, %7 : index
// =>     %10 = arith.constant 0 : index
// =>     %11 = memref.dim %arg1, %10 : memref<?xf32>
// =>     %12 = arith.constant 15 : index
// =>     %13 = arith.addi %11, %12 : index
// =>     %14 = arith.constant 16 : index
// =>     %15 = arith.floordivsi %13, %14 : index
// =>     %16 = arith.constant 64 : index
// =>     %17 = arith.muli %16, %15 : index
// =>     %18 = arith.maxsi %9, %17 : index
// =>     %19 = arith.constant 64 : index
// =>     %20 = arith.addi %18, %19 : index
// =>     %21 = arith.constant 0 : index
// =>     %22 = arith.constant 4 : index
// =>     %23 = memref.dim %arg0, %21 : memref<?x4xf32>
// =>     %24 = arith.muli %23, %22 : index
// =>     %25 = memref.view %arg2[%0][] : memref<?xi8> to memref<3xf32>
// =>     %26 = memref.view %arg2[%1][%24] : memref<?xi8> to memref<?xf32>
// =>     %27 = memref.reinterpret_cast %26 to offset: [0], sizes: [%23, 4], strides: [4, 1] : memref<?xf32> to memref<?x4xf32>
// =>     memref.copy %arg0, %27 : memref<?x4xf32> to memref<?x4xf32>
// =>     %28 = memref.view %arg2[%20][%24] : memref<?xi8> to memref<?xf32>
// =>     memref.copy %26, %28 : memref<?xf32> to memref<?xf32>
// =>     func.call @k(%28, %25) : (memref<?xf32>, memref<3xf32>) -> ()
// =>     %29 = memref.dim %arg1, %21 : memref<?xf32>
// =>     %30 = memref.view %arg2[%1][%29] : memref<?xi8> to memref<?xf32>
// =>     memref.copy %arg1, %30 : memref<?xf32> to memref<?xf32>
// =>     func.call @k(%30, %25) : (memref<?xf32>, memref<3xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @k(memref<?xf32>, memref<3xf32>)
// => }
// -----
// Data decides two sizes: one has a limit and a place for that; the other is allocated and freed after its last use. What is returned is neither placed nor freed.
func.func @main(%n: memref<2xindex>) -> memref<?xf32> attributes {psm.shapes = ["u0", "u1", "u1"], psm.symbols = ["u0 in [0, 100] data", "u1 in [0, inf] data"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %i = memref.load %n[%c0] : memref<2xindex>
  %j = memref.load %n[%c1] : memref<2xindex>
  %a = memref.alloc(%i) : memref<?xf32>
  func.call @k(%a) : (memref<?xf32>) -> ()
  %b = memref.alloc(%j) : memref<?xf32>
  func.call @k(%b) : (memref<?xf32>) -> ()
  %r = memref.alloc(%j) : memref<?xf32>
  memref.copy %b, %r : memref<?xf32> to memref<?xf32>
  return %r : memref<?xf32>
}
func.func private @k(memref<?xf32>)
// => module {
// =>   func.func @main(%arg0: memref<2xindex>, %arg1: memref<448xi8>) -> memref<?xf32> attributes {psm.arena_bytes = 448 : i64, psm.arena_lower_bound = 448 : i64, psm.shapes = ["u0", "u1", "u1"], psm.symbols = ["u0 in [0, 100] data", "u1 in [0, inf] data"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 0 : index
// =>     %2 = arith.constant 1 : index
// =>     %3 = memref.load %arg0[%1] : memref<2xindex>
// =>     %4 = memref.load %arg0[%2] : memref<2xindex>
// =>     %5 = memref.view %arg1[%0][%3] : memref<448xi8> to memref<?xf32>
// =>     func.call @k(%5) : (memref<?xf32>) -> ()
// =>     %6 = memref.alloc(%4) : memref<?xf32>
// =>     func.call @k(%6) : (memref<?xf32>) -> ()
// =>     %7 = memref.alloc(%4) : memref<?xf32>
// =>     memref.copy %6, %7 : memref<?xf32> to memref<?xf32>
// =>     memref.dealloc %6 : memref<?xf32>
// =>     func.return %7 : memref<?xf32>
// =>   }
// =>   func.func private @k(memref<?xf32>)
// => }
// -----
// Kernels are left alone, and nothing to place needs no arena.
func.func private @kernel() {
  %a = memref.alloc() : memref<4xf32>
  return
}
func.func @main(%x: memref<4xf32>) {
  return
}
// => module {
// =>   func.func private @kernel() {
// =>     %0 = memref.alloc() : memref<4xf32>
// =>     func.return
// =>   }
// =>   func.func @main(%arg0: memref<4xf32>) attributes {psm.arena_bytes = 0 : i64, psm.arena_lower_bound = 0 : i64} {
// =>     func.return
// =>   }
// => }
