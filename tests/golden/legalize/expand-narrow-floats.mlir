// Narrow floats are f32 in registers, rounded after each operation, and integers in memory.
// RUN: expand-narrow-floats
// -----
// bf16 is the upper half of f32: reading shifts, a sum is rounded in its bits, writing shifts back.
func.func @add(%a: memref<32xbf16>, %b: memref<32xbf16>) {
  %c0 = arith.constant 0 : index
  %0 = vector.load %a[%c0] : memref<32xbf16>, vector<16xbf16>
  %1 = vector.load %b[%c0] : memref<32xbf16>, vector<16xbf16>
  %2 = arith.addf %0, %1 : vector<16xbf16>
  vector.store %2, %b[%c0] : memref<32xbf16>, vector<16xbf16>
  return
}
// => module {
// =>   func.func @add(%arg0: memref<32xi16>, %arg1: memref<32xi16>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = vector.load %arg0[%0] : memref<32xi16>, vector<16xi16>
// =>     %2 = arith.extui %1 : vector<16xi16> to vector<16xi32>
// =>     %3 = arith.constant dense<16> : vector<16xi32>
// =>     %4 = arith.shli %2, %3 : vector<16xi32>
// =>     %5 = arith.bitcast %4 : vector<16xi32> to vector<16xf32>
// =>     %6 = vector.load %arg1[%0] : memref<32xi16>, vector<16xi16>
// =>     %7 = arith.extui %6 : vector<16xi16> to vector<16xi32>
// =>     %8 = arith.constant dense<16> : vector<16xi32>
// =>     %9 = arith.shli %7, %8 : vector<16xi32>
// =>     %10 = arith.bitcast %9 : vector<16xi32> to vector<16xf32>
// =>     %11 = arith.addf %5, %10 : vector<16xf32>
// =>     %12 = arith.bitcast %11 : vector<16xf32> to vector<16xi32>
// =>     %13 = arith.constant dense<16> : vector<16xi32>
// =>     %14 = arith.shrui %12, %13 : vector<16xi32>
// =>     %15 = arith.constant dense<1> : vector<16xi32>
// =>     %16 = arith.andi %14, %15 : vector<16xi32>
// =>     %17 = arith.constant dense<32767> : vector<16xi32>
// =>     %18 = arith.addi %12, %17 : vector<16xi32>
// =>     %19 = arith.addi %18, %16 : vector<16xi32>
// =>     %20 = arith.constant dense<-65536> : vector<16xi32>
// =>     %21 = arith.andi %19, %20 : vector<16xi32>
// =>     %22 = arith.bitcast %21 : vector<16xi32> to vector<16xf32>
// =>     %23 = arith.cmpf uno, %11, %11 : vector<16xf32>
// =>     %24 = arith.constant dense<0x7FC00000> : vector<16xf32>
// =>     %25 = arith.select %23, %24, %22 : vector<16xi1>, vector<16xf32>
// =>     %26 = arith.bitcast %25 : vector<16xf32> to vector<16xi32>
// =>     %27 = arith.constant dense<16> : vector<16xi32>
// =>     %28 = arith.shrui %26, %27 : vector<16xi32>
// =>     %29 = arith.trunci %28 : vector<16xi32> to vector<16xi16>
// =>     vector.store %29, %arg1[%0] : memref<32xi16>, vector<16xi16>
// =>     func.return
// =>   }
// => }
// -----
// Extending is nothing, since the value is held in f32; storing f32 afterwards stores f32.
func.func @extend(%a: memref<4xbf16>, %out: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %0 = memref.load %a[%c0] : memref<4xbf16>
  %1 = arith.extf %0 : bf16 to f32
  memref.store %1, %out[%c0] : memref<4xf32>
  return
}
// => module {
// =>   func.func @extend(%arg0: memref<4xi16>, %arg1: memref<4xf32>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = memref.load %arg0[%0] : memref<4xi16>
// =>     %2 = arith.extui %1 : i16 to i32
// =>     %3 = arith.constant 16 : i32
// =>     %4 = arith.shli %2, %3 : i32
// =>     %5 = arith.bitcast %4 : i32 to f32
// =>     memref.store %5, %arg1[%0] : memref<4xf32>
// =>     func.return
// =>   }
// => }
// -----
// f16 is converted by instructions where the processor has them: a sum in f32 is rounded to f16 and back.
func.func @half(%a: memref<4xf16>) {
  %c0 = arith.constant 0 : index
  %0 = memref.load %a[%c0] : memref<4xf16>
  %1 = arith.addf %0, %0 : f16
  memref.store %1, %a[%c0] : memref<4xf16>
  return
}
// => module {
// =>   func.func @half(%arg0: memref<4xf16>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = memref.load %arg0[%0] : memref<4xf16>
// =>     %2 = arith.extf %1 : f16 to f32
// =>     %3 = arith.addf %2, %2 : f32
// =>     %4 = arith.truncf %3 : f32 to f16
// =>     %5 = arith.extf %4 : f16 to f32
// =>     %6 = arith.truncf %5 : f32 to f16
// =>     memref.store %6, %arg0[%0] : memref<4xf16>
// =>     func.return
// =>   }
// => }
// -----
// Values carried by loops change type with the loop.
func.func @carried(%a: memref<4xf8E4M3FN>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.000000e+00 : f8E4M3FN
  %0 = scf.for %i = %c0 to %c4 step %c1 iter_args(%m = %zero) -> (f8E4M3FN) {
    %1 = memref.load %a[%i] : memref<4xf8E4M3FN>
    %2 = arith.maximumf %m, %1 : f8E4M3FN
    scf.yield %2 : f8E4M3FN
  }
  memref.store %0, %a[%c0] : memref<4xf8E4M3FN>
  return
}
// => module {
// =>   func.func @carried(%arg0: memref<4xi8>) {
// =>     %0 = arith.constant 0 : index
// =>     %1 = arith.constant 1 : index
// =>     %2 = arith.constant 4 : index
// =>     %3 = arith.constant 0.000000e+00 : f32
// =>     %4 = scf.for %arg1 = %0 to %2 step %1 iter_args(%arg2 = %3) -> (f32) {
// =>       %5 = memref.load %arg0[%arg1] : memref<4xi8>
// =>       %6 = arith.extui %5 : i8 to i32
// =>       %7 = arith.constant 127 : i32
// =>       %8 = arith.andi %6, %7 : i32
// =>       %9 = arith.constant 128 : i32
// =>       %10 = arith.andi %6, %9 : i32
// =>       %11 = arith.constant 24 : i32
// =>       %12 = arith.shli %10, %11 : i32
// =>       %13 = arith.constant 20 : i32
// =>       %14 = arith.shli %8, %13 : i32
// =>       %15 = arith.bitcast %14 : i32 to f32
// =>       %16 = arith.constant 1.329228e+36 : f32
// =>       %17 = arith.mulf %15, %16 : f32
// =>       %18 = arith.cmpi eq, %8, %7 : i32
// =>       %19 = arith.constant 2143289344 : i32
// =>       %20 = arith.bitcast %17 : f32 to i32
// =>       %21 = arith.select %18, %19, %20 : i32
// =>       %22 = arith.ori %21, %12 : i32
// =>       %23 = arith.bitcast %22 : i32 to f32
// =>       %24 = arith.maximumf %arg2, %23 : f32
// =>       scf.yield %24 : f32
// =>     }
// =>     %25 = math.absf %4 : f32
// =>     %26 = arith.bitcast %25 : f32 to i32
// =>     %27 = arith.constant 20 : i32
// =>     %28 = arith.shrui %26, %27 : i32
// =>     %29 = arith.constant 960 : i32
// =>     %30 = arith.subi %28, %29 : i32
// =>     %31 = arith.constant 2.457600e+04 : f32
// =>     %32 = arith.addf %25, %31 : f32
// =>     %33 = arith.bitcast %32 : f32 to i32
// =>     %34 = arith.bitcast %31 : f32 to i32
// =>     %35 = arith.subi %33, %34 : i32
// =>     %36 = arith.constant 1.562500e-02 : f32
// =>     %37 = arith.cmpf olt, %25, %36 : f32
// =>     %38 = arith.select %37, %35, %30 : i32
// =>     %39 = arith.bitcast %4 : f32 to i32
// =>     %40 = arith.constant 24 : i32
// =>     %41 = arith.shrui %39, %40 : i32
// =>     %42 = arith.constant 128 : i32
// =>     %43 = arith.andi %41, %42 : i32
// =>     %44 = arith.ori %38, %43 : i32
// =>     %45 = arith.cmpf uno, %4, %4 : f32
// =>     %46 = arith.constant 127 : i32
// =>     %47 = arith.select %45, %46, %44 : i32
// =>     %48 = arith.trunci %47 : i32 to i8
// =>     memref.store %48, %arg0[%0] : memref<4xi8>
// =>     func.return
// =>   }
// => }
// -----
// Wider floats are not touched.
func.func @wide(%a: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %0 = memref.load %a[%c0] : memref<4xf32>
  %1 = arith.addf %0, %0 : f32
  memref.store %1, %a[%c0] : memref<4xf32>
  return
}
// => unchanged
// -----
// A structured body takes and gives codes; an output that is only written is not read.
func.func @structured(%a: memref<8xbf16>, %out: memref<8xbf16>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : memref<8xbf16>) outs(%out : memref<8xbf16>) {
  ^bb0(%x: bf16, %y: bf16):
    %0 = arith.negf %x : bf16
    linalg.yield %0 : bf16
  }
  return
}
// => module {
// =>   func.func @structured(%arg0: memref<8xi16>, %arg1: memref<8xi16>) {
// =>     linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%arg0 : memref<8xi16>) outs(%arg1 : memref<8xi16>) {
// =>     ^bb0(%arg2: i16, %arg3: i16):
// =>       %0 = arith.extui %arg2 : i16 to i32
// =>       %1 = arith.constant 16 : i32
// =>       %2 = arith.shli %0, %1 : i32
// =>       %3 = arith.bitcast %2 : i32 to f32
// =>       %4 = arith.negf %3 : f32
// =>       %5 = arith.bitcast %4 : f32 to i32
// =>       %6 = arith.constant 16 : i32
// =>       %7 = arith.shrui %5, %6 : i32
// =>       %8 = arith.trunci %7 : i32 to i16
// =>       linalg.yield %8 : i16
// =>     }
// =>     func.return
// =>   }
// => }
