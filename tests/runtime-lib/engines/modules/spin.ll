; Counts to the i64 in x, one "kernel" each, looking at cancel between kernels: y is the count reached. Kernel counters.

%psm_rt = type { i32, i32, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr }

define i32 @spin_main_plan(ptr %in_dims, ptr %symbols, ptr %out_dims, ptr %sizes) {
  store i64 0, ptr %sizes, align 8
  ret i32 0
}

define i32 @spin_main_run(ptr %rt, ptr %bufs, ptr %symbols, ptr %out_dims) {
  %x.slot = getelementptr ptr, ptr %bufs, i64 2
  %x = load ptr, ptr %x.slot, align 4
  %y.slot = getelementptr ptr, ptr %bufs, i64 3
  %y = load ptr, ptr %y.slot, align 4
  %n = load i64, ptr %x, align 8
  %cancel = getelementptr %psm_rt, ptr %rt, i64 0, i32 2
  %counters.slot = getelementptr %psm_rt, ptr %rt, i64 0, i32 7
  %counters = load ptr, ptr %counters.slot, align 4
  %clock.slot = getelementptr %psm_rt, ptr %rt, i64 0, i32 9
  %clock = load ptr, ptr %clock.slot, align 4
  %begin = call i64 %clock(ptr %rt)
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %i.next, %kernel ]
  %stop = load volatile i32, ptr %cancel, align 4
  %cancelled = icmp ne i32 %stop, 0
  br i1 %cancelled, label %end.early, label %more
end.early:
  ret i32 -1
more:
  %go = icmp slt i64 %i, %n
  br i1 %go, label %kernel, label %done
kernel:
  %calls = load i64, ptr %counters, align 8
  %calls.next = add i64 %calls, 1
  store i64 %calls.next, ptr %counters, align 8
  %i.next = add i64 %i, 1
  br label %head
done:
  %end = call i64 %clock(ptr %rt)
  %ns = sub i64 %end, %begin
  %ns.slot = getelementptr i64, ptr %counters, i64 1
  store i64 %ns, ptr %ns.slot, align 8
  store i64 %i, ptr %y, align 8
  ret i32 0
}
