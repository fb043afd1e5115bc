memref.global "private" constant @weights : memref<2x2xf32> = dense<[[1.0, 2.0], [3.0, 4.0]]> {alignment = 64 : i64}
memref.global @scratch : memref<2xf32> = uninitialized
memref.global "private" @elsewhere : memref<2xf32>

func.func @storage(%n: index, %x: f32, %m: memref<?x4xf32>) -> f32 {
  %0 = memref.alloc(%n) {alignment = 64 : i64} : memref<?x4xf32>
  %1 = memref.alloca() : memref<4xf32, "sram">
  %2 = memref.load %m[%n, %n] : memref<?x4xf32>
  memref.store %2, %0[%n, %n] : memref<?x4xf32>
  memref.store %2, %0[%n, %n] {nontemporal = true} : memref<?x4xf32>
  memref.copy %m, %0 : memref<?x4xf32> to memref<?x4xf32>
  memref.dealloc %0 : memref<?x4xf32>
  %3 = memref.dim %m, %n : memref<?x4xf32>
  %4 = memref.get_global @weights : memref<2x2xf32>
  %5 = memref.extract_aligned_pointer_as_index %m : memref<?x4xf32> -> index
  %6 = memref.alloc() : memref<f32>
  %7 = memref.load %6[] : memref<f32>
  %8 = memref.alloca_scope -> (f32) {
    memref.alloca_scope.return %x : f32
  }
  memref.alloca_scope {
    memref.store %2, %6[] : memref<f32>
  }
  return %8 : f32
}

func.func @views(%m: memref<?x4xf32>, %b: memref<1024xi8>, %n: index, %s: memref<8x8xf32, strided<[16, 1], offset: 3>, "sram">) {
  %0 = memref.subview %m[%n, 0] [%n, 4] [1, 1] : memref<?x4xf32> to memref<?x4xf32, strided<[4, 1], offset: ?>>
  %1 = memref.subview %s[2, 0] [1, 4] [1, 2] : memref<8x8xf32, strided<[16, 1], offset: 3>, "sram"> to memref<4xf32, strided<[2], offset: 35>, "sram">
  %2 = memref.view %b[%n][%n] : memref<1024xi8> to memref<?x4xf32>
  %3 = memref.view %b[%n][] : memref<1024xi8> to memref<4x4xbf16>
  %4 = memref.reinterpret_cast %m to offset: [%n], sizes: [3, %n], strides: [%n, 1] : memref<?x4xf32> to memref<3x?xf32, strided<[?, 1], offset: ?>>
  %5 = memref.cast %m : memref<?x4xf32> to memref<?x?xf32>
  %6 = memref.memory_space_cast %s : memref<8x8xf32, strided<[16, 1], offset: 3>, "sram"> to memref<8x8xf32, strided<[16, 1], offset: 3>>
  %7 = memref.expand_shape %m [[0, 1], [2]] output_shape [2, %n, 4] : memref<?x4xf32> into memref<2x?x4xf32>
  %8 = memref.collapse_shape %7 [[0, 1], [2]] : memref<2x?x4xf32> into memref<?x4xf32>
  %9 = memref.assume_alignment %m, 64 : memref<?x4xf32>
  %10 = memref.transpose %m (i, j) -> (j, i) : memref<?x4xf32> to memref<4x?xf32, strided<[1, 4]>>
  return
}
