; The positions of the elements of x: i32[n] that are not zero: i64[s1], s1 known only from the data. A negative element
; fails check 0. n in [0, 1000000].

%psm_rt = type { i32, i32, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr }

define i32 @nonzero_main_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  %n = load i64, ptr %in_dims, align 8
  store i64 %n, ptr %symbols, align 8
  store i64 -1, ptr %out_dims, align 8
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @nonzero_main_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %n = load i64, ptr %symbols, align 8
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x = load ptr, ptr %x.slot, align 4
  %room = mul i64 %n, 8
  %alloc.slot = getelementptr %psm_rt, ptr %rt, i64 0, i32 5
  %alloc = load ptr, ptr %alloc.slot, align 4
  %y = call ptr %alloc(ptr %rt, i64 %room)
  %none = icmp eq ptr %y, null
  br i1 %none, label %no.memory, label %have
no.memory:
  ret i32 -2
have:
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  store ptr %y, ptr %y.slot, align 4
  br label %head
head:
  %i = phi i64 [ 0, %have ], [ %i.next, %latch ]
  %count = phi i64 [ 0, %have ], [ %count.next, %latch ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %xi = getelementptr i32, ptr %x, i64 %i
  %v = load i32, ptr %xi, align 4
  %negative = icmp slt i32 %v, 0
  br i1 %negative, label %bad, label %look
bad:
  ret i32 1
look:
  %zero = icmp eq i32 %v, 0
  br i1 %zero, label %latch, label %keep
keep:
  %yc = getelementptr i64, ptr %y, i64 %count
  store i64 %i, ptr %yc, align 8
  %plus = add i64 %count, 1
  br label %latch
latch:
  %count.next = phi i64 [ %count, %look ], [ %plus, %keep ]
  %i.next = add i64 %i, 1
  br label %head
done:
  store i64 %count, ptr %out_dims, align 8
  %s1 = getelementptr i64, ptr %symbols, i64 1
  store i64 %count, ptr %s1, align 8
  ret i32 0
}
