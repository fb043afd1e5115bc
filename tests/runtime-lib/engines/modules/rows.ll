; y = 2 x + w over f32[s0, 3], s0 in [1, 4096], one chunk a row, through an arena copy of x.

%psm_rt = type { i32, i32, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr }

define i32 @rows_main_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %s0 = load i64, ptr %in_dims, align 8
  %d1.slot = getelementptr i64, ptr %in_dims, i64 1
  %d1 = load i64, ptr %d1.slot, align 8
  %low = icmp slt i64 %s0, 1
  %high = icmp sgt i64 %s0, 4096
  %range = or i1 %low, %high
  br i1 %range, label %bad.range, label %next
bad.range:
  ret i32 1
next:
  %same = icmp eq i64 %d1, 3
  br i1 %same, label %good, label %bad.width
bad.width:
  ret i32 2
good:
  store i64 %s0, ptr %symbols, align 8
  store i64 %s0, ptr %out_dims, align 8
  %o1 = getelementptr i64, ptr %out_dims, i64 1
  store i64 3, ptr %o1, align 8
  %bytes = mul i64 %s0, 12
  store i64 %bytes, ptr %sizes, align 8
  ret i32 0
}

define internal void @rows_kernel(ptr %args, i64 %row) {
  %w = load ptr, ptr %args, align 4
  %arena.slot = getelementptr ptr, ptr %args, i64 1
  %arena = load ptr, ptr %arena.slot, align 4
  %x.slot = getelementptr ptr, ptr %args, i64 2
  %x = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %args, i64 3
  %y = load ptr, ptr %y.slot, align 4
  %first = mul i64 %row, 3
  br label %loop
loop:
  %j = phi i64 [ 0, %0 ], [ %j.next, %loop ]
  %k = add i64 %first, %j
  %xk = getelementptr float, ptr %x, i64 %k
  %v = load float, ptr %xk, align 4
  %ak = getelementptr float, ptr %arena, i64 %k
  %doubled = fadd float %v, %v
  store float %doubled, ptr %ak, align 4
  %wj = getelementptr float, ptr %w, i64 %j
  %b = load float, ptr %wj, align 4
  %again = load float, ptr %ak, align 4
  %sum = fadd float %again, %b
  %yk = getelementptr float, ptr %y, i64 %k
  store float %sum, ptr %yk, align 4
  %j.next = add i64 %j, 1
  %more = icmp slt i64 %j.next, 3
  br i1 %more, label %loop, label %done
done:
  ret void
}

define i32 @rows_main_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %s0 = load i64, ptr %symbols, align 8
  %parallel.slot = getelementptr %psm_rt, ptr %rt, i64 0, i32 4
  %parallel = load ptr, ptr %parallel.slot, align 4
  call void %parallel(ptr %rt, ptr @rows_kernel, ptr %bufs, i64 %s0)
  store i64 %s0, ptr %out_dims, align 8
  %o1 = getelementptr i64, ptr %out_dims, i64 1
  store i64 3, ptr %o1, align 8
  ret i32 0
}
