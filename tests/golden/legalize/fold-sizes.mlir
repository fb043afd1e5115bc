// The size of storage is what it was allocated with.
// RUN: fold-sizes
// -----
// An allocation that only lends its sizes is not made.
func.func @window(%n: index, %m: index, %out: memref<2xindex>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %window = memref.alloc(%n, %m) : memref<?x?xi1>
  %0 = memref.dim %window, %c0 : memref<?x?xi1>
  %1 = memref.dim %window, %c1 : memref<?x?xi1>
  memref.store %0, %out[%c0] : memref<2xindex>
  memref.store %1, %out[%c1] : memref<2xindex>
  return
}
// => module {
// =>   func.func @window(%arg0: index, %arg1: index, %arg2: memref<2xindex>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     memref.store %arg0, %arg2[%0] : memref<2xindex>
// =>     memref.store %arg1, %arg2[%1] : memref<2xindex>
// =>     func.return
// =>   }
// => }
// -----
// Sizes of an argument come with it.
func.func @argument(%a: memref<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = memref.dim %a, %c0 : memref<?xf32>
  return %0 : index
}
// => unchanged
