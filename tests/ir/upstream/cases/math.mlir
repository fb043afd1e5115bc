func.func @functions(%x: f32, %y: f32, %v: vector<8xf32>, %t: tensor<?xbf16>) {
  %0 = math.exp %x : f32
  %1 = math.exp2 %v fastmath<afn> : vector<8xf32>
  %2 = math.expm1 %t : tensor<?xbf16>
  %3 = math.log %x : f32
  %4 = math.log2 %x : f32
  %5 = math.log10 %x : f32
  %6 = math.log1p %x : f32
  %7 = math.sqrt %x : f32
  %8 = math.rsqrt %x fastmath<fast> : f32
  %9 = math.cbrt %x : f32
  %10 = math.sin %x : f32
  %11 = math.cos %x : f32
  %12 = math.tan %x : f32
  %13 = math.asin %x : f32
  %14 = math.acos %x : f32
  %15 = math.atan %x : f32
  %16 = math.sinh %x : f32
  %17 = math.cosh %x : f32
  %18 = math.tanh %x : f32
  %19 = math.asinh %x : f32
  %20 = math.acosh %x : f32
  %21 = math.atanh %x : f32
  %22 = math.erf %x : f32
  %23 = math.erfc %x : f32
  %24 = math.absf %x : f32
  %25 = math.ceil %x : f32
  %26 = math.floor %x : f32
  %27 = math.round %x : f32
  %28 = math.roundeven %x : f32
  %29 = math.trunc %x : f32
  %30 = math.atan2 %x, %y : f32
  %31 = math.powf %x, %y : f32
  %32 = math.copysign %x, %y : f32
  %33 = math.isnan %x : f32
  %34 = math.isinf %v : vector<8xf32>
  %35 = math.isfinite %t : tensor<?xbf16>
  %36 = math.fma %v, %v, %v : vector<8xf32>
  %sin, %cos = math.sincos %x : f32
  return
}

func.func @integers(%x: f32, %v: vector<4xf32>, %i: i32, %w: vector<4xi64>) {
  %0 = math.absi %i : i32
  %1 = math.ctlz %i : i32
  %2 = math.cttz %w : vector<4xi64>
  %3 = math.ctpop %i : i32
  %4 = math.ipowi %i, %i : i32
  %5 = math.fpowi %x, %i : f32, i32
  %6 = math.fpowi %v, %w fastmath<contract> : vector<4xf32>, vector<4xi64>
  return
}
