// Integers of fewer than 8 bits are computed in bytes, and truth values are bytes in memory.
// RUN: narrow-integers
// -----
// A sum of i4 is extended from its low bits again.
func.func @add(%a: memref<4xi4>) {
  %c0 = arith.constant 0 : index
  %0 = memref.load %a[%c0] : memref<4xi4>
  %1 = arith.addi %0, %0 : i4
  memref.store %1, %a[%c0] : memref<4xi4>
  return
}
// => module {
// =>   func.func @add(%arg0: memref<4xi8>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = memref.load %arg0[%0] : memref<4xi8>
// =>     %2 = arith.constant 4 : i8
// =>     %3 = arith.shli %1, %2 : i8
// =>     %4 = arith.shrsi %3, %2 : i8
// =>     %5 = arith.addi %4, %4 : i8
// =>     %6 = arith.constant 4 : i8
// =>     %7 = arith.shli %5, %6 : i8
// =>     %8 = arith.shrsi %7, %6 : i8
// =>     memref.store %8, %arg0[%0] : memref<4xi8>
// =>     func.return
// =>   }
// => }
// -----
// A zero-extended number loses the sign that its byte repeats.
func.func @unsigned(%x: vector<8xi4>) -> vector<8xf32> {
  %0 = arith.uitofp %x : vector<8xi4> to vector<8xf32>
  return %0 : vector<8xf32>
}
// => module {
// =>   func.func @unsigned(%arg0: vector<8xi8>) -> vector<8xf32> {
// =>     %0 = arith.constant dense<15> : vector<8xi8>
// =>     %1 = arith.andi %arg0, %0 : vector<8xi8>
// =>     %2 = arith.uitofp %1 : vector<8xi8> to vector<8xf32>
// =>     func.return %2 : vector<8xf32>
// =>   }
// => }
// -----
// Any byte but 0 is true; true is stored as 1.
func.func @flags(%a: memref<16xi1>, %b: memref<16xi1>) {
  %c0 = arith.constant 0 : index
  %0 = vector.load %a[%c0] : memref<16xi1>, vector<16xi1>
  %1 = vector.load %b[%c0] : memref<16xi1>, vector<16xi1>
  %2 = arith.xori %0, %1 : vector<16xi1>
  vector.store %2, %b[%c0] : memref<16xi1>, vector<16xi1>
  return
}
// => module {
// =>   func.func @flags(%arg0: memref<16xi8>, %arg1: memref<16xi8>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = vector.load %arg0[%0] : memref<16xi8>, vector<16xi8>
// =>     %2 = arith.constant dense<0> : vector<16xi8>
// =>     %3 = arith.cmpi ne, %1, %2 : vector<16xi8>
// =>     %4 = vector.load %arg1[%0] : memref<16xi8>, vector<16xi8>
// =>     %5 = arith.constant dense<0> : vector<16xi8>
// =>     %6 = arith.cmpi ne, %4, %5 : vector<16xi8>
// =>     %7 = arith.xori %3, %6 : vector<16xi1>
// =>     %8 = arith.extui %7 : vector<16xi1> to vector<16xi8>
// =>     vector.store %8, %arg1[%0] : memref<16xi8>, vector<16xi8>
// =>     func.return
// =>   }
// => }
// -----
// Masks in registers stay, and so do bytes.
func.func @kept(%a: memref<8xi8>, %n: index) {
  %c0 = arith.constant 0 : index
  %0 = vector.create_mask %n : vector<8xi1>
  %1 = arith.constant dense<3> : vector<8xi8>
  vector.maskedstore %a[%c0], %0, %1 : memref<8xi8>, vector<8xi1>, vector<8xi8>
  return
}
// => unchanged
// -----
// A structured body takes and gives bytes; an output that is only written is not read.
func.func @structured(%a: memref<8xi32>, %out: memref<8xi1>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : memref<8xi32>) outs(%out : memref<8xi1>) {
  ^bb0(%x: i32, %y: i1):
    %0 = arith.cmpi slt, %x, %x : i32
    linalg.yield %0 : i1
  }
  return
}
// => module {
// =>   func.func @structured(%arg0: memref<8xi32>, %arg1: memref<8xi8>) {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<8xi32>) outs(%arg1 : memref<8xi8>) {
// =>     ^bb0(%arg2: i32, %arg3: i8):
// =>       %0 = arith.cmpi slt, %arg2, %arg2 : i32
// =>       %1 = arith.extui %0 : i1 to i8
// =>       linalg.yield %1 : i8
// =>     }
// =>     func.return
// =>   }
// => }
