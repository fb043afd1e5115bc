#bounds = affine_map<(d0)[s0] -> (d0 + s0, d0 * 2)>
#triangle = affine_set<(d0)[s0] : (d0 - s0 >= 0, d0 == 0)>
func.func @loops(%m: memref<?x?xf32>, %n: index, %x: f32, %v: vector<4xf32>) -> f32 {
  affine.for %i = 0 to 10 {
  }
  affine.for %i = -4 to %n step 4 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to affine_map<(d0) -> (d0 + 4)>(%i) {
      affine.prefetch %m[%i, %j + 1], read, locality<3>, data : memref<?x?xf32>
    }
  } {tag = "tiled"}
  %0 = affine.for %i = max #bounds(%n)[%n] to min affine_map<(d0) -> (d0 + 1, 100)>(%n) step 2 iter_args(%a = %x) -> (f32) {
    %1 = affine.load %m[%i + 3, symbol(%n) * 2] : memref<?x?xf32>
    affine.store %1, %m[%i, %n floordiv 2] : memref<?x?xf32>
    affine.yield %1 : f32
  }
  affine.for %i = affine_map<(d0) -> (d0 + 1)>(%n) to affine_map<()[s0] -> (s0 + 5)>()[%n] {
  }
  affine.parallel (%i, %j) = (0, max(%n, 5)) to (10, min(%n, 100)) step (2, 1) {
  }
  affine.parallel (%i, %j) = (0, %n) to (%n + 10, symbol(%n) * 2) {
  }
  %2 = affine.parallel (%i) = (0) to (%n) reduce ("addf") -> f32 {
    affine.yield %x : f32
  }
  affine.if #triangle(%n)[%n] {
  }
  %3 = affine.if #triangle(%n)[%n] -> f32 {
    affine.yield %x : f32
  } else {
    affine.yield %x : f32
  }
  %4 = affine.apply affine_map<(d0)[s0] -> (d0 + s0)>(%n)[%n]
  %5 = affine.apply affine_map<(d0) -> (d0 + 1)>(%n)
  %6 = affine.min affine_map<(d0)[s0] -> (d0 + s0, 4)>(%n)[%n]
  %7 = affine.max affine_map<(d0) -> (d0, 4)>(%n)
  %8 = affine.vector_load %m[%n, %n + 4] : memref<?x?xf32>, vector<8xf32>
  affine.vector_store %v, %m[%n, 0] : memref<?x?xf32>, vector<4xf32>
  return %0 : f32
}
