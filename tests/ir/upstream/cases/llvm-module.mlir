llvm.mlir.global internal constant @table(dense<[1.0, 2.0]> : tensor<2xf32>) {addr_space = 0 : i32, alignment = 64 : i64} : !llvm.array<2 x f32>
llvm.mlir.global external @elsewhere() {addr_space = 0 : i32} : i32
llvm.mlir.global internal @counter(0 : i32) : i32
llvm.mlir.global private constant @text("hi\00")
llvm.mlir.global internal @pair() : !llvm.struct<(i32, f32)> {
  %0 = llvm.mlir.undef : !llvm.struct<(i32, f32)>
  llvm.return %0 : !llvm.struct<(i32, f32)>
}
llvm.func @declared(!llvm.ptr, i64) -> f32
llvm.func @printf(!llvm.ptr, ...) -> i32
llvm.func @calls(%p: !llvm.ptr, %n: i64) -> (f32 {llvm.noundef}) {
  %0 = llvm.mlir.addressof @table : !llvm.ptr
  %1 = llvm.call @declared(%0, %n) : (!llvm.ptr, i64) -> f32
  %2 = llvm.call %p(%n) : !llvm.ptr, (i64) -> f32
  %3 = llvm.call @printf(%0, %n) vararg(!llvm.func<i32 (ptr, ...)>) : (!llvm.ptr, i64) -> i32
  llvm.call @nothing() : () -> ()
  llvm.return %1 : f32
}
llvm.func @nothing() {
  llvm.return
}
