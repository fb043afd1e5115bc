func.func @complex(%x: f32, %y: f64) -> f32 {
  %0 = complex.create %x, %x : complex<f32>
  %1 = complex.constant [1.0 : f32, -2.5 : f32] : complex<f32>
  %2 = complex.constant [0.0, -0.0] : complex<f64>
  %3 = complex.add %0, %1 : complex<f32>
  %4 = complex.sub %0, %1 fastmath<contract> : complex<f32>
  %5 = complex.mul %0, %1 : complex<f32>
  %6 = complex.div %2, %2 : complex<f64>
  %7 = complex.neg %3 : complex<f32>
  %8 = complex.exp %3 : complex<f32>
  %9 = complex.log %3 : complex<f32>
  %10 = complex.sqrt %3 : complex<f32>
  %11 = complex.abs %3 : complex<f32>
  %12 = complex.re %6 : complex<f64>
  %13 = complex.im %3 : complex<f32>
  return %13 : f32
}
