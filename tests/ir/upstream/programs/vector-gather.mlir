// Gathers and scatters, and lanes packed to memory and unpacked from it.
func.func @print(%x: i32) {
  %0 = arith.extsi %x : i32 to i64
  func.call @printI64(%0) : (i64) -> ()
  func.call @printNewline() : () -> ()
  return
}

func.func @show(%v: vector<4xi32>) {
  %0 = vector.extract %v[0] : i32 from vector<4xi32>
  %1 = vector.extract %v[1] : i32 from vector<4xi32>
  %2 = vector.extract %v[2] : i32 from vector<4xi32>
  %3 = vector.extract %v[3] : i32 from vector<4xi32>
  call @print(%0) : (i32) -> ()
  call @print(%1) : (i32) -> ()
  call @print(%2) : (i32) -> ()
  call @print(%3) : (i32) -> ()
  return
}

func.func @main() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c6 = arith.constant 6 : index
  %pad = arith.constant -7 : i32
  %m = memref.alloc(%c6) : memref<?x6xi32>
  scf.for %i = %c0 to %c6 step %c1 {
    scf.for %j = %c0 to %c6 step %c1 {
      %p = arith.muli %i, %c6 : index
      %q = arith.addi %p, %j : index
      %r = arith.index_cast %q : index to i32
      memref.store %r, %m[%i, %j] : memref<?x6xi32>
    }
  }
  %v = vector.load %m[%c1, %c2] : memref<?x6xi32>, vector<4xi32>
  call @show(%v) : (vector<4xi32>) -> ()
  %mask = vector.create_mask %c3 : vector<4xi1>
  %line = memref.collapse_shape %m [[0, 1]] : memref<?x6xi32> into memref<?xi32>
  %offsets = arith.constant dense<[5, 0, 9, 2]> : vector<4xi32>
  %gathered = vector.gather %line[%c3] [%offsets], %mask, %v : memref<?xi32>, vector<4xi32>, vector<4xi1>, vector<4xi32> into vector<4xi32>
  call @show(%gathered) : (vector<4xi32>) -> ()
  vector.scatter %line[%c4] [%offsets], %mask, %v : memref<?xi32>, vector<4xi32>, vector<4xi1>, vector<4xi32>
  %scattered = vector.load %line[%c4] : memref<?xi32>, vector<4xi32>
  call @show(%scattered) : (vector<4xi32>) -> ()
  %five = arith.constant 5 : i32
  %wide = vector.broadcast %five : i32 to vector<4xi32>
  %compressed = memref.alloca() : memref<8xi32>
  vector.store %wide, %compressed[%c0] : memref<8xi32>, vector<4xi32>
  %odd_mask = arith.constant dense<[false, true, false, true]> : vector<4xi1>
  vector.compressstore %compressed[%c1], %odd_mask, %v : memref<8xi32>, vector<4xi1>, vector<4xi32>
  %packed = vector.load %compressed[%c0] : memref<8xi32>, vector<4xi32>
  call @show(%packed) : (vector<4xi32>) -> ()
  %expanded = vector.expandload %compressed[%c1], %odd_mask, %v : memref<8xi32>, vector<4xi1>, vector<4xi32> into vector<4xi32>
  call @show(%expanded) : (vector<4xi32>) -> ()
  memref.dealloc %m : memref<?x6xi32>
  return
}
