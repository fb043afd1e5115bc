// A triangular loop nest with skewed indices, min and max bounds, conditions on sets, and a tiled copy.
func.func @show(%m: memref<8x8xi64>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 8 {
      %x = affine.load %m[%i, %j] : memref<8x8xi64>
      func.call @printI64(%x) : (i64) -> ()
      func.call @printNewline() : () -> ()
    }
  }
  return
}

func.func @main() {
  %m = memref.alloc() : memref<8x8xi64>
  %t = memref.alloc() : memref<8x8xi64>
  %zero = arith.constant 0 : i64
  %n = arith.constant 8 : index
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 8 {
      affine.store %zero, %m[%i, %j] : memref<8x8xi64>
      affine.store %zero, %t[%i, %j] : memref<8x8xi64>
    }
  }
  affine.for %i = 0 to 8 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to %n step 2 {
      %k = affine.apply affine_map<(d0, d1)[s0] -> ((d0 * 3 + d1) mod s0)>(%i, %j)[%n]
      %v = affine.max affine_map<(d0, d1) -> (d0 - d1, d1 floordiv 2, 1)>(%i, %k)
      %w = arith.index_cast %v : index to i64
      affine.store %w, %m[%i, (%i * 3 + %j) mod 8] : memref<8x8xi64>
    }
  }
  affine.for %ii = 0 to 8 step 3 {
    affine.for %jj = 0 to 8 step 3 {
      affine.for %i = affine_map<(d0) -> (d0)>(%ii) to min affine_map<(d0) -> (d0 + 3, 8)>(%ii) {
        affine.for %j = affine_map<(d0) -> (d0)>(%jj) to min affine_map<(d0) -> (d0 + 3, 8)>(%jj) {
          affine.if affine_set<(d0, d1) : (d0 - d1 >= 0, -d0 + d1 + 5 >= 0)>(%i, %j) {
            %x = affine.load %m[%i, %j] : memref<8x8xi64>
            affine.store %x, %t[%j, %i] : memref<8x8xi64>
          } else {
            %x = affine.load %m[7 - %i, %j] : memref<8x8xi64>
            affine.store %x, %t[%j, %i] : memref<8x8xi64>
          }
        }
      }
    }
  }
  %trace = affine.for %i = 0 to 8 iter_args(%acc = %zero) -> (i64) {
    %x = affine.load %t[%i, %i] : memref<8x8xi64>
    %s = arith.addi %acc, %x : i64
    affine.yield %s : i64
  }
  call @printI64(%trace) : (i64) -> ()
  call @printNewline() : () -> ()
  %product = affine.parallel (%i, %j) = (0, 0) to (3, min(%n, 4)) step (1, 2) reduce ("addi") -> i64 {
    %x = affine.load %t[%i, %j] : memref<8x8xi64>
    affine.yield %x : i64
  }
  call @printI64(%product) : (i64) -> ()
  call @printNewline() : () -> ()
  %v = affine.vector_load %t[2, 3] : memref<8x8xi64>, vector<4xi64>
  affine.vector_store %v, %t[6, 1] : memref<8x8xi64>, vector<4xi64>
  call @show(%t) : (memref<8x8xi64>) -> ()
  memref.dealloc %m : memref<8x8xi64>
  memref.dealloc %t : memref<8x8xi64>
  return
}
