llvm.func @dot_bytes(%sums: vector<16xi32>, %x: vector<16xi32>, %y: vector<16xi32>) -> vector<16xi32> {
  %0 = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%sums, %x, %y) : (vector<16xi32>, vector<16xi32>, vector<16xi32>) -> vector<16xi32>
  llvm.return %0 : vector<16xi32>
}
