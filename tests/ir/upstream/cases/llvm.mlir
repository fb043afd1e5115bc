llvm.func internal @arithmetic(%n: i64, %i: i32, %x: f32, %v: vector<8xf32>, %c: i1, %m: vector<8xi1>) attributes {passthrough = ["nounwind"], psm.kept, target_cpu = "znver4"} {
  %0 = llvm.mlir.constant(1 : i64) : i64
  %1 = llvm.mlir.constant(0.1 : f32) : f32
  %2 = llvm.mlir.constant(dense<1.0> : vector<8xf32>) : vector<8xf32>
  %3 = llvm.mlir.constant(true) : i1
  %4 = llvm.add %n, %n : i64
  %5 = llvm.add %n, %n overflow<nsw, nuw> : i64
  %6 = llvm.sub %n, %n overflow<nsw> : i64
  %7 = llvm.mul %n, %n : i64
  %8 = llvm.sdiv %n, %n : i64
  %9 = llvm.udiv %n, %n : i64
  %10 = llvm.srem %n, %n : i64
  %11 = llvm.urem %n, %n : i64
  %12 = llvm.and %n, %n : i64
  %13 = llvm.or %n, %n : i64
  %14 = llvm.xor %n, %n : i64
  %15 = llvm.shl %n, %n : i64
  %16 = llvm.lshr %n, %n : i64
  %17 = llvm.ashr %n, %n : i64
  %18 = llvm.fadd %x, %x : f32
  %19 = llvm.fadd %v, %v {fastmathFlags = #llvm.fastmath<nnan, contract>} : vector<8xf32>
  %20 = llvm.fsub %x, %x : f32
  %21 = llvm.fmul %x, %x {fastmathFlags = #llvm.fastmath<fast>} : f32
  %22 = llvm.fdiv %x, %x : f32
  %23 = llvm.frem %x, %x : f32
  %24 = llvm.fneg %v : vector<8xf32>
  %25 = llvm.icmp "slt" %n, %n : i64
  %26 = llvm.fcmp "olt" %v, %v : vector<8xf32>
  %27 = llvm.fcmp "_true" %x, %x {fastmathFlags = #llvm.fastmath<nnan>} : f32
  %28 = llvm.select %c, %x, %x : i1, f32
  %29 = llvm.select %m, %v, %v : vector<8xi1>, vector<8xf32>
  %30 = llvm.sext %i : i32 to i64
  %31 = llvm.zext %i : i32 to i64
  %32 = llvm.trunc %n : i64 to i32
  %33 = llvm.trunc %n overflow<nsw> : i64 to i32
  %34 = llvm.sitofp %i : i32 to f32
  %35 = llvm.uitofp %i : i32 to f32
  %36 = llvm.fptosi %x : f32 to i32
  %37 = llvm.fptoui %x : f32 to i32
  %38 = llvm.fpext %x : f32 to f64
  %39 = llvm.fptrunc %x : f32 to bf16
  %40 = llvm.bitcast %x : f32 to i32
  %41 = llvm.freeze %x : f32
  %42 = llvm.extractelement %v[%i : i32] : vector<8xf32>
  %43 = llvm.insertelement %x, %v[%i : i32] : vector<8xf32>
  %44 = llvm.shufflevector %v, %v [0, 0, 0, 8, -1] : vector<8xf32>
  llvm.return
}

llvm.func @memory(%p: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}, %n: i64, %i: i32, %b: i8, %x: f32, %v: vector<8xf32>, %m: vector<8xi1>, %s: !llvm.struct<(ptr, i64, array<2 x f32>)>) -> !llvm.ptr {
  %0 = llvm.mlir.zero : !llvm.ptr
  %1 = llvm.mlir.undef : !llvm.struct<(ptr, i64)>
  %2 = llvm.mlir.poison : vector<8xf32>
  %3 = llvm.getelementptr %p[%n] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %4 = llvm.getelementptr inbounds %p[0, 1, %n] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.struct<(i32, array<4 x f32>)>
  %5 = llvm.getelementptr inbounds|nuw %p[16] : (!llvm.ptr) -> !llvm.ptr, i8
  %6 = llvm.load %p {alignment = 4 : i64} : !llvm.ptr -> f32
  %7 = llvm.load %p : !llvm.ptr -> vector<8xf32>
  llvm.store %x, %p {alignment = 4 : i64} : f32, !llvm.ptr
  %8 = llvm.alloca %n x f32 {alignment = 64 : i64} : (i64) -> !llvm.ptr
  %9 = llvm.alloca %i x !llvm.array<4 x f32> : (i32) -> !llvm.ptr
  %10 = llvm.extractvalue %s[2, 1] : !llvm.struct<(ptr, i64, array<2 x f32>)>
  %11 = llvm.insertvalue %n, %s[1] : !llvm.struct<(ptr, i64, array<2 x f32>)>
  %12 = llvm.ptrtoint %p : !llvm.ptr to i64
  %13 = llvm.inttoptr %n : i64 to !llvm.ptr
  %14 = llvm.icmp "eq" %p, %0 : !llvm.ptr
  "llvm.intr.memcpy"(%p, %p, %n) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
  "llvm.intr.memmove"(%p, %p, %n) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
  "llvm.intr.memset"(%p, %b, %n) <{isVolatile = false}> : (!llvm.ptr, i8, i64) -> ()
  %15 = llvm.intr.masked.load %p, %m, %v {alignment = 4 : i32} : (!llvm.ptr, vector<8xi1>, vector<8xf32>) -> vector<8xf32>
  llvm.intr.masked.store %v, %p, %m {alignment = 4 : i32} : vector<8xf32>, vector<8xi1> into !llvm.ptr
  "llvm.intr.prefetch"(%p) <{cache = 1 : i32, hint = 3 : i32, rw = 0 : i32}> : (!llvm.ptr) -> ()
  %16 = llvm.atomicrmw add %p, %n acq_rel : !llvm.ptr, i64
  %17 = llvm.atomicrmw _and %p, %n syncscope("agent") monotonic {alignment = 8 : i64} : !llvm.ptr, i64
  %18 = llvm.atomicrmw fadd %p, %x seq_cst : !llvm.ptr, f32
  %19 = llvm.cmpxchg %p, %n, %n acq_rel monotonic : !llvm.ptr, i64
  %20 = llvm.intr.stacksave : !llvm.ptr
  llvm.intr.stackrestore %20 : !llvm.ptr
  llvm.fence seq_cst
  llvm.fence syncscope("agent") release
  llvm.return %3 : !llvm.ptr
}

llvm.func @intrinsics(%n: i64, %x: f32, %c: i1, %v: vector<8xf32>, %w: vector<8xi32>, %h: vector<4xf32>) {
  %0 = llvm.intr.fma(%v, %v, %v) : (vector<8xf32>, vector<8xf32>, vector<8xf32>) -> vector<8xf32>
  %1 = llvm.intr.fmuladd(%x, %x, %x) : (f32, f32, f32) -> f32
  %2 = llvm.intr.fabs(%x) : (f32) -> f32
  %3 = llvm.intr.sqrt(%x) {fastmathFlags = #llvm.fastmath<contract>} : (f32) -> f32
  %4 = llvm.intr.floor(%x) : (f32) -> f32
  %5 = llvm.intr.ceil(%x) : (f32) -> f32
  %6 = llvm.intr.trunc(%x) : (f32) -> f32
  %7 = llvm.intr.rint(%x) : (f32) -> f32
  %8 = llvm.intr.nearbyint(%x) : (f32) -> f32
  %9 = llvm.intr.roundeven(%x) : (f32) -> f32
  %10 = llvm.intr.round(%x) : (f32) -> f32
  %11 = llvm.intr.copysign(%x, %x) : (f32, f32) -> f32
  %12 = llvm.intr.minimum(%v, %v) : (vector<8xf32>, vector<8xf32>) -> vector<8xf32>
  %13 = llvm.intr.maximum(%v, %v) : (vector<8xf32>, vector<8xf32>) -> vector<8xf32>
  %14 = llvm.intr.minnum(%x, %x) : (f32, f32) -> f32
  %15 = llvm.intr.maxnum(%x, %x) : (f32, f32) -> f32
  %16 = llvm.intr.smax(%n, %n) : (i64, i64) -> i64
  %17 = llvm.intr.smin(%n, %n) : (i64, i64) -> i64
  %18 = llvm.intr.umax(%w, %w) : (vector<8xi32>, vector<8xi32>) -> vector<8xi32>
  %19 = llvm.intr.umin(%n, %n) : (i64, i64) -> i64
  %20 = llvm.intr.ctpop(%n) : (i64) -> i64
  %21 = "llvm.intr.ctlz"(%n) <{is_zero_poison = false}> : (i64) -> i64
  %22 = "llvm.intr.abs"(%n) <{is_int_min_poison = false}> : (i64) -> i64
  %23 = "llvm.intr.vector.reduce.add"(%w) : (vector<8xi32>) -> i32
  %24 = "llvm.intr.vector.reduce.mul"(%w) : (vector<8xi32>) -> i32
  %25 = "llvm.intr.vector.reduce.and"(%w) : (vector<8xi32>) -> i32
  %26 = "llvm.intr.vector.reduce.or"(%w) : (vector<8xi32>) -> i32
  %27 = "llvm.intr.vector.reduce.xor"(%w) : (vector<8xi32>) -> i32
  %28 = "llvm.intr.vector.reduce.smax"(%w) : (vector<8xi32>) -> i32
  %29 = "llvm.intr.vector.reduce.smin"(%w) : (vector<8xi32>) -> i32
  %30 = "llvm.intr.vector.reduce.umax"(%w) : (vector<8xi32>) -> i32
  %31 = "llvm.intr.vector.reduce.umin"(%w) : (vector<8xi32>) -> i32
  %32 = "llvm.intr.vector.reduce.fadd"(%x, %v) <{fastmathFlags = #llvm.fastmath<reassoc>}> : (f32, vector<8xf32>) -> f32
  %33 = "llvm.intr.vector.reduce.fmul"(%x, %v) : (f32, vector<8xf32>) -> f32
  %34 = llvm.intr.vector.reduce.fmax(%v) : (vector<8xf32>) -> f32
  %35 = llvm.intr.vector.reduce.fmin(%v) : (vector<8xf32>) -> f32
  %36 = llvm.intr.vector.reduce.fmaximum(%v) : (vector<8xf32>) -> f32
  %37 = llvm.intr.vector.reduce.fminimum(%v) {fastmathFlags = #llvm.fastmath<nnan>} : (vector<8xf32>) -> f32
  %38 = llvm.intr.vector.insert %h, %v[4] : vector<4xf32> into vector<8xf32>
  %39 = llvm.intr.vector.extract %v[4] : vector<4xf32> from vector<8xf32>
  %40 = llvm.intr.expect %c, %c : i1
  llvm.return
}

llvm.func @control(%c: i1, %x: f32, %i: i32) -> f32 {
  llvm.switch %i : i32, ^bb3 [
    1: ^bb1,
    2: ^bb2(%x : f32)
  ]
^bb1:
  llvm.cond_br %c, ^bb2(%x : f32), ^bb3
^bb2(%y: f32):
  llvm.br ^bb4(%y : f32)
^bb3:
  llvm.unreachable
^bb4(%z: f32):
  llvm.return %z : f32
}
