; A module that writes where it has no memory, for any x but 0.

define i32 @rogue_main_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @rogue_main_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y = load ptr, ptr %y.slot, align 4
  %v = load i8, ptr %x, align 1
  store i8 %v, ptr %y, align 1
  %good = icmp eq i8 %v, 0
  br i1 %good, label %done, label %bad
bad:
  %beyond = inttoptr i64 4294967280 to ptr
  store i8 1, ptr %beyond, align 1
  ret i32 0
done:
  ret i32 0
}
