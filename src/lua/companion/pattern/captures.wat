;; What a match has captured, until the next match: where each capture starts and ends.

;; Instead of an end: of a capture that is not closed, and of one that is a position.
(global $capture_open i32 (i32.const -1))
(global $capture_position i32 (i32.const -2))

;; Push capture $n.
(func $push_capture (param $L i32) (param $n i32)
  (local $start i32)
  (local $end i32)
  (local.set $start (i32.load (call $capture (local.get $n))))
  (local.set $end (i32.load offset=4 (call $capture (local.get $n))))
  (if (i32.eq (local.get $end) (global.get $capture_open))
    (then (call $raise (local.get $L) (global.get $unfinished_capture))))
  (if (i32.eq (local.get $end) (global.get $capture_position))
    (then
      (call $pushinteger (local.get $L)
        (i64.extend_i32_u
          (i32.add
            (i32.sub (local.get $start) (global.get $text))
            (i32.const 1)))))
    (else
      (drop
        (call $pushlstring (local.get $L) (local.get $start)
          (i32.sub (local.get $end) (local.get $start)))))))

;; Push all captures; returns how many. A C function may push 20 values unasked.
(func $push_captures (param $L i32) (param $program i32) (result i32)
  (local $n i32)
  (local $count i32)
  (local.set $count (i32.load (local.get $program)))
  (if (i32.gt_u (local.get $count) (i32.const 10))
    (then
      (if (i32.eqz (call $checkstack (local.get $L) (i32.const 40)))
        (then (call $raise (local.get $L) (global.get $stack_full))))))
  (loop $next
    (if (i32.lt_u (local.get $n) (local.get $count))
      (then
        (call $push_capture (local.get $L) (local.get $n))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $next))))
  (local.get $count))

;; Push all captures, the whole match when the pattern has none; returns how many.
(func $push_match (param $L i32) (param $program i32) (param $start i32) (param $end i32)
  (result i32)
  (if (i32.load (local.get $program))
    (then (return (call $push_captures (local.get $L) (local.get $program)))))
  (drop
    (call $pushlstring (local.get $L) (local.get $start)
      (i32.sub (local.get $end) (local.get $start))))
  (i32.const 1))
