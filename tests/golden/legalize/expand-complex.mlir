// Complex numbers become pairs of real ones, next to each other in memory.
// RUN: expand-complex
// -----
// Two loads give the parts, two stores take them.
func.func @double(%a: memref<4xcomplex<f32>>, %i: index) {
  %0 = memref.load %a[%i] : memref<4xcomplex<f32>>
  %1 = complex.add %0, %0 : complex<f32>
  memref.store %1, %a[%i] : memref<4xcomplex<f32>>
  return
}
// => module {
// =>   func.func @double(%arg0: memref<4x2xf32>, %arg1: index) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = memref.load %arg0[%arg1, %0] : memref<4x2xf32>
// =>     %2 = arith.constant 1 : index
// =>     %3 = memref.load %arg0[%arg1, %2] : memref<4x2xf32>
// =>     %4 = arith.addf %1, %1 : f32
// =>     %5 = arith.addf %3, %3 : f32
// =>     %6 = arith.constant 0 : index
// =>     memref.store %4, %arg0[%arg1, %6] : memref<4x2xf32>
// =>     %7 = arith.constant 1 : index
// =>     memref.store %5, %arg0[%arg1, %7] : memref<4x2xf32>
// =>     func.return
// =>   }
// => }
// -----
// A loop carries two numbers for one, and sums and products stay in f32.
func.func @total(%a: memref<8xcomplex<f32>>, %out: memref<2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = complex.constant [0.000000e+00 : f32, 0.000000e+00 : f32] : complex<f32>
  %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (complex<f32>) {
    %x = memref.load %a[%i] : memref<8xcomplex<f32>>
    %y = complex.mul %x, %s : complex<f32>
    scf.yield %y : complex<f32>
  }
  %re = complex.re %sum : complex<f32>
  %im = complex.im %sum : complex<f32>
  memref.store %re, %out[%c0] : memref<2xf32>
  memref.store %im, %out[%c1] : memref<2xf32>
  return
}
// => module {
// =>   func.func @total(%arg0: memref<8x2xf32>, %arg1: memref<2xf32>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 8 : index
// =>     %3 = arith.constant 0.000000e+00 : f32
// =>     %4 = arith.constant 0.000000e+00 : f32
// =>     %5:2 = scf.for %arg2 = %0 to %2 step %1 iter_args(%arg3 = %3, %arg4 = %4) -> (f32, f32) {
// =>       %6 = arith.constant 0 : index
// =>       %7 = memref.load %arg0[%arg2, %6] : memref<8x2xf32>
// =>       %8 = arith.constant 1 : index
// =>       %9 = memref.load %arg0[%arg2, %8] : memref<8x2xf32>
// =>       %10 = arith.mulf %7, %arg3 : f32
// =>       %11 = arith.mulf %9, %arg4 : f32
// =>       %12 = arith.subf %10, %11 : f32
// =>       %13 = arith.mulf %7, %arg4 : f32
// =>       %14 = arith.mulf %9, %arg3 : f32
// =>       %15 = arith.addf %13, %14 : f32
// =>       scf.yield %12, %15 : f32, f32
// =>     }
// =>     memref.store %5#0, %arg1[%0] : memref<2xf32>
// =>     memref.store %5#1, %arg1[%1] : memref<2xf32>
// =>     func.return
// =>   }
// => }
// -----
// Offsets and strides of views count parts; a constant keeps its bytes.
memref.global "private" constant @w : memref<2xcomplex<f64>> = dense<[(1.0, 2.0), (3.0, -4.0)]>
func.func @views(%a: memref<4x6xcomplex<f64>>, %k: index) -> memref<2x3xcomplex<f64>, strided<[6, 1], offset: ?>> {
  %w = memref.get_global @w : memref<2xcomplex<f64>>
  %part = memref.subview %a[1, %k] [2, 3] [1, 1] : memref<4x6xcomplex<f64>> to memref<2x3xcomplex<f64>, strided<[6, 1], offset: ?>>
  return %part : memref<2x3xcomplex<f64>, strided<[6, 1], offset: ?>>
}
// => module {
// =>   memref.global "private" constant @w : memref<2x2xf64> = dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, -4.000000e+00]]>
// =>   func.func @views(%arg0: memref<4x6x2xf64>, %arg1: index) -> memref<2x3x2xf64, strided<[12, 2, 1], offset: ?>> {
// =>     %0 = memref.get_global @w : memref<2x2xf64>
// =>     %1 = memref.subview %arg0[1, %arg1, 0] [2, 3, 2] [1, 1, 1] : memref<4x6x2xf64> to memref<2x3x2xf64, strided<[12, 2, 1], offset: ?>>
// =>     func.return %1 : memref<2x3x2xf64, strided<[12, 2, 1], offset: ?>>
// =>   }
// => }
// -----
// Functions are computed in f64: here the exponential of a number that may be real.
func.func @exp(%z: complex<f32>) -> complex<f32> {
  %0 = complex.exp %z : complex<f32>
  return %0 : complex<f32>
}
// => module {
// =>   func.func @exp(%arg0: f32, %arg1: f32) -> (f32, f32) {
// =>     %0 = arith.extf %arg0 : f32 to f64
// =>     %1 = arith.extf %arg1 : f32 to f64
// =>     %2 = arith.constant 5.000000e-01 : f64
// =>     %3 = arith.mulf %0, %2 : f64
// =>     %4 = math.exp %3 : f64
// =>     %5 = math.cos %1 : f64
// =>     %6 = arith.mulf %4, %5 : f64
// =>     %7 = arith.mulf %6, %4 : f64
// =>     %8 = math.sin %1 : f64
// =>     %9 = arith.mulf %4, %8 : f64
// =>     %10 = arith.mulf %9, %4 : f64
// =>     %11 = math.absf %1 : f64
// =>     %12 = arith.constant 0x7FF0000000000000 : f64
// =>     %13 = arith.cmpf olt, %11, %12 : f64
// =>     %14 = arith.constant true
// =>     %15 = arith.xori %13, %14 : i1
// =>     %16 = arith.constant 0xFFF0000000000000 : f64
// =>     %17 = arith.cmpf oeq, %0, %16 : f64
// =>     %18 = arith.andi %17, %15 : i1
// =>     %19 = arith.constant 0.000000e+00 : f64
// =>     %20 = arith.select %18, %19, %7 : f64
// =>     %21 = arith.select %18, %19, %10 : f64
// =>     %22 = arith.cmpf oeq, %0, %12 : f64
// =>     %23 = arith.andi %22, %15 : i1
// =>     %24 = arith.constant 0x7FF8000000000000 : f64
// =>     %25 = arith.select %23, %0, %20 : f64
// =>     %26 = arith.select %23, %24, %21 : f64
// =>     %27 = arith.cmpf oeq, %1, %19 : f64
// =>     %28 = math.exp %0 : f64
// =>     %29 = arith.select %27, %28, %25 : f64
// =>     %30 = arith.select %27, %1, %26 : f64
// =>     %31 = arith.truncf %29 : f64 to f32
// =>     %32 = arith.truncf %30 : f64 to f32
// =>     func.return %31, %32 : f32, f32
// =>   }
// => }
// -----
// Real programs have nothing to take apart.
func.func @real(%a: memref<4xf32>, %i: index) {
  %0 = memref.load %a[%i] : memref<4xf32>
  %1 = arith.addf %0, %0 : f32
  memref.store %1, %a[%i] : memref<4xf32>
  return
}
// => unchanged
