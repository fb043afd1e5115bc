; Asks for an arena of x's size times a mebibyte and writes to its last byte.

define i32 @hungry_main_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %s0 = load i64, ptr %in_dims, align 8
  store i64 %s0, ptr %symbols, align 8
  %bytes = shl i64 %s0, 20
  store i64 %bytes, ptr %sizes, align 8
  ret i32 0
}

define i32 @hungry_main_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %s0 = load i64, ptr %symbols, align 8
  %arena.slot = getelementptr ptr, ptr %bufs, i64 1
  %arena = load ptr, ptr %arena.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y = load ptr, ptr %y.slot, align 4
  %bytes = shl i64 %s0, 20
  %last = sub i64 %bytes, 1
  %p = getelementptr i8, ptr %arena, i64 %last
  store i8 7, ptr %p, align 1
  %v = load i8, ptr %p, align 1
  store i8 %v, ptr %y, align 1
  ret i32 0
}
