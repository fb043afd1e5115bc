// Functions become polynomials over sums and products that are each rounded.
// RUN: expand-math
// -----
// A reciprocal root is a root and a division.
func.func @rsqrt(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.rsqrt %x : vector<8xf32>
  return %0 : vector<8xf32>
}
// => module {
// =>   func.func @rsqrt(%arg0: vector<8xf32>) -> vector<8xf32> {
// =>     %0 = arith.constant dense<1.000000e+00> : vector<8xf32>
// =>     %1 = math.sqrt %arg0 : vector<8xf32>
// =>     %2 = arith.divf %0, %1 : vector<8xf32>
// =>     func.return %2 : vector<8xf32>
// =>   }
// => }
// -----
// The exponential: the nearest multiple of ln 2 by a sum with 1.5 * 2^23, a polynomial, a power of two in two steps.
func.func @exp(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  return %0 : vector<16xf32>
}
// => module {
// =>   func.func @exp(%arg0: vector<16xf32>) -> vector<16xf32> {
// =>     %0 = arith.constant dense<9.000000e+01> : vector<16xf32>
// =>     %1 = arith.cmpf ogt, %arg0, %0 : vector<16xf32>
// =>     %2 = arith.select %1, %0, %arg0 : vector<16xi1>, vector<16xf32>
// =>     %3 = arith.constant dense<-1.040000e+02> : vector<16xf32>
// =>     %4 = arith.cmpf olt, %arg0, %3 : vector<16xf32>
// =>     %5 = arith.select %4, %3, %2 : vector<16xi1>, vector<16xf32>
// =>     %6 = arith.constant dense<1.442695e+00> : vector<16xf32>
// =>     %7 = arith.mulf %5, %6 : vector<16xf32>
// =>     %8 = arith.constant dense<1.2582912e+07> : vector<16xf32>
// =>     %9 = arith.addf %7, %8 : vector<16xf32>
// =>     %10 = arith.subf %9, %8 : vector<16xf32>
// =>     %11 = arith.bitcast %9 : vector<16xf32> to vector<16xi32>
// =>     %12 = arith.constant dense<1262485504> : vector<16xi32>
// =>     %13 = arith.subi %11, %12 : vector<16xi32>
// =>     %14 = arith.constant dense<6.93145751953125e-01> : vector<16xf32>
// =>     %15 = arith.mulf %10, %14 : vector<16xf32>
// =>     %16 = arith.subf %5, %15 : vector<16xf32>
// =>     %17 = arith.constant dense<1.428606765330187e-06> : vector<16xf32>
// =>     %18 = arith.mulf %10, %17 : vector<16xf32>
// =>     %19 = arith.subf %16, %18 : vector<16xf32>
// =>     %20 = arith.mulf %19, %19 : vector<16xf32>
// =>     %21 = arith.constant dense<1.9945876556448638e-04> : vector<16xf32>
// =>     %22 = arith.mulf %21, %19 : vector<16xf32>
// =>     %23 = arith.constant dense<1.3933571754023433e-03> : vector<16xf32>
// =>     %24 = arith.addf %22, %23 : vector<16xf32>
// =>     %25 = arith.mulf %24, %19 : vector<16xf32>
// =>     %26 = arith.constant dense<8.333206e-03> : vector<16xf32>
// =>     %27 = arith.addf %25, %26 : vector<16xf32>
// =>     %28 = arith.mulf %27, %19 : vector<16xf32>
// =>     %29 = arith.constant dense<4.166648e-02> : vector<16xf32>
// =>     %30 = arith.addf %28, %29 : vector<16xf32>
// =>     %31 = arith.mulf %30, %19 : vector<16xf32>
// =>     %32 = arith.constant dense<1.666666716337204e-01> : vector<16xf32>
// =>     %33 = arith.addf %31, %32 : vector<16xf32>
// =>     %34 = arith.mulf %33, %19 : vector<16xf32>
// =>     %35 = arith.constant dense<5.000000e-01> : vector<16xf32>
// =>     %36 = arith.addf %34, %35 : vector<16xf32>
// =>     %37 = arith.mulf %20, %36 : vector<16xf32>
// =>     %38 = arith.addf %37, %19 : vector<16xf32>
// =>     %39 = arith.constant dense<1.000000e+00> : vector<16xf32>
// =>     %40 = arith.addf %38, %39 : vector<16xf32>
// =>     %41 = arith.constant dense<1> : vector<16xi32>
// =>     %42 = arith.shrsi %13, %41 : vector<16xi32>
// =>     %43 = arith.constant dense<127> : vector<16xi32>
// =>     %44 = arith.addi %42, %43 : vector<16xi32>
// =>     %45 = arith.constant dense<23> : vector<16xi32>
// =>     %46 = arith.shli %44, %45 : vector<16xi32>
// =>     %47 = arith.bitcast %46 : vector<16xi32> to vector<16xf32>
// =>     %48 = arith.mulf %40, %47 : vector<16xf32>
// =>     %49 = arith.subi %13, %42 : vector<16xi32>
// =>     %50 = arith.addi %49, %43 : vector<16xi32>
// =>     %51 = arith.shli %50, %45 : vector<16xi32>
// =>     %52 = arith.bitcast %51 : vector<16xi32> to vector<16xf32>
// =>     %53 = arith.mulf %48, %52 : vector<16xf32>
// =>     func.return %53 : vector<16xf32>
// =>   }
// => }
// -----
// Scalars are computed like lanes; f64 has coefficients of its own.
func.func @log(%x: f64) -> f64 {
  %0 = math.log %x : f64
  return %0 : f64
}
// => module {
// =>   func.func @log(%arg0: f64) -> f64 {
// =>     %0 = arith.constant 2.2250738585072014e-308 : f64
// =>     %1 = arith.cmpf olt, %arg0, %0 : f64
// =>     %2 = arith.constant 1.8014398509481984e+16 : f64
// =>     %3 = arith.mulf %arg0, %2 : f64
// =>     %4 = arith.select %1, %3, %arg0 : f64
// =>     %5 = arith.bitcast %4 : f64 to i64
// =>     %6 = arith.constant 7.071067811865476e-01 : f64
// =>     %7 = arith.bitcast %6 : f64 to i64
// =>     %8 = arith.subi %5, %7 : i64
// =>     %9 = arith.constant 52 : i64
// =>     %10 = arith.shrsi %8, %9 : i64
// =>     %11 = arith.constant 54 : i64
// =>     %12 = arith.constant 0 : i64
// =>     %13 = arith.select %1, %11, %12 : i64
// =>     %14 = arith.subi %10, %13 : i64
// =>     %15 = arith.constant 4503599627370495 : i64
// =>     %16 = arith.andi %8, %15 : i64
// =>     %17 = arith.addi %16, %7 : i64
// =>     %18 = arith.sitofp %14 : i64 to f64
// =>     %19 = arith.bitcast %17 : i64 to f64
// =>     %20 = arith.constant 1.000000e+00 : f64
// =>     %21 = arith.subf %19, %20 : f64
// =>     %22 = arith.constant 0.000000e+00 : f64
// =>     %23 = arith.mulf %21, %21 : f64
// =>     %24 = arith.constant 5.000000e-01 : f64
// =>     %25 = arith.mulf %23, %24 : f64
// =>     %26 = arith.constant 2.000000e+00 : f64
// =>     %27 = arith.addf %21, %26 : f64
// =>     %28 = arith.divf %21, %27 : f64
// =>     %29 = arith.mulf %28, %28 : f64
// =>     %30 = arith.constant 1.479789996841551e-01 : f64
// =>     %31 = arith.mulf %30, %29 : f64
// =>     %32 = arith.constant 1.531386408548318e-01 : f64
// =>     %33 = arith.addf %31, %32 : f64
// =>     %34 = arith.mulf %33, %29 : f64
// =>     %35 = arith.constant 1.818357127802312e-01 : f64
// =>     %36 = arith.addf %34, %35 : f64
// =>     %37 = arith.mulf %36, %29 : f64
// =>     %38 = arith.constant 2.2222198445963268e-01 : f64
// =>     %39 = arith.addf %37, %38 : f64
// =>     %40 = arith.mulf %39, %29 : f64
// =>     %41 = arith.constant 2.8571428743563926e-01 : f64
// =>     %42 = arith.addf %40, %41 : f64
// =>     %43 = arith.mulf %42, %29 : f64
// =>     %44 = arith.constant 3.9999999999409663e-01 : f64
// =>     %45 = arith.addf %43, %44 : f64
// =>     %46 = arith.mulf %45, %29 : f64
// =>     %47 = arith.constant 6.666666666666735e-01 : f64
// =>     %48 = arith.addf %46, %47 : f64
// =>     %49 = arith.mulf %29, %48 : f64
// =>     %50 = arith.addf %49, %25 : f64
// =>     %51 = arith.mulf %28, %50 : f64
// =>     %52 = arith.subf %25, %51 : f64
// =>     %53 = arith.constant -1.7239444525614835e-13 : f64
// =>     %54 = arith.mulf %18, %53 : f64
// =>     %55 = arith.addf %54, %22 : f64
// =>     %56 = arith.subf %52, %55 : f64
// =>     %57 = arith.subf %21, %56 : f64
// =>     %58 = arith.constant 6.931471805601177e-01 : f64
// =>     %59 = arith.mulf %18, %58 : f64
// =>     %60 = arith.addf %59, %57 : f64
// =>     %61 = arith.cmpf oeq, %arg0, %22 : f64
// =>     %62 = arith.cmpf olt, %arg0, %22 : f64
// =>     %63 = arith.constant 0x7FF8000000000000 : f64
// =>     %64 = arith.select %62, %63, %arg0 : f64
// =>     %65 = arith.constant 0xFFF0000000000000 : f64
// =>     %66 = arith.select %61, %65, %64 : f64
// =>     %67 = arith.cmpf ogt, %arg0, %22 : f64
// =>     %68 = arith.constant 0x7FF0000000000000 : f64
// =>     %69 = arith.cmpf olt, %arg0, %68 : f64
// =>     %70 = arith.andi %67, %69 : i1
// =>     %71 = arith.select %70, %60, %66 : f64
// =>     func.return %71 : f64
// =>   }
// => }
// -----
// A huge angle takes the rare path, which vectors enter when any lane has one.
func.func @sin(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.sin %x : vector<4xf32>
  return %0 : vector<4xf32>
}
// => module {
// =>   func.func @sin(%arg0: vector<4xf32>) -> vector<4xf32> {
// =>     %0 = math.absf %arg0 : vector<4xf32>
// =>     %1 = arith.constant dense<6.366197466850281e-01> : vector<4xf32>
// =>     %2 = arith.mulf %0, %1 : vector<4xf32>
// =>     %3 = arith.constant dense<1.2582912e+07> : vector<4xf32>
// =>     %4 = arith.addf %2, %3 : vector<4xf32>
// =>     %5 = arith.subf %4, %3 : vector<4xf32>
// =>     %6 = arith.bitcast %4 : vector<4xf32> to vector<4xi32>
// =>     %7 = arith.constant dense<1262485504> : vector<4xi32>
// =>     %8 = arith.subi %6, %7 : vector<4xi32>
// =>     %9 = arith.constant dense<1.5703125e+00> : vector<4xf32>
// =>     %10 = arith.mulf %5, %9 : vector<4xf32>
// =>     %11 = arith.subf %0, %10 : vector<4xf32>
// =>     %12 = arith.constant dense<4.837513e-04> : vector<4xf32>
// =>     %13 = arith.mulf %5, %12 : vector<4xf32>
// =>     %14 = arith.negf %13 : vector<4xf32>
// =>     %15 = arith.addf %11, %14 : vector<4xf32>
// =>     %16 = arith.subf %15, %11 : vector<4xf32>
// =>     %17 = arith.subf %15, %16 : vector<4xf32>
// =>     %18 = arith.subf %11, %17 : vector<4xf32>
// =>     %19 = arith.subf %14, %16 : vector<4xf32>
// =>     %20 = arith.addf %18, %19 : vector<4xf32>
// =>     %21 = arith.constant dense<7.549533620476723e-08> : vector<4xf32>
// =>     %22 = arith.mulf %5, %21 : vector<4xf32>
// =>     %23 = arith.negf %22 : vector<4xf32>
// =>     %24 = arith.addf %15, %23 : vector<4xf32>
// =>     %25 = arith.subf %24, %15 : vector<4xf32>
// =>     %26 = arith.subf %24, %25 : vector<4xf32>
// =>     %27 = arith.subf %15, %26 : vector<4xf32>
// =>     %28 = arith.subf %23, %25 : vector<4xf32>
// =>     %29 = arith.addf %27, %28 : vector<4xf32>
// =>     %30 = arith.addf %20, %29 : vector<4xf32>
// =>     %31 = arith.constant dense<2.563344e-12> : vector<4xf32>
// =>     %32 = arith.mulf %5, %31 : vector<4xf32>
// =>     %33 = arith.subf %30, %32 : vector<4xf32>
// =>     %34 = arith.addf %24, %33 : vector<4xf32>
// =>     %35 = arith.subf %34, %24 : vector<4xf32>
// =>     %36 = arith.subf %33, %35 : vector<4xf32>
// =>     %37 = arith.constant dense<6.000000e+03> : vector<4xf32>
// =>     %38 = arith.cmpf ole, %0, %37 : vector<4xf32>
// =>     %39 = arith.constant dense<true> : vector<4xi1>
// =>     %40 = arith.xori %38, %39 : vector<4xi1>
// =>     %41 = vector.reduction <or>, %40 : vector<4xi1> into i1
// =>     %42:3 = scf.if %41 -> (vector<4xi32>, vector<4xf32>, vector<4xf32>) {
// =>       %43 = arith.bitcast %0 : vector<4xf32> to vector<4xi32>
// =>       %44 = arith.constant dense<8388607> : vector<4xi32>
// =>       %45 = arith.andi %43, %44 : vector<4xi32>
// =>       %46 = arith.constant dense<8388608> : vector<4xi32>
// =>       %47 = arith.ori %45, %46 : vector<4xi32>
// =>       %48 = arith.constant dense<23> : vector<4xi32>
// =>       %49 = arith.shrui %43, %48 : vector<4xi32>
// =>       %50 = arith.constant dense<255> : vector<4xi32>
// =>       %51 = arith.andi %49, %50 : vector<4xi32>
// =>       %52 = arith.constant dense<150> : vector<4xi32>
// =>       %53 = arith.subi %51, %52 : vector<4xi32>
// =>       %54 = arith.constant dense<14> : vector<4xi32>
// =>       %55 = arith.addi %53, %54 : vector<4xi32>
// =>       %56 = arith.constant dense<5> : vector<4xi32>
// =>       %57 = arith.shrui %55, %56 : vector<4xi32>
// =>       %58 = arith.constant dense<31> : vector<4xi32>
// =>       %59 = arith.andi %55, %58 : vector<4xi32>
// =>       %60 = arith.constant dense<41721> : vector<4xi32>
// =>       %61 = arith.constant dense<-2089923004> : vector<4xi32>
// =>       %62 = arith.constant dense<355073063> : vector<4xi32>
// =>       %63 = arith.constant dense<1473377588> : vector<4xi32>
// =>       %64 = arith.constant dense<-574563486> : vector<4xi32>
// =>       %65 = arith.constant dense<-1785119677> : vector<4xi32>
// =>       %66 = arith.constant dense<-1874723247> : vector<4xi32>
// =>       %67 = arith.constant dense<2> : vector<4xi32>
// =>       %68 = arith.andi %57, %67 : vector<4xi32>
// =>       %69 = arith.constant dense<0> : vector<4xi32>
// =>       %70 = arith.cmpi ne, %68, %69 : vector<4xi32>
// =>       %71 = arith.select %70, %62, %60 : vector<4xi1>, vector<4xi32>
// =>       %72 = arith.select %70, %63, %61 : vector<4xi1>, vector<4xi32>
// =>       %73 = arith.select %70, %64, %62 : vector<4xi1>, vector<4xi32>
// =>       %74 = arith.select %70, %65, %63 : vector<4xi1>, vector<4xi32>
// =>       %75 = arith.select %70, %66, %64 : vector<4xi1>, vector<4xi32>
// =>       %76 = arith.constant dense<1> : vector<4xi32>
// =>       %77 = arith.andi %57, %76 : vector<4xi32>
// =>       %78 = arith.cmpi ne, %77, %69 : vector<4xi32>
// =>       %79 = arith.select %78, %72, %71 : vector<4xi1>, vector<4xi32>
// =>       %80 = arith.select %78, %73, %72 : vector<4xi1>, vector<4xi32>
// =>       %81 = arith.select %78, %74, %73 : vector<4xi1>, vector<4xi32>
// =>       %82 = arith.select %78, %75, %74 : vector<4xi1>, vector<4xi32>
// =>       %83 = arith.cmpi eq, %59, %69 : vector<4xi32>
// =>       %84 = arith.constant dense<-1> : vector<4xi32>
// =>       %85 = arith.muli %59, %84 : vector<4xi32>
// =>       %86 = arith.constant dense<32> : vector<4xi32>
// =>       %87 = arith.addi %85, %86 : vector<4xi32>
// =>       %88 = arith.select %83, %69, %87 : vector<4xi1>, vector<4xi32>
// =>       %89 = arith.shli %79, %59 : vector<4xi32>
// =>       %90 = arith.shrui %80, %88 : vector<4xi32>
// =>       %91 = arith.select %83, %69, %90 : vector<4xi1>, vector<4xi32>
// =>       %92 = arith.ori %89, %91 : vector<4xi32>
// =>       %93 = arith.shli %80, %59 : vector<4xi32>
// =>       %94 = arith.shrui %81, %88 : vector<4xi32>
// =>       %95 = arith.select %83, %69, %94 : vector<4xi1>, vector<4xi32>
// =>       %96 = arith.ori %93, %95 : vector<4xi32>
// =>       %97 = arith.shli %81, %59 : vector<4xi32>
// =>       %98 = arith.shrui %82, %88 : vector<4xi32>
// =>       %99 = arith.select %83, %69, %98 : vector<4xi1>, vector<4xi32>
// =>       %100 = arith.ori %97, %99 : vector<4xi32>
// =>       %101 = arith.muli %47, %96 : vector<4xi32>
// =>       %102 = arith.extui %47 : vector<4xi32> to vector<4xi64>
// =>       %103 = arith.extui %100 : vector<4xi32> to vector<4xi64>
// =>       %104 = arith.muli %102, %103 : vector<4xi64>
// =>       %105 = arith.constant dense<32> : vector<4xi64>
// =>       %106 = arith.shrui %104, %105 : vector<4xi64>
// =>       %107 = arith.trunci %106 : vector<4xi64> to vector<4xi32>
// =>       %108 = arith.addi %101, %107 : vector<4xi32>
// =>       %109 = arith.cmpi ult, %108, %107 : vector<4xi32>
// =>       %110 = arith.select %109, %76, %69 : vector<4xi1>, vector<4xi32>
// =>       %111 = arith.muli %47, %92 : vector<4xi32>
// =>       %112 = arith.extui %47 : vector<4xi32> to vector<4xi64>
// =>       %113 = arith.extui %96 : vector<4xi32> to vector<4xi64>
// =>       %114 = arith.muli %112, %113 : vector<4xi64>
// =>       %115 = arith.shrui %114, %105 : vector<4xi64>
// =>       %116 = arith.trunci %115 : vector<4xi64> to vector<4xi32>
// =>       %117 = arith.addi %111, %116 : vector<4xi32>
// =>       %118 = arith.addi %117, %110 : vector<4xi32>
// =>       %119 = arith.shli %118, %67 : vector<4xi32>
// =>       %120 = arith.constant dense<30> : vector<4xi32>
// =>       %121 = arith.shrui %108, %120 : vector<4xi32>
// =>       %122 = arith.ori %119, %121 : vector<4xi32>
// =>       %123 = arith.shrui %118, %120 : vector<4xi32>
// =>       %124 = arith.shrui %122, %58 : vector<4xi32>
// =>       %125 = arith.addi %123, %124 : vector<4xi32>
// =>       %126 = arith.shli %108, %67 : vector<4xi32>
// =>       %127 = arith.constant dense<-256> : vector<4xi32>
// =>       %128 = arith.andi %122, %127 : vector<4xi32>
// =>       %129 = arith.sitofp %128 : vector<4xi32> to vector<4xf32>
// =>       %130 = arith.constant dense<2.3283064365386963e-10> : vector<4xf32>
// =>       %131 = arith.mulf %129, %130 : vector<4xf32>
// =>       %132 = arith.andi %122, %50 : vector<4xi32>
// =>       %133 = arith.constant dense<16> : vector<4xi32>
// =>       %134 = arith.shli %132, %133 : vector<4xi32>
// =>       %135 = arith.shrui %126, %133 : vector<4xi32>
// =>       %136 = arith.ori %134, %135 : vector<4xi32>
// =>       %137 = arith.sitofp %136 : vector<4xi32> to vector<4xf32>
// =>       %138 = arith.constant dense<3.552713678800501e-15> : vector<4xf32>
// =>       %139 = arith.mulf %137, %138 : vector<4xf32>
// =>       %140 = arith.constant dense<65535> : vector<4xi32>
// =>       %141 = arith.andi %126, %140 : vector<4xi32>
// =>       %142 = arith.sitofp %141 : vector<4xi32> to vector<4xf32>
// =>       %143 = arith.constant dense<5.421011e-20> : vector<4xf32>
// =>       %144 = arith.mulf %142, %143 : vector<4xf32>
// =>       %145 = arith.addf %131, %139 : vector<4xf32>
// =>       %146 = arith.subf %145, %131 : vector<4xf32>
// =>       %147 = arith.subf %139, %146 : vector<4xf32>
// =>       %148 = arith.addf %147, %144 : vector<4xf32>
// =>       %149 = arith.addf %145, %148 : vector<4xf32>
// =>       %150 = arith.subf %149, %145 : vector<4xf32>
// =>       %151 = arith.subf %148, %150 : vector<4xf32>
// =>       %152 = arith.constant dense<1.5707963705062866e+00> : vector<4xf32>
// =>       %153 = arith.constant dense<-4.371139e-08> : vector<4xf32>
// =>       %154 = arith.mulf %149, %152 : vector<4xf32>
// =>       %155 = arith.bitcast %149 : vector<4xf32> to vector<4xi32>
// =>       %156 = arith.constant dense<-4096> : vector<4xi32>
// =>       %157 = arith.andi %155, %156 : vector<4xi32>
// =>       %158 = arith.bitcast %157 : vector<4xi32> to vector<4xf32>
// =>       %159 = arith.subf %149, %158 : vector<4xf32>
// =>       %160 = arith.bitcast %152 : vector<4xf32> to vector<4xi32>
// =>       %161 = arith.andi %160, %156 : vector<4xi32>
// =>       %162 = arith.bitcast %161 : vector<4xi32> to vector<4xf32>
// =>       %163 = arith.subf %152, %162 : vector<4xf32>
// =>       %164 = arith.mulf %158, %162 : vector<4xf32>
// =>       %165 = arith.subf %164, %154 : vector<4xf32>
// =>       %166 = arith.mulf %158, %163 : vector<4xf32>
// =>       %167 = arith.addf %165, %166 : vector<4xf32>
// =>       %168 = arith.mulf %159, %162 : vector<4xf32>
// =>       %169 = arith.addf %167, %168 : vector<4xf32>
// =>       %170 = arith.mulf %159, %163 : vector<4xf32>
// =>       %171 = arith.addf %169, %170 : vector<4xf32>
// =>       %172 = arith.mulf %149, %153 : vector<4xf32>
// =>       %173 = arith.mulf %151, %152 : vector<4xf32>
// =>       %174 = arith.addf %172, %173 : vector<4xf32>
// =>       %175 = arith.addf %171, %174 : vector<4xf32>
// =>       %176 = arith.addf %154, %175 : vector<4xf32>
// =>       %177 = arith.subf %176, %154 : vector<4xf32>
// =>       %178 = arith.subf %175, %177 : vector<4xf32>
// =>       %179 = arith.select %40, %125, %8 : vector<4xi1>, vector<4xi32>
// =>       %180 = arith.select %40, %176, %34 : vector<4xi1>, vector<4xf32>
// =>       %181 = arith.select %40, %178, %36 : vector<4xi1>, vector<4xf32>
// =>       scf.yield %179, %180, %181 : vector<4xi32>, vector<4xf32>, vector<4xf32>
// =>     } else {
// =>       scf.yield %8, %34, %36 : vector<4xi32>, vector<4xf32>, vector<4xf32>
// =>     }
// =>     %182 = arith.mulf %42#1, %42#1 : vector<4xf32>
// =>     %183 = arith.constant dense<5.000000e-01> : vector<4xf32>
// =>     %184 = arith.mulf %182, %183 : vector<4xf32>
// =>     %185 = arith.mulf %182, %42#1 : vector<4xf32>
// =>     %186 = arith.constant dense<2.831640358635923e-06> : vector<4xf32>
// =>     %187 = arith.mulf %186, %182 : vector<4xf32>
// =>     %188 = arith.constant dense<-1.985302078537643e-04> : vector<4xf32>
// =>     %189 = arith.addf %187, %188 : vector<4xf32>
// =>     %190 = arith.mulf %189, %182 : vector<4xf32>
// =>     %191 = arith.constant dense<8.333379e-03> : vector<4xf32>
// =>     %192 = arith.addf %190, %191 : vector<4xf32>
// =>     %193 = arith.mulf %192, %182 : vector<4xf32>
// =>     %194 = arith.constant dense<-1.666666716337204e-01> : vector<4xf32>
// =>     %195 = arith.addf %193, %194 : vector<4xf32>
// =>     %196 = arith.mulf %185, %195 : vector<4xf32>
// =>     %197 = arith.negf %184 : vector<4xf32>
// =>     %198 = arith.constant dense<1.000000e+00> : vector<4xf32>
// =>     %199 = arith.addf %197, %198 : vector<4xf32>
// =>     %200 = arith.negf %199 : vector<4xf32>
// =>     %201 = arith.addf %200, %198 : vector<4xf32>
// =>     %202 = arith.subf %201, %184 : vector<4xf32>
// =>     %203 = arith.mulf %182, %182 : vector<4xf32>
// =>     %204 = arith.constant dense<2.4431617930531502e-05> : vector<4xf32>
// =>     %205 = arith.mulf %204, %182 : vector<4xf32>
// =>     %206 = arith.constant dense<-1.3887305976822972e-03> : vector<4xf32>
// =>     %207 = arith.addf %205, %206 : vector<4xf32>
// =>     %208 = arith.mulf %207, %182 : vector<4xf32>
// =>     %209 = arith.constant dense<4.166664555668831e-02> : vector<4xf32>
// =>     %210 = arith.addf %208, %209 : vector<4xf32>
// =>     %211 = arith.mulf %203, %210 : vector<4xf32>
// =>     %212 = arith.mulf %184, %42#2 : vector<4xf32>
// =>     %213 = arith.subf %42#2, %212 : vector<4xf32>
// =>     %214 = arith.addf %196, %213 : vector<4xf32>
// =>     %215 = arith.mulf %42#1, %42#2 : vector<4xf32>
// =>     %216 = arith.subf %211, %215 : vector<4xf32>
// =>     %217 = arith.addf %202, %216 : vector<4xf32>
// =>     %218 = arith.constant dense<0x7F800000> : vector<4xf32>
// =>     %219 = arith.cmpf olt, %0, %218 : vector<4xf32>
// =>     %220 = arith.constant dense<0.000000e+00> : vector<4xf32>
// =>     %221 = arith.constant dense<0x7FC00000> : vector<4xf32>
// =>     %222 = arith.select %219, %220, %221 : vector<4xi1>, vector<4xf32>
// =>     %223 = arith.addf %214, %222 : vector<4xf32>
// =>     %224 = arith.addf %217, %222 : vector<4xf32>
// =>     %225 = arith.constant dense<1> : vector<4xi32>
// =>     %226 = arith.andi %42#0, %225 : vector<4xi32>
// =>     %227 = arith.constant dense<0> : vector<4xi32>
// =>     %228 = arith.cmpi ne, %226, %227 : vector<4xi32>
// =>     %229 = arith.addf %199, %224 : vector<4xf32>
// =>     %230 = arith.addf %42#1, %223 : vector<4xf32>
// =>     %231 = arith.select %228, %229, %230 : vector<4xi1>, vector<4xf32>
// =>     %232 = arith.constant dense<30> : vector<4xi32>
// =>     %233 = arith.shli %42#0, %232 : vector<4xi32>
// =>     %234 = arith.constant dense<-2147483648> : vector<4xi32>
// =>     %235 = arith.andi %233, %234 : vector<4xi32>
// =>     %236 = arith.bitcast %arg0 : vector<4xf32> to vector<4xi32>
// =>     %237 = arith.andi %236, %234 : vector<4xi32>
// =>     %238 = arith.xori %235, %237 : vector<4xi32>
// =>     %239 = arith.bitcast %231 : vector<4xf32> to vector<4xi32>
// =>     %240 = arith.xori %239, %238 : vector<4xi32>
// =>     %241 = arith.bitcast %240 : vector<4xi32> to vector<4xf32>
// =>     func.return %241 : vector<4xf32>
// =>   }
// => }
// -----
// The remainder is a long division, as long as a lane has digits left.
func.func @fmod(%x: vector<4xf32>, %y: vector<4xf32>) -> vector<4xf32> {
  %0 = arith.remf %x, %y : vector<4xf32>
  return %0 : vector<4xf32>
}
// => module {
// =>   func.func @fmod(%arg0: vector<4xf32>, %arg1: vector<4xf32>) -> vector<4xf32> {
// =>     %0 = math.absf %arg0 : vector<4xf32>
// =>     %1 = math.absf %arg1 : vector<4xf32>
// =>     %2 = arith.constant dense<0x7F800000> : vector<4xf32>
// =>     %3 = arith.cmpf olt, %0, %2 : vector<4xf32>
// =>     %4 = arith.constant dense<0.000000e+00> : vector<4xf32>
// =>     %5 = arith.cmpf ogt, %1, %4 : vector<4xf32>
// =>     %6 = arith.andi %3, %5 : vector<4xi1>
// =>     %7 = arith.cmpf oge, %0, %1 : vector<4xf32>
// =>     %8 = arith.andi %6, %7 : vector<4xi1>
// =>     %9 = arith.cmpf olt, %1, %2 : vector<4xf32>
// =>     %10 = arith.andi %8, %9 : vector<4xi1>
// =>     %11 = arith.constant dense<1.000000e+00> : vector<4xf32>
// =>     %12 = arith.select %10, %0, %11 : vector<4xi1>, vector<4xf32>
// =>     %13 = arith.bitcast %12 : vector<4xf32> to vector<4xi32>
// =>     %14 = arith.constant dense<23> : vector<4xi32>
// =>     %15 = arith.shrui %13, %14 : vector<4xi32>
// =>     %16 = arith.constant dense<0> : vector<4xi32>
// =>     %17 = arith.cmpi eq, %15, %16 : vector<4xi32>
// =>     %18 = arith.constant dense<8388608> : vector<4xi32>
// =>     %19 = arith.select %17, %16, %18 : vector<4xi1>, vector<4xi32>
// =>     %20 = arith.constant dense<8388607> : vector<4xi32>
// =>     %21 = arith.andi %13, %20 : vector<4xi32>
// =>     %22 = arith.ori %21, %19 : vector<4xi32>
// =>     %23 = arith.cmpi eq, %15, %16 : vector<4xi32>
// =>     %24 = arith.constant dense<1> : vector<4xi32>
// =>     %25 = arith.select %23, %24, %15 : vector<4xi1>, vector<4xi32>
// =>     %26 = arith.select %10, %1, %11 : vector<4xi1>, vector<4xf32>
// =>     %27 = arith.bitcast %26 : vector<4xf32> to vector<4xi32>
// =>     %28 = arith.shrui %27, %14 : vector<4xi32>
// =>     %29 = arith.cmpi eq, %28, %16 : vector<4xi32>
// =>     %30 = arith.select %29, %16, %18 : vector<4xi1>, vector<4xi32>
// =>     %31 = arith.andi %27, %20 : vector<4xi32>
// =>     %32 = arith.ori %31, %30 : vector<4xi32>
// =>     %33 = arith.cmpi eq, %28, %16 : vector<4xi32>
// =>     %34 = arith.select %33, %24, %28 : vector<4xi1>, vector<4xi32>
// =>     %35 = arith.sitofp %32 : vector<4xi32> to vector<4xf32>
// =>     %36 = arith.shli %22, %16 : vector<4xi32>
// =>     %37 = arith.sitofp %36 : vector<4xi32> to vector<4xf32>
// =>     %38 = arith.divf %37, %35 : vector<4xf32>
// =>     %39 = arith.fptosi %38 : vector<4xf32> to vector<4xi32>
// =>     %40 = arith.muli %39, %32 : vector<4xi32>
// =>     %41 = arith.subi %36, %40 : vector<4xi32>
// =>     %42 = arith.cmpi slt, %41, %16 : vector<4xi32>
// =>     %43 = arith.addi %41, %32 : vector<4xi32>
// =>     %44 = arith.select %42, %43, %41 : vector<4xi1>, vector<4xi32>
// =>     %45 = arith.cmpi slt, %44, %32 : vector<4xi32>
// =>     %46 = arith.subi %44, %32 : vector<4xi32>
// =>     %47 = arith.select %45, %44, %46 : vector<4xi1>, vector<4xi32>
// =>     %48 = arith.subi %25, %34 : vector<4xi32>
// =>     %49:2 = scf.while (%arg2 = %47, %arg3 = %48) : (vector<4xi32>, vector<4xi32>) -> (vector<4xi32>, vector<4xi32>) {
// =>       %50 = arith.cmpi sgt, %arg3, %16 : vector<4xi32>
// =>       %51 = vector.reduction <or>, %50 : vector<4xi1> into i1
// =>       scf.condition(%51) %arg2, %arg3 : vector<4xi32>, vector<4xi32>
// =>     } do {
// =>     ^bb0(%arg4: vector<4xi32>, %arg5: vector<4xi32>):
// =>       %52 = arith.constant dense<7> : vector<4xi32>
// =>       %53 = arith.cmpi sgt, %arg5, %52 : vector<4xi32>
// =>       %54 = arith.select %53, %52, %arg5 : vector<4xi1>, vector<4xi32>
// =>       %55 = arith.shli %arg4, %54 : vector<4xi32>
// =>       %56 = arith.sitofp %55 : vector<4xi32> to vector<4xf32>
// =>       %57 = arith.divf %56, %35 : vector<4xf32>
// =>       %58 = arith.fptosi %57 : vector<4xf32> to vector<4xi32>
// =>       %59 = arith.muli %58, %32 : vector<4xi32>
// =>       %60 = arith.subi %55, %59 : vector<4xi32>
// =>       %61 = arith.cmpi slt, %60, %16 : vector<4xi32>
// =>       %62 = arith.addi %60, %32 : vector<4xi32>
// =>       %63 = arith.select %61, %62, %60 : vector<4xi1>, vector<4xi32>
// =>       %64 = arith.cmpi slt, %63, %32 : vector<4xi32>
// =>       %65 = arith.subi %63, %32 : vector<4xi32>
// =>       %66 = arith.select %64, %63, %65 : vector<4xi1>, vector<4xi32>
// =>       %67 = arith.subi %arg5, %54 : vector<4xi32>
// =>       %68 = arith.cmpi sgt, %arg5, %16 : vector<4xi32>
// =>       %69 = arith.select %68, %66, %arg4 : vector<4xi1>, vector<4xi32>
// =>       %70 = arith.select %68, %67, %arg5 : vector<4xi1>, vector<4xi32>
// =>       scf.yield %69, %70 : vector<4xi32>, vector<4xi32>
// =>     }
// =>     %71 = arith.sitofp %49#0 : vector<4xi32> to vector<4xf32>
// =>     %72 = arith.constant dense<150> : vector<4xi32>
// =>     %73 = arith.subi %34, %72 : vector<4xi32>
// =>     %74 = arith.shrsi %73, %24 : vector<4xi32>
// =>     %75 = arith.constant dense<127> : vector<4xi32>
// =>     %76 = arith.addi %74, %75 : vector<4xi32>
// =>     %77 = arith.shli %76, %14 : vector<4xi32>
// =>     %78 = arith.bitcast %77 : vector<4xi32> to vector<4xf32>
// =>     %79 = arith.mulf %71, %78 : vector<4xf32>
// =>     %80 = arith.subi %73, %74 : vector<4xi32>
// =>     %81 = arith.addi %80, %75 : vector<4xi32>
// =>     %82 = arith.shli %81, %14 : vector<4xi32>
// =>     %83 = arith.bitcast %82 : vector<4xi32> to vector<4xf32>
// =>     %84 = arith.mulf %79, %83 : vector<4xf32>
// =>     %85 = arith.select %10, %84, %0 : vector<4xi1>, vector<4xf32>
// =>     %86 = math.copysign %85, %arg0 : vector<4xf32>
// =>     %87 = arith.constant dense<0x7FC00000> : vector<4xf32>
// =>     %88 = arith.select %6, %86, %87 : vector<4xi1>, vector<4xf32>
// =>     func.return %88 : vector<4xf32>
// =>   }
// => }
// -----
// What is an instruction stays, and so do functions of formats that a pass before this one widens.
func.func @kept(%x: vector<4xf32>, %y: bf16) -> (vector<4xf32>, bf16) {
  %0 = math.sqrt %x : vector<4xf32>
  %1 = math.roundeven %0 : vector<4xf32>
  %2 = math.tanh %y : bf16
  return %1, %2 : vector<4xf32>, bf16
}
// => unchanged
