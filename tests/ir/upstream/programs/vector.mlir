// Loads and stores under masks, transfers beyond the bounds, shuffles, reductions and contractions.
#product = {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
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
  %some = vector.maskedload %m[%c2, %c2], %mask, %v : memref<?x6xi32>, vector<4xi1>, vector<4xi32> into vector<4xi32>
  call @show(%some) : (vector<4xi32>) -> ()
  vector.maskedstore %m[%c3, %c1], %mask, %v : memref<?x6xi32>, vector<4xi1>, vector<4xi32>
  %stored = vector.load %m[%c3, %c1] : memref<?x6xi32>, vector<4xi32>
  call @show(%stored) : (vector<4xi32>) -> ()
  %offsets = arith.constant dense<[5, 0, 9, 2]> : vector<4xi32>
  %beyond = vector.transfer_read %m[%c4, %c4], %pad : memref<?x6xi32>, vector<4xi32>
  call @show(%beyond) : (vector<4xi32>) -> ()
  %down = vector.transfer_read %m[%c4, %c1], %pad {permutation_map = affine_map<(d0, d1) -> (d0)>} : memref<?x6xi32>, vector<4xi32>
  call @show(%down) : (vector<4xi32>) -> ()
  vector.transfer_write %v, %m[%c2, %c4] : vector<4xi32>, memref<?x6xi32>
  %after = vector.load %m[%c2, %c2] : memref<?x6xi32>, vector<4xi32>
  call @show(%after) : (vector<4xi32>) -> ()
  %block = vector.transfer_read %m[%c4, %c3], %pad : memref<?x6xi32>, vector<3x4xi32>
  %second = vector.extract %block[1] : vector<4xi32> from vector<3x4xi32>
  %third = vector.extract %block[2] : vector<4xi32> from vector<3x4xi32>
  call @show(%second) : (vector<4xi32>) -> ()
  call @show(%third) : (vector<4xi32>) -> ()
  %shuffled = vector.shuffle %v, %second [7, 0, 4, 3] : vector<4xi32>, vector<4xi32>
  call @show(%shuffled) : (vector<4xi32>) -> ()
  %turned = vector.transpose %block, [1, 0] : vector<3x4xi32> to vector<4x3xi32>
  %flat = vector.shape_cast %turned : vector<4x3xi32> to vector<12xi32>
  %cut = vector.extract_strided_slice %flat {offsets = [5], sizes = [4], strides = [1]} : vector<12xi32> to vector<4xi32>
  call @show(%cut) : (vector<4xi32>) -> ()
  %put = vector.insert_strided_slice %v, %block {offsets = [2, 0], strides = [1]} : vector<4xi32> into vector<3x4xi32>
  %back = vector.extract %put[2] : vector<4xi32> from vector<3x4xi32>
  call @show(%back) : (vector<4xi32>) -> ()
  %sum = vector.reduction <add>, %v : vector<4xi32> into i32
  call @print(%sum) : (i32) -> ()
  %least = vector.reduction <minsi>, %down, %sum : vector<4xi32> into i32
  call @print(%least) : (i32) -> ()
  %rows = vector.multi_reduction <add>, %block, %v [0] : vector<3x4xi32> to vector<4xi32>
  call @show(%rows) : (vector<4xi32>) -> ()
  %acc = arith.constant dense<1> : vector<4x4xi32>
  %square = vector.contract #product %turned, %block, %acc : vector<4x3xi32>, vector<3x4xi32> into vector<4x4xi32>
  %diagonal = vector.extract %square[2] : vector<4xi32> from vector<4x4xi32>
  call @show(%diagonal) : (vector<4xi32>) -> ()
  %outer = vector.outerproduct %v, %offsets : vector<4xi32>, vector<4xi32>
  %edge = vector.extract %outer[3] : vector<4xi32> from vector<4x4xi32>
  call @show(%edge) : (vector<4xi32>) -> ()
  %five = arith.constant 5 : i32
  %wide = vector.broadcast %five : i32 to vector<4xi32>
  %set = vector.insert %pad, %wide [%c2] : i32 into vector<4xi32>
  call @show(%set) : (vector<4xi32>) -> ()
  %pairs = vector.interleave %v, %set : vector<4xi32> -> vector<8xi32>
  %even, %odd = vector.deinterleave %pairs : vector<8xi32> -> vector<4xi32>
  call @show(%odd) : (vector<4xi32>) -> ()
  %shorts = vector.bitcast %v : vector<4xi32> to vector<8xi16>
  %short = vector.extract %shorts[2] : i16 from vector<8xi16>
  %as_i32 = arith.extui %short : i16 to i32
  call @print(%as_i32) : (i32) -> ()
  memref.dealloc %m : memref<?x6xi32>
  return
}
