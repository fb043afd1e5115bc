// A matrix product, a convolution, a broadcast with linalg.index and a fill, on memrefs.
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @print(%x: i32) {
  %0 = arith.extsi %x : i32 to i64
  func.call @printI64(%0) : (i64) -> ()
  func.call @printNewline() : () -> ()
  return
}

func.func @count(%m: memref<?x?xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%m : memref<?x?xi32>) {
  ^bb0(%o: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %c = arith.constant 7 : index
    %p = arith.muli %i, %c : index
    %q = arith.subi %p, %j : index
    %r = arith.index_cast %q : index to i32
    linalg.yield %r : i32
  }
  return
}

func.func @show(%m: memref<?x?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = memref.dim %m, %c0 : memref<?x?xi32>
  %columns = memref.dim %m, %c1 : memref<?x?xi32>
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %columns step %c1 {
      %x = memref.load %m[%i, %j] : memref<?x?xi32>
      func.call @print(%x) : (i32) -> ()
    }
  }
  return
}

func.func @main() {
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %a = memref.alloc(%c3, %c5) : memref<?x?xi32>
  %b = memref.alloc(%c5, %c4) : memref<?x?xi32>
  %c = memref.alloc(%c3, %c4) : memref<?x?xi32>
  call @count(%a) : (memref<?x?xi32>) -> ()
  call @count(%b) : (memref<?x?xi32>) -> ()
  %one = arith.constant 1 : i32
  linalg.fill ins(%one : i32) outs(%c : memref<?x?xi32>)
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x?xi32>, memref<?x?xi32>) outs(%c : memref<?x?xi32>) {
  ^bb0(%x: i32, %y: i32, %z: i32):
    %p = arith.muli %x, %y : i32
    %s = arith.addi %z, %p : i32
    linalg.yield %s : i32
  }
  call @show(%c) : (memref<?x?xi32>) -> ()
  %image = memref.alloc() : memref<6x6xi32>
  %kernel = memref.alloc() : memref<3x3xi32>
  %out = memref.alloc() : memref<4x4xi32>
  %image_ = memref.cast %image : memref<6x6xi32> to memref<?x?xi32>
  %kernel_ = memref.cast %kernel : memref<3x3xi32> to memref<?x?xi32>
  call @count(%image_) : (memref<?x?xi32>) -> ()
  call @count(%kernel_) : (memref<?x?xi32>) -> ()
  linalg.fill ins(%one : i32) outs(%out : memref<4x4xi32>)
  linalg.generic {indexing_maps = [affine_map<(y, x, u, v) -> (y + u, x + v)>, affine_map<(y, x, u, v) -> (u, v)>, affine_map<(y, x, u, v) -> (y, x)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%image, %kernel : memref<6x6xi32>, memref<3x3xi32>) outs(%out : memref<4x4xi32>) {
  ^bb0(%x: i32, %y: i32, %z: i32):
    %p = arith.muli %x, %y : i32
    %s = arith.addi %z, %p : i32
    linalg.yield %s : i32
  }
  %out_ = memref.cast %out : memref<4x4xi32> to memref<?x?xi32>
  call @show(%out_) : (memref<?x?xi32>) -> ()
  memref.dealloc %a : memref<?x?xi32>
  memref.dealloc %b : memref<?x?xi32>
  memref.dealloc %c : memref<?x?xi32>
  memref.dealloc %image : memref<6x6xi32>
  memref.dealloc %kernel : memref<3x3xi32>
  memref.dealloc %out : memref<4x4xi32>
  return
}
