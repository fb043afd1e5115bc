; What wasm calls functions for: each entry maps elements of x (and y) to z, n in [0, 1000000].

declare float @llvm.fma.f32(float, float, float)
declare double @llvm.round.f64(double)
declare float @llvm.minnum.f32(float, float)
declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)

define i32 @arithmetic_widen_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_widen_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 3
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr half, ptr %x.base, i64 %i
  %x = load half, ptr %x.at, align 2
  %r = fpext half %x to float
  %z.at = getelementptr float, ptr %z.base, i64 %i
  store float %r, ptr %z.at, align 4
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_narrow_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_narrow_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 3
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr float, ptr %x.base, i64 %i
  %x = load float, ptr %x.at, align 4
  %r = fptrunc float %x to half
  %z.at = getelementptr half, ptr %z.base, i64 %i
  store half %r, ptr %z.at, align 2
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_narrow64_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_narrow64_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 3
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr double, ptr %x.base, i64 %i
  %x = load double, ptr %x.at, align 8
  %r = fptrunc double %x to half
  %z.at = getelementptr half, ptr %z.base, i64 %i
  store half %r, ptr %z.at, align 2
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_remainder_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_remainder_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y.base = load ptr, ptr %y.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 4
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr double, ptr %x.base, i64 %i
  %x = load double, ptr %x.at, align 8
  %y.at = getelementptr double, ptr %y.base, i64 %i
  %y = load double, ptr %y.at, align 8
  %r = frem double %x, %y
  %z.at = getelementptr double, ptr %z.base, i64 %i
  store double %r, ptr %z.at, align 8
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_remainder32_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_remainder32_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y.base = load ptr, ptr %y.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 4
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr float, ptr %x.base, i64 %i
  %x = load float, ptr %x.at, align 4
  %y.at = getelementptr float, ptr %y.base, i64 %i
  %y = load float, ptr %y.at, align 4
  %r = frem float %x, %y
  %z.at = getelementptr float, ptr %z.base, i64 %i
  store float %r, ptr %z.at, align 4
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_fused_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_fused_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y.base = load ptr, ptr %y.slot, align 4
  %w.slot = getelementptr ptr, ptr %bufs, i64 4
  %w.base = load ptr, ptr %w.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 5
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr float, ptr %x.base, i64 %i
  %x = load float, ptr %x.at, align 4
  %y.at = getelementptr float, ptr %y.base, i64 %i
  %y = load float, ptr %y.at, align 4
  %w.at = getelementptr float, ptr %w.base, i64 %i
  %w = load float, ptr %w.at, align 4
  %r = call float @llvm.fma.f32(float %x, float %y, float %w)
  %z.at = getelementptr float, ptr %z.base, i64 %i
  store float %r, ptr %z.at, align 4
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_round_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_round_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 3
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr double, ptr %x.base, i64 %i
  %x = load double, ptr %x.at, align 8
  %r = call double @llvm.round.f64(double %x)
  %z.at = getelementptr double, ptr %z.base, i64 %i
  store double %r, ptr %z.at, align 8
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_least_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_least_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y.base = load ptr, ptr %y.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 4
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr float, ptr %x.base, i64 %i
  %x = load float, ptr %x.at, align 4
  %y.at = getelementptr float, ptr %y.base, i64 %i
  %y = load float, ptr %y.at, align 4
  %r = call float @llvm.minnum.f32(float %x, float %y)
  %z.at = getelementptr float, ptr %z.base, i64 %i
  store float %r, ptr %z.at, align 4
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}

define i32 @arithmetic_overflow_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 %n, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @arithmetic_overflow_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x.base = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y.base = load ptr, ptr %y.slot, align 4
  %z.slot = getelementptr ptr, ptr %bufs, i64 4
  %z.base = load ptr, ptr %z.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %x.at = getelementptr i64, ptr %x.base, i64 %i
  %x = load i64, ptr %x.at, align 8
  %y.at = getelementptr i64, ptr %y.base, i64 %i
  %y = load i64, ptr %y.at, align 8
  %p = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %x, i64 %y)
  %o = extractvalue { i64, i1 } %p, 1
  %r = zext i1 %o to i64
  %z.at = getelementptr i64, ptr %z.base, i64 %i
  store i64 %r, ptr %z.at, align 8
  %i.next = add i64 %i, 1
  br label %head
done:
  ret i32 0
}
