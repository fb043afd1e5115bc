// RUN: split-into-chunks
// -----
// The kernel takes its chunk's number, and the host launches sixteen.
func.func public @main(%x: memref<64x1024xf32>, %y: memref<64x1024xf32>) {
  func.call @k(%x, %y) {psm.kernel} : (memref<64x1024xf32>, memref<64x1024xf32>) -> ()
  return
}
func.func private @k(%x: memref<64x1024xf32>, %y: memref<64x1024xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c1024 = arith.constant 1024 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%c64, %c1024) step (%c1, %c1) {
    %v = memref.load %x[%i, %j] : memref<64x1024xf32>
    memref.store %v, %y[%i, %j] : memref<64x1024xf32>
    scf.reduce
  }
  return
}
// => module {
// =>   func.func public @main(%arg0: memref<64x1024xf32>, %arg1: memref<64x1024xf32>) {
// =>     %0 = arith.constant 16 : index
// =>     %1 = arith.constant 0 : index
// =>     %2 = arith.constant 1 : index
// =>     scf.parallel (%arg2) = (%1) to (%0) step (%2) {
// =>       func.call @k(%arg0, %arg1, %arg2) {psm.kernel} : (memref<64x1024xf32>, memref<64x1024xf32>, index) -> ()
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @k(%arg0: memref<64x1024xf32>, %arg1: memref<64x1024xf32>, %arg2: index) attributes {psm.chunks = "16", psm.remarks = [{numbers = {chunks = "16", "most chunks" = "16", trips = "64"}, pass = "split-into-chunks", what = "the kernel is cut into chunks for threads", why = "its outermost loop is parallel, and long enough to be worth waking threads"}]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 64 : index
// =>     %3 = arith.constant 1024 : index
// =>     %4 = arith.constant 16 : index
// =>     %5 = arith.muli %arg2, %2 : index
// =>     %6 = arith.divui %5, %4 : index
// =>     %7 = arith.constant 1 : index
// =>     %8 = arith.addi %arg2, %7 : index
// =>     %9 = arith.muli %8, %2 : index
// =>     %10 = arith.divui %9, %4 : index
// =>     scf.parallel (%arg3, %arg4) = (%6, %0) to (%10, %3) step (%1, %1) {
// =>       %11 = memref.load %arg0[%arg3, %arg4] : memref<64x1024xf32>
// =>       memref.store %11, %arg1[%arg3, %arg4] : memref<64x1024xf32>
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// The kernel takes its chunk's number, and the host launches sixteen.
func.func public @main(%x: memref<64x1024xf32>, %y: memref<64x1024xf32>) {
  func.call @k(%x, %y) {psm.kernel} : (memref<64x1024xf32>, memref<64x1024xf32>) -> ()
  return
}
func.func private @k(%x: memref<64x1024xf32>, %y: memref<64x1024xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c1024 = arith.constant 1024 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%c64, %c1024) step (%c1, %c1) {
    %v = memref.load %x[%i, %j] : memref<64x1024xf32>
    memref.store %v, %y[%i, %j] : memref<64x1024xf32>
    scf.reduce
  }
  return
}
// => module {
// =>   func.func public @main(%arg0: memref<64x1024xf32>, %arg1: memref<64x1024xf32>) {
// =>     %0 = arith.constant 16 : index
// =>     %1 = arith.constant 0 : index
// =>     %2 = arith.constant 1 : index
// =>     scf.parallel (%arg2) = (%1) to (%0) step (%2) {
// =>       func.call @k(%arg0, %arg1, %arg2) {psm.kernel} : (memref<64x1024xf32>, memref<64x1024xf32>, index) -> ()
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @k(%arg0: memref<64x1024xf32>, %arg1: memref<64x1024xf32>, %arg2: index) attributes {psm.chunks = "16", psm.remarks = [{numbers = {chunks = "16", "most chunks" = "16", trips = "64"}, pass = "split-into-chunks", what = "the kernel is cut into chunks for threads", why = "its outermost loop is parallel, and long enough to be worth waking threads"}]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 64 : index
// =>     %3 = arith.constant 1024 : index
// =>     %4 = arith.constant 16 : index
// =>     %5 = arith.muli %arg2, %2 : index
// =>     %6 = arith.divui %5, %4 : index
// =>     %7 = arith.constant 1 : index
// =>     %8 = arith.addi %arg2, %7 : index
// =>     %9 = arith.muli %8, %2 : index
// =>     %10 = arith.divui %9, %4 : index
// =>     scf.parallel (%arg3, %arg4) = (%6, %0) to (%10, %3) step (%1, %1) {
// =>       %11 = memref.load %arg0[%arg3, %arg4] : memref<64x1024xf32>
// =>       memref.store %11, %arg1[%arg3, %arg4] : memref<64x1024xf32>
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// The kernel takes its chunk's number, and the host launches sixteen.
func.func public @main(%x: memref<64x1024xf32>, %y: memref<64x1024xf32>) {
  func.call @k(%x, %y) {psm.kernel} : (memref<64x1024xf32>, memref<64x1024xf32>) -> ()
  return
}
func.func private @k(%x: memref<64x1024xf32>, %y: memref<64x1024xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %c1024 = arith.constant 1024 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%c64, %c1024) step (%c1, %c1) {
    %v = memref.load %x[%i, %j] : memref<64x1024xf32>
    memref.store %v, %y[%i, %j] : memref<64x1024xf32>
    scf.reduce
  }
  return
}
// => module {
// =>   func.func public @main(%arg0: memref<64x1024xf32>, %arg1: memref<64x1024xf32>) {
// =>     %0 = arith.constant 16 : index
// =>     %1 = arith.constant 0 : index
// =>     %2 = arith.constant 1 : index
// =>     scf.parallel (%arg2) = (%1) to (%0) step (%2) {
// =>       func.call @k(%arg0, %arg1, %arg2) {psm.kernel} : (memref<64x1024xf32>, memref<64x1024xf32>, index) -> ()
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// =>   func.func private @k(%arg0: memref<64x1024xf32>, %arg1: memref<64x1024xf32>, %arg2: index) attributes {psm.chunks = "16", psm.remarks = [{numbers = {chunks = "16", "most chunks" = "16", trips = "64"}, pass = "split-into-chunks", what = "the kernel is cut into chunks for threads", why = "its outermost loop is parallel, and long enough to be worth waking threads"}]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 64 : index
// =>     %3 = arith.constant 1024 : index
// =>     %4 = arith.constant 16 : index
// =>     %5 = arith.muli %arg2, %2 : index
// =>     %6 = arith.divui %5, %4 : index
// =>     %7 = arith.constant 1 : index
// =>     %8 = arith.addi %arg2, %7 : index
// =>     %9 = arith.muli %8, %2 : index
// =>     %10 = arith.divui %9, %4 : index
// =>     scf.parallel (%arg3, %arg4) = (%6, %0) to (%10, %3) step (%1, %1) {
// =>       %11 = memref.load %arg0[%arg3, %arg4] : memref<64x1024xf32>
// =>       memref.store %11, %arg1[%arg3, %arg4] : memref<64x1024xf32>
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
// -----
// Must not fire: the work is less than waking a thread.
func.func public @main(%x: memref<64xf32>, %y: memref<64xf32>) {
  func.call @k(%x, %y) {psm.kernel} : (memref<64xf32>, memref<64xf32>) -> ()
  return
}
func.func private @k(%x: memref<64xf32>, %y: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.parallel (%i) = (%c0) to (%c64) step (%c1) {
    %v = memref.load %x[%i] : memref<64xf32>
    memref.store %v, %y[%i] : memref<64xf32>
    scf.reduce
  }
  return
}
// => module {
// =>   func.func public @main(%arg0: memref<64xf32>, %arg1: memref<64xf32>) {
// =>     func.call @k(%arg0, %arg1) {psm.kernel} : (memref<64xf32>, memref<64xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @k(%arg0: memref<64xf32>, %arg1: memref<64xf32>) attributes {psm.remarks = [{numbers = {iterations = "64", "least iterations" = "16384"}, pass = "split-into-chunks", what = "the kernel runs on one thread", why = "waking a thread costs more than it would save"}]} {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 64 : index
// =>     scf.parallel (%arg2) = (%0) to (%2) step (%1) {
// =>       %3 = memref.load %arg0[%arg2] : memref<64xf32>
// =>       memref.store %3, %arg1[%arg2] : memref<64xf32>
// =>       scf.reduce
// =>     }
// =>     func.return
// =>   }
// => }
