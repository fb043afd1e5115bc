// RUN: map-to-tiles
// -----
// A fill stores a constant; every tile takes its share of the 2x2 grid.
module {
  func.func public @main(%arg0: memref<8xf32>) {
    func.call @fill(%arg0) {psm.kernel} : (memref<8xf32>) -> ()
    func.return
  }
  func.func private @fill(%arg0: memref<8xf32>) {
    %0 = arith.constant 1.5 : f32
    linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%arg0 : memref<8xf32>) {
    ^bb0(%arg1: f32):
      linalg.yield %0 : f32
    }
    func.return
  }
}
// => module {
// =>   func.func public @main(%arg0: memref<8xf32>) {
// =>     func.call @fill(%arg0) {psm.kernel} : (memref<8xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @fill(%arg0: memref<8xf32>) attributes {psm.sram_bytes = 128 : i64, psm.summary = "copy or fill 1x8, blocks of 1x2"} {
// =>     %0 = tile.address_of %arg0 : memref<8xf32>
// =>     %1 = tile.s.imm 4
// =>     tile.d.write d0, element, %1
// =>     %2 = tile.s.imm 0
// =>     tile.d.write d0, sram, %2
// =>     %3 = tile.s.imm 4
// =>     tile.d.write d0, hbm_stride0, %3
// =>     %4 = tile.s.imm 0
// =>     tile.d.write d0, hbm_stride1, %4
// =>     %5 = tile.s.imm 4
// =>     tile.d.write d0, sram_stride0, %5
// =>     %6 = tile.s.imm 128
// =>     tile.d.write d0, sram_stride1, %6
// =>     %7 = tile.s.imm 32
// =>     tile.d.write d0, padded0, %7
// =>     %8 = tile.s.imm 0
// =>     tile.d.write d0, signal, %8
// =>     %9 = tile.s.imm 128
// =>     tile.s.address a0, stride0, %9
// =>     %10 = tile.s.imm 1069547520
// =>     %11 = tile.v.splat %10
// =>     %12 = tile.s.tile row
// =>     %13 = tile.s.muli %12, 2
// =>     %14 = tile.s.tile column
// =>     %15 = tile.s.add %13, %14
// =>     %16 = tile.s.muli %15, 2
// =>     %17 = tile.s.imm 0
// =>     %18 = tile.s.muli %16, 4
// =>     %19 = tile.s.add %0, %18
// =>     tile.d.write d0, hbm, %19
// =>     %20 = tile.s.imm 2
// =>     tile.d.write d0, size0, %20
// =>     %21 = tile.s.imm 1
// =>     tile.d.write d0, size1, %21
// =>     %22 = tile.s.imm 0
// =>     tile.s.address a0, base, %22
// =>     tile.st.unit %11, a0, 1
// =>     tile.d.issue d0, out0
// =>     tile.d.wait 0, 1
// =>     %23 = tile.s.addi %16, 2
// =>     %24 = tile.s.addi %17, 1
// =>     func.return
// =>   }
// => }
// -----
// A product that fits a single step of the matrix unit loads weights once.
module {
  func.func public @main(%arg0: memref<4x8xbf16>, %arg1: memref<8x6xbf16>, %arg2: memref<4x6xf32>) {
    func.call @product(%arg0, %arg1, %arg2) {psm.kernel} : (memref<4x8xbf16>, memref<8x6xbf16>, memref<4x6xf32>) -> ()
    func.return
  }
  func.func private @product(%arg0: memref<4x8xbf16>, %arg1: memref<8x6xbf16>, %arg2: memref<4x6xf32>) {
    linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1 : memref<4x8xbf16>, memref<8x6xbf16>) outs(%arg2 : memref<4x6xf32>) {
    ^bb0(%arg3: bf16, %arg4: bf16, %arg5: f32):
      %0 = arith.extf %arg3 : bf16 to f32
      %1 = arith.extf %arg4 : bf16 to f32
      %2 = arith.mulf %0, %1 : f32
      %3 = arith.addf %arg5, %2 : f32
      linalg.yield %3 : f32
    }
    func.return
  }
}
// => module {
// =>   func.func public @main(%arg0: memref<4x8xbf16>, %arg1: memref<8x6xbf16>, %arg2: memref<4x6xf32>) {
// =>     func.call @product(%arg0, %arg1, %arg2) {psm.kernel} : (memref<4x8xbf16>, memref<8x6xbf16>, memref<4x6xf32>) -> ()
// =>     func.return
// =>   }
// =>   func.func private @product(%arg0: memref<4x8xbf16>, %arg1: memref<8x6xbf16>, %arg2: memref<4x6xf32>) attributes {psm.sram_bytes = 4608 : i64, psm.summary = "matmul 4x6x8 bf16, blocks of 2x3x32"} {
// =>     %0 = tile.address_of %arg0 : memref<4x8xbf16>
// =>     %1 = tile.address_of %arg1 : memref<8x6xbf16>
// =>     %2 = tile.address_of %arg2 : memref<4x6xf32>
// =>     %3 = tile.s.imm 2
// =>     tile.d.write d0, element, %3
// =>     %4 = tile.s.imm 2
// =>     tile.d.write d0, hbm_stride0, %4
// =>     %5 = tile.s.imm 16
// =>     tile.d.write d0, hbm_stride1, %5
// =>     %6 = tile.s.imm 2
// =>     tile.d.write d0, sram_stride0, %6
// =>     %7 = tile.s.imm 64
// =>     tile.d.write d0, sram_stride1, %7
// =>     %8 = tile.s.imm 0
// =>     tile.d.write d0, signal, %8
// =>     %9 = tile.s.imm 2
// =>     tile.d.write d1, element, %9
// =>     %10 = tile.s.imm 2
// =>     tile.d.write d1, hbm_stride0, %10
// =>     %11 = tile.s.imm 12
// =>     tile.d.write d1, hbm_stride1, %11
// =>     %12 = tile.s.imm 2
// =>     tile.d.write d1, sram_stride0, %12
// =>     %13 = tile.s.imm 64
// =>     tile.d.write d1, sram_stride1, %13
// =>     %14 = tile.s.imm 1
// =>     tile.d.write d1, signal, %14
// =>     %15 = tile.s.imm 4
// =>     tile.d.write d2, element, %15
// =>     %16 = tile.s.imm 4352
// =>     tile.d.write d2, sram, %16
// =>     %17 = tile.s.imm 4
// =>     tile.d.write d2, hbm_stride0, %17
// =>     %18 = tile.s.imm 24
// =>     tile.d.write d2, hbm_stride1, %18
// =>     %19 = tile.s.imm 4
// =>     tile.d.write d2, sram_stride0, %19
// =>     %20 = tile.s.imm 128
// =>     tile.d.write d2, sram_stride1, %20
// =>     %21 = tile.s.imm 2
// =>     tile.d.write d2, signal, %21
// =>     %22 = tile.s.imm 1
// =>     tile.m.configure q0, format, %22
// =>     %23 = tile.s.imm 64
// =>     tile.m.configure q0, source_stride, %23
// =>     %24 = tile.s.imm 64
// =>     tile.m.configure q0, weights_stride, %24
// =>     %25 = tile.s.imm 4352
// =>     tile.m.configure q0, initial, %25
// =>     %26 = tile.s.imm 128
// =>     tile.m.configure q0, initial_stride, %26
// =>     %27 = tile.s.imm 0
// =>     tile.m.configure q0, accumulator, %27
// =>     %28 = tile.s.imm 4352
// =>     tile.m.configure q0, output, %28
// =>     %29 = tile.s.imm 128
// =>     tile.m.configure q0, output_stride, %29
// =>     %30 = tile.s.imm 0
// =>     tile.m.configure q0, output_format, %30
// =>     %31 = tile.s.tile row
// =>     %32 = tile.s.muli %31, 2
// =>     %33 = tile.s.tile column
// =>     %34 = tile.s.muli %33, 3
// =>     %35 = tile.s.muli %32, 16
// =>     %36 = tile.s.add %0, %35
// =>     %37 = tile.s.muli %34, 2
// =>     %38 = tile.s.add %1, %37
// =>     %39 = tile.s.muli %32, 24
// =>     %40 = tile.s.add %2, %39
// =>     %41 = tile.s.muli %34, 4
// =>     %42 = tile.s.add %40, %41
// =>     %43 = tile.s.imm 2
// =>     tile.d.write d0, size1, %43
// =>     %44 = tile.s.imm 3
// =>     tile.d.write d1, size0, %44
// =>     tile.d.write d2, hbm, %42
// =>     %45 = tile.s.imm 3
// =>     tile.d.write d2, size0, %45
// =>     %46 = tile.s.imm 2
// =>     tile.d.write d2, size1, %46
// =>     %47 = tile.s.imm 2
// =>     tile.m.configure q0, rows, %47
// =>     %48 = tile.s.imm 3
// =>     tile.m.configure q0, columns, %48
// =>     tile.d.issue d2, in0
// =>     tile.d.write d0, hbm, %36
// =>     %49 = tile.s.imm 0
// =>     tile.d.write d0, sram, %49
// =>     %50 = tile.s.imm 8
// =>     tile.d.write d0, size0, %50
// =>     tile.d.issue d0, in0
// =>     tile.d.write d1, hbm, %38
// =>     %51 = tile.s.imm 256
// =>     tile.d.write d1, sram, %51
// =>     %52 = tile.s.imm 8
// =>     tile.d.write d1, size1, %52
// =>     tile.d.issue d1, in1
// =>     tile.d.wait 2, 1
// =>     tile.m.init q0
// =>     tile.c.delay 8
// =>     tile.d.wait 0, 1
// =>     tile.d.wait 1, 1
// =>     %53 = tile.s.imm 0
// =>     tile.m.configure q0, source, %53
// =>     %54 = tile.s.imm 256
// =>     tile.m.configure q0, weights, %54
// =>     %55 = tile.s.imm 8
// =>     tile.m.configure q0, depth, %55
// =>     tile.m.load q0
// =>     tile.c.delay 8
// =>     tile.m.stream q0
// =>     tile.c.delay 2
// =>     tile.c.delay 64
// =>     tile.m.drain q0
// =>     tile.c.delay 14
// =>     tile.d.issue d2, out0
// =>     tile.d.wait 2, 1
// =>     %56 = tile.s.addi %34, 3
// =>     %57 = tile.s.addi %32, 2
// =>     func.return
// =>   }
// => }
// -----
// A function of the vector unit that is not there is refused with its name.
// expected-error PS4301: p1-tiny cannot run the kernel 'exponential': the vector unit has no math.exp
module {
  func.func public @main(%arg0: memref<8xf32>) {
    func.call @exponential(%arg0) {psm.kernel} : (memref<8xf32>) -> ()
    func.return
  }
  func.func private @exponential(%arg0: memref<8xf32>) {
    linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%arg0 : memref<8xf32>) {
    ^bb0(%arg1: f32):
      %0 = math.exp %arg1 : f32
      linalg.yield %0 : f32
    }
    func.return
  }
}
