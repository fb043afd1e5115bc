// Views of storage: strided parts, rank reduction, reinterpretation, bytes seen as another type, globals.
memref.global "private" constant @table : memref<2x3xi32> = dense<[[1, 2, 3], [4, 5, 6]]>
memref.global "private" @counter : memref<i32> = dense<41>

func.func @print(%x: i32) {
  %0 = arith.extsi %x : i32 to i64
  func.call @printI64(%0) : (i64) -> ()
  func.call @printNewline() : () -> ()
  return
}

func.func @show(%m: memref<?x?xi32, strided<[?, ?], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = memref.dim %m, %c0 : memref<?x?xi32, strided<[?, ?], offset: ?>>
  %columns = memref.dim %m, %c1 : memref<?x?xi32, strided<[?, ?], offset: ?>>
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %columns step %c1 {
      %x = memref.load %m[%i, %j] : memref<?x?xi32, strided<[?, ?], offset: ?>>
      func.call @print(%x) : (i32) -> ()
    }
  }
  return
}

func.func @main() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c6 = arith.constant 6 : index
  %c8 = arith.constant 8 : index
  %m = memref.alloc(%c6) : memref<?x8xi32>
  scf.for %i = %c0 to %c6 step %c1 {
    scf.for %j = %c0 to %c8 step %c1 {
      %p = arith.muli %i, %c8 : index
      %q = arith.addi %p, %j : index
      %r = arith.index_cast %q : index to i32
      memref.store %r, %m[%i, %j] : memref<?x8xi32>
    }
  }
  %part = memref.subview %m[%c1, 2] [3, %c2] [1, 3] : memref<?x8xi32> to memref<3x?xi32, strided<[8, 3], offset: ?>>
  %part_ = memref.cast %part : memref<3x?xi32, strided<[8, 3], offset: ?>> to memref<?x?xi32, strided<[?, ?], offset: ?>>
  call @show(%part_) : (memref<?x?xi32, strided<[?, ?], offset: ?>>) -> ()
  %row = memref.subview %m[%c4, 0] [1, 8] [1, 1] : memref<?x8xi32> to memref<8xi32, strided<[1], offset: ?>>
  %grid = memref.expand_shape %row [[0, 1]] output_shape [2, 4] : memref<8xi32, strided<[1], offset: ?>> into memref<2x4xi32, strided<[4, 1], offset: ?>>
  %grid_ = memref.cast %grid : memref<2x4xi32, strided<[4, 1], offset: ?>> to memref<?x?xi32, strided<[?, ?], offset: ?>>
  call @show(%grid_) : (memref<?x?xi32, strided<[?, ?], offset: ?>>) -> ()
  %flat = memref.collapse_shape %m [[0, 1]] : memref<?x8xi32> into memref<?xi32>
  %x = memref.load %flat[%c8] : memref<?xi32>
  call @print(%x) : (i32) -> ()
  %cast = memref.reinterpret_cast %m to offset: [5], sizes: [2, %c2], strides: [%c8, 2] : memref<?x8xi32> to memref<2x?xi32, strided<[?, 2], offset: 5>>
  %cast_ = memref.cast %cast : memref<2x?xi32, strided<[?, 2], offset: 5>> to memref<?x?xi32, strided<[?, ?], offset: ?>>
  call @show(%cast_) : (memref<?x?xi32, strided<[?, ?], offset: ?>>) -> ()
  %turned = memref.transpose %part (i, j) -> (j, i) : memref<3x?xi32, strided<[8, 3], offset: ?>> to memref<?x3xi32, strided<[3, 8], offset: ?>>
  %turned_ = memref.cast %turned : memref<?x3xi32, strided<[3, 8], offset: ?>> to memref<?x?xi32, strided<[?, ?], offset: ?>>
  call @show(%turned_) : (memref<?x?xi32, strided<[?, ?], offset: ?>>) -> ()
  %bytes = memref.alloc() : memref<64xi8>
  %ints = memref.view %bytes[%c8][%c4] : memref<64xi8> to memref<?xi32>
  %halves = memref.view %bytes[%c8][%c8] : memref<64xi8> to memref<?xi16>
  %big = arith.constant 305419896 : i32
  memref.store %big, %ints[%c1] : memref<?xi32>
  %low = memref.load %halves[%c2] : memref<?xi16>
  %wide = arith.extui %low : i16 to i32
  call @print(%wide) : (i32) -> ()
  %copy = memref.alloca() : memref<3x2xi32>
  %fixed = memref.cast %part : memref<3x?xi32, strided<[8, 3], offset: ?>> to memref<3x2xi32, strided<[8, 3], offset: ?>>
  memref.copy %fixed, %copy : memref<3x2xi32, strided<[8, 3], offset: ?>> to memref<3x2xi32>
  %y = memref.load %copy[%c2, %c1] : memref<3x2xi32>
  call @print(%y) : (i32) -> ()
  %table = memref.get_global @table : memref<2x3xi32>
  %z = memref.load %table[%c1, %c2] : memref<2x3xi32>
  call @print(%z) : (i32) -> ()
  %counter = memref.get_global @counter : memref<i32>
  %n = memref.load %counter[] : memref<i32>
  %one = arith.constant 1 : i32
  %n1 = arith.addi %n, %one : i32
  memref.store %n1, %counter[] : memref<i32>
  %again = memref.get_global @counter : memref<i32>
  %n2 = memref.load %again[] : memref<i32>
  call @print(%n2) : (i32) -> ()
  memref.dealloc %m : memref<?x8xi32>
  memref.dealloc %bytes : memref<64xi8>
  return
}
