#product = {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
func.func @memory(%m: memref<?x?xf32>, %line: memref<?xf32>, %n: index, %v: vector<4xf32>, %mask: vector<4xi1>, %iv: vector<4xi32>) {
  %0 = vector.load %m[%n, %n] : memref<?x?xf32>, vector<4xf32>
  %1 = vector.load %m[%n, %n] {alignment = 16 : i64, nontemporal = true} : memref<?x?xf32>, vector<2x4xf32>
  vector.store %v, %m[%n, %n] : memref<?x?xf32>, vector<4xf32>
  %2 = vector.maskedload %m[%n, %n], %mask, %v : memref<?x?xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.maskedstore %m[%n, %n], %mask, %v : memref<?x?xf32>, vector<4xi1>, vector<4xf32>
  %3 = vector.gather %line[%n] [%iv], %mask, %v : memref<?xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.scatter %line[%n] [%iv], %mask, %v : memref<?xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32>
  %4 = vector.expandload %line[%n], %mask, %v : memref<?xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.compressstore %line[%n], %mask, %v : memref<?xf32>, vector<4xi1>, vector<4xf32>
  return
}

func.func @transfers(%m: memref<?x?xf32>, %t: tensor<?x?xf32>, %n: index, %x: f32, %v: vector<4xf32>, %w: vector<4x8xf32>, %mask: vector<4xi1>) -> tensor<?x?xf32> {
  %0 = vector.transfer_read %m[%n, %n], %x : memref<?x?xf32>, vector<4xf32>
  %1 = vector.transfer_read %m[%n, %n], %x {in_bounds = [true, true], permutation_map = affine_map<(d0, d1) -> (d1, d0)>} : memref<?x?xf32>, vector<4x8xf32>
  %2 = vector.transfer_read %t[%n, %n], %x, %mask {in_bounds = [true]} : tensor<?x?xf32>, vector<4xf32>
  %3 = vector.transfer_read %t[%n, %n], %x {in_bounds = [false, true], permutation_map = affine_map<(d0, d1) -> (d0, 0)>} : tensor<?x?xf32>, vector<4x8xf32>
  vector.transfer_write %v, %m[%n, %n], %mask {in_bounds = [true]} : vector<4xf32>, memref<?x?xf32>
  %4 = vector.transfer_write %w, %t[%n, %n] : vector<4x8xf32>, tensor<?x?xf32>
  return %4 : tensor<?x?xf32>
}

func.func @lanes(%n: index, %x: f32, %v: vector<4xf32>, %w: vector<4x8xf32>, %one: vector<4x1xf32>) {
  %0 = vector.broadcast %x : f32 to vector<4xf32>
  %1 = vector.broadcast %one : vector<4x1xf32> to vector<2x4x8xf32>
  %2 = vector.shuffle %v, %v [0, 5, 2, 7, -1] : vector<4xf32>, vector<4xf32>
  %3 = vector.extract %w[2] : vector<8xf32> from vector<4x8xf32>
  %4 = vector.extract %w[2, %n] : f32 from vector<4x8xf32>
  %5 = vector.insert %x, %w [2, 3] : f32 into vector<4x8xf32>
  %6 = vector.insert %3, %w [%n] : vector<8xf32> into vector<4x8xf32>
  %7 = vector.extract_strided_slice %w {offsets = [0, 2], sizes = [2, 4], strides = [1, 1]} : vector<4x8xf32> to vector<2x4xf32>
  %8 = vector.insert_strided_slice %v, %w {offsets = [1, 2], strides = [1]} : vector<4xf32> into vector<4x8xf32>
  %9 = vector.create_mask %n, %n : vector<4x8xi1>
  %10 = vector.constant_mask [2, 3] : vector<4x8xi1>
  %11 = vector.shape_cast %w : vector<4x8xf32> to vector<32xf32>
  %12 = vector.transpose %w, [1, 0] : vector<4x8xf32> to vector<8x4xf32>
  %13 = vector.bitcast %v : vector<4xf32> to vector<8xi16>
  %14 = vector.step : vector<4xindex>
  %15 = vector.interleave %v, %v : vector<4xf32> -> vector<8xf32>
  %16, %17 = vector.deinterleave %v : vector<4xf32> -> vector<2xf32>
  %18 = vector.from_elements %x, %x : vector<2xf32>
  %19:4 = vector.to_elements %v : vector<4xf32>
  return
}

func.func @arithmetic(%x: f32, %v: vector<4xf32>, %w: vector<4x8xf32>, %u: vector<8x4xf32>, %acc: vector<4x4xf32>, %i: vector<8xi8>) {
  %0 = vector.fma %v, %v, %v : vector<4xf32>
  %1 = vector.reduction <add>, %v : vector<4xf32> into f32
  %2 = vector.reduction <maximumf>, %v, %x fastmath<reassoc> : vector<4xf32> into f32
  %3 = vector.reduction <minui>, %i : vector<8xi8> into i8
  %4 = vector.multi_reduction <add>, %w, %v [1] : vector<4x8xf32> to vector<4xf32>
  %5 = vector.multi_reduction <maximumf>, %w, %x [0, 1] : vector<4x8xf32> to f32
  %6 = vector.contract #product %w, %u, %acc : vector<4x8xf32>, vector<8x4xf32> into vector<4x4xf32>
  %7 = vector.outerproduct %v, %v : vector<4xf32>, vector<4xf32>
  %8 = vector.outerproduct %v, %v, %acc {kind = #vector.kind<maximumf>} : vector<4xf32>, vector<4xf32>
  return
}
