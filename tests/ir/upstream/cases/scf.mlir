func.func @loops(%n: index, %i: i32, %x: f32, %m: memref<?xf32>, %c: i1) -> f32 {
  scf.for %k = %n to %n step %n {
    memref.store %x, %m[%k] : memref<?xf32>
  }
  %0 = scf.for %k = %n to %n step %n iter_args(%acc = %x) -> (f32) {
    %v = memref.load %m[%k] : memref<?xf32>
    %1 = arith.addf %acc, %v : f32
    scf.yield %1 : f32
  }
  scf.for unsigned %k = %i to %i step %i : i32 {
  } {tag = "unsigned"}
  %2:2 = scf.for %k = %i to %i step %i iter_args(%a = %x, %b = %n) -> (f32, index) : i32 {
    scf.yield %a, %b : f32, index
  }
  %3:2 = scf.while (%a = %x, %b = %i) : (f32, i32) -> (i32, f32) {
    scf.condition(%c) %b, %a : i32, f32
  } do {
  ^bb0(%b: i32, %a: f32):
    scf.yield %a, %b : f32, i32
  }
  scf.while : () -> () {
    scf.condition(%c)
  } do {
    scf.yield
  } attributes {tag}
  return %0 : f32
}

func.func @branches(%c: i1, %n: index, %x: f32) -> f32 {
  %0 = scf.if %c -> (f32) {
    scf.yield %x : f32
  } else {
    %1 = arith.negf %x : f32
    scf.yield %1 : f32
  }
  scf.if %c {
  }
  scf.if %c {
  } else {
    %1 = arith.negf %x : f32
  }
  %2 = scf.index_switch %n -> f32
  case 2 {
    scf.yield %x : f32
  }
  case 5 {
    scf.yield %0 : f32
  }
  default {
    scf.yield %x : f32
  }
  %3 = scf.execute_region -> f32 {
    scf.yield %x : f32
  }
  return %2 : f32
}

func.func @parallel(%n: index, %x: f32, %t: tensor<?x4xf32>) -> f32 {
  scf.parallel (%i, %j) = (%n, %n) to (%n, %n) step (%n, %n) {
  }
  %0 = scf.parallel (%i) = (%n) to (%n) step (%n) init (%x) -> f32 {
    scf.reduce(%x : f32) {
    ^bb0(%a: f32, %b: f32):
      %1 = arith.addf %a, %b : f32
      scf.reduce.return %1 : f32
    }
  }
  %4:2 = scf.parallel (%i) = (%n) to (%n) step (%n) init (%x, %n) -> (f32, index) {
    scf.reduce(%x, %i : f32, index) {
    ^bb0(%a: f32, %b: f32):
      scf.reduce.return %a : f32
    }, {
    ^bb0(%a: index, %b: index):
      scf.reduce.return %b : index
    }
  }
  scf.forall (%i, %j) in (%n, 4) {
  }
  %2 = scf.forall (%i) = (%n) to (8) step (2) shared_outs(%o = %t) -> (tensor<?x4xf32>) {
    %s = tensor.extract_slice %o[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %s into %o[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<?x4xf32>
    }
  }
  return %0 : f32
}
