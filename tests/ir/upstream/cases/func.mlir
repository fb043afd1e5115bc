module @unit {
  func.func private @declared(f32) -> (f32, i32)
  func.func @main(%x: f32) -> (f32, i32) attributes {psm.entry} {
    %0:2 = call @declared(%x) : (f32) -> (f32, i32)
    %1 = builtin.unrealized_conversion_cast %0#1 : i32 to ui32
    return %0#0, %0#1 : f32, i32
  }
}
