// RUN: place-scratch
// -----
// A little storage lies on the stack, made once however often the loop around it turns.
func.func private @kernel(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %a = memref.alloc() : memref<4xf32>
    memref.copy %x, %a : memref<4xf32> to memref<4xf32>
    memref.copy %a, %x : memref<4xf32> to memref<4xf32>
  }
  return
}
// => module {
// =>   func.func private @kernel(%arg0: memref<4xf32>) {
// =>     %0 = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
// =>     %1 = arith.constant 0 : index
// =>     %2 = arith.constant 1 : index
// =>     %3 = arith.constant 4 : index
// =>     scf.for %arg1 = %1 to %3 step %2 {
// =>       memref.copy %arg0, %0 : memref<4xf32> to memref<4xf32>
// =>       memref.copy %0, %arg0 : memref<4xf32> to memref<4xf32>
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// More becomes an argument; the two buffers are never live together and share it.
func.func private @kernel(%x: memref<8192xf32>, %n: index) {
  %a = memref.alloc() : memref<8192xf32>
  memref.copy %x, %a : memref<8192xf32> to memref<8192xf32>
  memref.copy %a, %x : memref<8192xf32> to memref<8192xf32>
  %b = memref.alloc() : memref<8192xf32>
  memref.copy %x, %b : memref<8192xf32> to memref<8192xf32>
  memref.copy %b, %x : memref<8192xf32> to memref<8192xf32>
  return
}
func.func @main(%x: memref<8192xf32>) {
  %c3 = arith.constant 3 : index
  func.call @kernel(%x, %c3) {psm.kernel} : (memref<8192xf32>, index) -> ()
  return
}
// => module {
// =>   func.func private @kernel(%arg0: memref<8192xf32>, %arg1: index, %arg2: memref<32768xi8> {psm.scratch}) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 0 : index
// =>     %2 = memref.view %arg2[%0][] : memref<32768xi8> to memref<8192xf32>
// =>     memref.copy %arg0, %2 : memref<8192xf32> to memref<8192xf32>
// =>     memref.copy %2, %arg0 : memref<8192xf32> to memref<8192xf32>
// =>     %3 = memref.view %arg2[%1][] : memref<32768xi8> to memref<8192xf32>
// =>     memref.copy %arg0, %3 : memref<8192xf32> to memref<8192xf32>
// =>     memref.copy %3, %arg0 : memref<8192xf32> to memref<8192xf32>
// =>     func.return
// =>   }
// =>   func.func @main(%arg0: memref<8192xf32>) {
// =>     %0 = arith.constant 3 : index
// =>     %1 = memref.alloc() : memref<32768xi8>
// =>     func.call @kernel(%arg0, %0, %1) {psm.kernel} : (memref<8192xf32>, index, memref<32768xi8>) -> ()
// =>     func.return
// =>   }
// => }
// -----
// Chunks run at the same time: each has a piece, whose size the inputs decide, and the caller allocates all of them before the launch.
func.func private @kernel(%x: memref<?xf32> {psm.access = "read"}, %chunk: index) attributes {psm.chunks = "8", psm.shapes = ["s0", "s0"], psm.symbols = ["s0 in [0, inf] input"]} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %a = memref.alloc(%n) : memref<?xf32>
  memref.copy %x, %a : memref<?xf32> to memref<?xf32>
  return
}
func.func @main(%x: memref<?xf32>) attributes {psm.shapes = ["s0"], psm.symbols = ["s0 in [0, inf] input"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    func.call @kernel(%x, %i) {psm.kernel} : (memref<?xf32>, index) -> ()
    scf.reduce
  }
  return
}
// => module {
// =>   func.func private @kernel(%arg0: memref<?xf32> {psm.access = "read"}, %arg1: memref<?xi8> {psm.scratch}, %arg2: index) attributes {psm.chunks = "8", psm.shapes = ["s0", "floordiv(s0 + 15, 16)*512", "s0"], psm.symbols = ["s0 in [0, inf] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = memref.dim %arg1, %0 : memref<?xi8>
// =>     %2 = arith.constant 512 : index
// =>     %3 = arith.divsi %1, %2 : index
// =>     %4 = arith.constant 64 : index
// =>     %5 = arith.muli %4, %3 : index
// =>     %6 = arith.muli %arg2, %5 : index
// =>     %7 = arith.constant 0 : index
// =>     %8 = arith.addi %6, %7 : index
// =>     %9 = arith.constant 0 : index
// =>     %10 = memref.dim %arg0, %9 : memref<?xf32>
// =>     %11 = memref.view %arg1[%8][%10] : memref<?xi8> to memref<?xf32>
// =>     memref.copy %arg0, %11 : memref<?xf32> to memref<?xf32>
// =>     func.return
// =>   }
// =>   func.func @main(%arg0: memref<?xf32>) attributes {psm.shapes = ["s0", "floordiv(s0 + 15, 16)*512"], psm.symbols = ["s0 in [0, inf] input"]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 8 : index
// =>     %3 = arith.constant 0 : index
// =>     %4 = memref.dim %arg0, %3 : memref<?xf32>
// =>     %5 = arith.constant 15 : index
// =>     %6 = arith.addi %4, %5 : index
// =>     %7 = arith.constant 16 : index
// =>     %8 = arith.floordivsi %6, %7 : index
// =>     %9 = arith.constant 512 : index
// =>     %10 = arith.muli %9, %8 : index
// =>     %11 = memref.alloc(%10) : memref<?xi8>
// =>     scf.parallel (%arg1) = (%0) to (%2) step (%1) {
// =>       func.call @kernel(%arg0, %11, %arg1) {psm.kernel} : (memref<?xf32>, memref<?xi8>, index) -> ()
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// No storage of its own: nothing changes.
func.func private @kernel(%x: memref<4xf32>, %y: memref<4xf32>) {
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}
// => unchanged
