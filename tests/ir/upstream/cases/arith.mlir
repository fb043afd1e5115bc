func.func @integers(%a: i32, %b: i32, %v: vector<4xi8>, %t: tensor<?x4xi64>, %n: index) -> i32 {
  %0 = arith.addi %a, %b overflow<nsw, nuw> : i32
  %1 = arith.addi %v, %v : vector<4xi8>
  %2 = arith.subi %t, %t : tensor<?x4xi64>
  %3 = arith.muli %n, %n : index
  %4 = arith.shli %a, %b overflow<nsw> : i32
  %5 = arith.divsi %a, %b : i32
  %6 = arith.divui %a, %b : i32
  %7 = arith.remsi %a, %b : i32
  %8 = arith.remui %a, %b : i32
  %9 = arith.floordivsi %a, %b : i32
  %10 = arith.ceildivsi %a, %b : i32
  %11 = arith.ceildivui %a, %b : i32
  %12 = arith.andi %a, %b : i32
  %13 = arith.ori %a, %b : i32
  %14 = arith.xori %a, %b {note = "kept"} : i32
  %15 = arith.shrsi %a, %b : i32
  %16 = arith.shrui %a, %b : i32
  %17 = arith.maxsi %a, %b : i32
  %18 = arith.minsi %a, %b : i32
  %19 = arith.maxui %a, %b : i32
  %20 = arith.minui %a, %b : i32
  %21 = arith.cmpi slt, %a, %b : i32
  %22 = arith.cmpi uge, %v, %v : vector<4xi8>
  %23:2 = arith.mulsi_extended %a, %b : i32
  %24:2 = arith.mului_extended %v, %v : vector<4xi8>
  %25:2 = arith.addui_extended %a, %b : i32, i1
  return %0 : i32
}

func.func @floats(%x: f32, %v: vector<4xbf16>, %t: tensor<?x?xf64>) {
  %0 = arith.addf %x, %x : f32
  %1 = arith.addf %v, %v fastmath<nnan,contract> : vector<4xbf16>
  %2 = arith.subf %t, %t fastmath<fast> : tensor<?x?xf64>
  %3 = arith.mulf %x, %x : f32
  %4 = arith.divf %x, %x : f32
  %5 = arith.remf %x, %x : f32
  %6 = arith.minimumf %x, %x : f32
  %7 = arith.maximumf %x, %x : f32
  %8 = arith.minnumf %x, %x : f32
  %9 = arith.maxnumf %x, %x fastmath<nnan> : f32
  %10 = arith.negf %x fastmath<nsz> : f32
  %11 = arith.cmpf ult, %x, %x : f32
  %12 = arith.cmpf false, %v, %v fastmath<nnan> : vector<4xbf16>
  return
}

func.func @constants(%c: i1, %m: vector<2xi1>, %v: vector<2xf32>, %t: tensor<?xf32>, %w: tensor<?xi1>) {
  %0 = arith.constant true
  %1 = arith.constant false
  %2 = arith.constant -7 : i8
  %3 = arith.constant 9223372036854775807 : i64
  %4 = arith.constant 42 : index
  %5 = arith.constant 0.1 : f32
  %6 = arith.constant 0xFF800000 : f32
  %7 = arith.constant -0.0 : f64
  %8 = arith.constant dense<1.5> : vector<4xf32>
  %9 = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %10 = arith.constant dense<[true, false]> : vector<2xi1>
  %11 = arith.constant 3.0e+00 : bf16
  %12 = arith.select %c, %v, %v : vector<2xf32>
  %13 = arith.select %m, %v, %v : vector<2xi1>, vector<2xf32>
  %14 = arith.select %w, %t, %t : tensor<?xi1>, tensor<?xf32>
  %15 = arith.constant {tag} dense<1> : tensor<3xi64>
  return
}

func.func @casts(%i: i8, %j: i64, %x: f32, %h: vector<4xf16>, %n: index, %v: vector<4xi32>, %t: tensor<?xi32>) {
  %0 = arith.extsi %i : i8 to i32
  %1 = arith.extui %i : i8 to i64
  %2 = arith.trunci %j : i64 to i32
  %3 = arith.trunci %j overflow<nsw> : i64 to i1
  %4 = arith.extf %h : vector<4xf16> to vector<4xf32>
  %5 = arith.truncf %x : f32 to bf16
  %6 = arith.truncf %x to_nearest_even : f32 to f16
  %7 = arith.sitofp %v : vector<4xi32> to vector<4xf32>
  %8 = arith.uitofp %j : i64 to f32
  %9 = arith.fptosi %x : f32 to i32
  %10 = arith.fptoui %x : f32 to i64
  %11 = arith.index_cast %t : tensor<?xi32> to tensor<?xindex>
  %12 = arith.index_castui %n : index to i64
  %13 = arith.bitcast %x : f32 to i32
  %14 = arith.extf %x fastmath<contract> : f32 to f64
  return
}
