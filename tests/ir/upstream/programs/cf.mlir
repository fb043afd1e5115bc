// Blocks with arguments: Euclid's algorithm as a loop of branches, and a switch.
func.func @gcd(%a: i64, %b: i64) -> i64 {
  %zero = arith.constant 0 : i64
  cf.br ^head(%a, %b : i64, i64)
^head(%x: i64, %y: i64):
  %done = arith.cmpi eq, %y, %zero : i64
  cf.cond_br %done, ^end(%x : i64), ^body
^body:
  %r = arith.remsi %x, %y : i64
  cf.br ^head(%y, %r : i64, i64)
^end(%g: i64):
  return %g : i64
}

func.func @classify(%i: i32, %x: i64) -> i64 {
  %one = arith.constant 1 : i64
  cf.switch %i : i32, [
    default: ^join(%x : i64),
    -1: ^negative,
    3: ^join(%one : i64)
  ]
^negative:
  %n = arith.subi %one, %x : i64
  cf.br ^join(%n : i64)
^join(%r: i64):
  return %r : i64
}

func.func @main() {
  %a = arith.constant 1071 : i64
  %b = arith.constant 462 : i64
  %g = call @gcd(%a, %b) : (i64, i64) -> i64
  call @printI64(%g) : (i64) -> ()
  call @printNewline() : () -> ()
  %three = arith.constant 3 : i32
  %minus = arith.constant -1 : i32
  %nine = arith.constant 9 : i32
  %0 = call @classify(%three, %a) : (i32, i64) -> i64
  %1 = call @classify(%minus, %a) : (i32, i64) -> i64
  %2 = call @classify(%nine, %a) : (i32, i64) -> i64
  call @printI64(%0) : (i64) -> ()
  call @printNewline() : () -> ()
  call @printI64(%1) : (i64) -> ()
  call @printNewline() : () -> ()
  call @printI64(%2) : (i64) -> ()
  call @printNewline() : () -> ()
  return
}
