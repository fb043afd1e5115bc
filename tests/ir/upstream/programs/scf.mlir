// Nested loops with carried values, a while loop (Collatz), branches and a switch over an array's elements.
func.func @print(%x: index) {
  %0 = arith.index_cast %x : index to i64
  func.call @printI64(%0) : (i64) -> ()
  func.call @printNewline() : () -> ()
  return
}

func.func @collatz(%start: i64) -> (i64, i64) {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %two = arith.constant 2 : i64
  %three = arith.constant 3 : i64
  %0:3 = scf.while (%n = %start, %steps = %zero, %top = %start) : (i64, i64, i64) -> (i64, i64, i64) {
    %go = arith.cmpi ne, %n, %one : i64
    scf.condition(%go) %n, %steps, %top : i64, i64, i64
  } do {
  ^bb0(%n: i64, %steps: i64, %top: i64):
    %odd = arith.andi %n, %one : i64
    %is = arith.cmpi eq, %odd, %one : i64
    %next = scf.if %is -> (i64) {
      %a = arith.muli %n, %three : i64
      %b = arith.addi %a, %one : i64
      scf.yield %b : i64
    } else {
      %a = arith.divsi %n, %two : i64
      scf.yield %a : i64
    }
    %s = arith.addi %steps, %one : i64
    %t = arith.maxsi %top, %next : i64
    scf.yield %next, %s, %t : i64, i64, i64
  }
  return %0#1, %0#2 : i64, i64
}

func.func @main() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c7 = arith.constant 7 : index
  %c10 = arith.constant 10 : index
  %sum = scf.for %i = %c0 to %c10 step %c2 iter_args(%acc = %c0) -> (index) {
    %inner = scf.for %j = %i to %c10 step %c1 iter_args(%x = %acc) -> (index) {
      %p = arith.muli %i, %j : index
      %q = arith.addi %x, %p : index
      scf.yield %q : index
    }
    scf.yield %inner : index
  }
  call @print(%sum) : (index) -> ()
  %seed = arith.constant 27 : i64
  %steps, %top = call @collatz(%seed) : (i64) -> (i64, i64)
  call @printI64(%steps) : (i64) -> ()
  call @printNewline() : () -> ()
  call @printI64(%top) : (i64) -> ()
  call @printNewline() : () -> ()
  scf.for %i = %c0 to %c7 step %c1 {
    %v = scf.index_switch %i -> index
    case 1 {
      scf.yield %c10 : index
    }
    case 4 {
      %d = arith.addi %i, %c10 : index
      scf.yield %d : index
    }
    default {
      scf.yield %i : index
    }
    func.call @print(%v) : (index) -> ()
  }
  %total = scf.parallel (%i, %j) = (%c0, %c1) to (%c7, %c10) step (%c2, %c2) init (%c1) -> index {
    %p = arith.muli %i, %j : index
    scf.reduce(%p : index) {
    ^bb0(%a: index, %b: index):
      %s = arith.addi %a, %b : index
      scf.reduce.return %s : index
    }
  }
  call @print(%total) : (index) -> ()
  %e = scf.execute_region -> index {
    %is = arith.cmpi ult, %total, %c10 : index
    cf.cond_br %is, ^bb1, ^bb2(%c7 : index)
  ^bb1:
    cf.br ^bb2(%c2 : index)
  ^bb2(%r: index):
    scf.yield %r : index
  }
  call @print(%e) : (index) -> ()
  return
}
