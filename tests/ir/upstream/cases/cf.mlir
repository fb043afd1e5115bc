func.func @branches(%c: i1, %x: f32, %i: i32) -> f32 {
  cf.assert %c, "must hold"
  cf.cond_br %c, ^bb1(%x : f32), ^bb2
^bb1(%y: f32):
  cf.br ^bb3(%y, %i : f32, i32)
^bb2:
  cf.switch %i : i32, [
    default: ^bb1(%x : f32),
    42: ^bb2,
    43: ^bb3(%x, %i : f32, i32)
  ]
^bb3(%z: f32, %j: i32):
  return %z : f32
}
func.func @no_cases(%i: i64) {
  cf.switch %i : i64, [
    default: ^bb1
  ]
^bb1:
  return
}
