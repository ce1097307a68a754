;; `string.find`, `string.match` and `string.gmatch`.

(func (export "find") (param $L i32) (result i32)
  (call $find_or_match (local.get $L) (i32.const 1)))

(func (export "match") (param $L i32) (result i32)
  (call $find_or_match (local.get $L) (i32.const 0)))

(func $find_or_match (param $L i32) (param $wants_place i32) (result i32)
  (local $text i32)
  (local $text_length i32)
  (local $pattern i32)
  (local $length i32)
  (local $arguments i32)
  (local $at i32)
  (local $end i32)
  (local $program i32)
  (local.set $text (call $string_argument (local.get $L) (i32.const 1)))
  (local.set $text_length (global.get $argument_length))
  (local.set $pattern (call $string_argument (local.get $L) (i32.const 2)))
  (local.set $length (global.get $argument_length))
  (local.set $arguments (call $gettop (local.get $L)))
  (local.set $at (local.get $text))
  (if (i32.gt_u (local.get $arguments) (i32.const 2))
    (then
      (local.set $at
        (i32.add
          (local.get $text)
          (call $start_offset (local.get $L) (local.get $text_length))))))
  (global.set $text (local.get $text))
  (global.set $text_end (i32.add (local.get $text) (local.get $text_length)))
  (if (local.get $wants_place)
    (then
      (if
        (call $is_plain (local.get $L)
          (local.get $arguments)
          (local.get $pattern)
          (local.get $length))
        (then
          (return
            (call $find_plain (local.get $L)
              (local.get $at)
              (local.get $pattern)
              (local.get $length)))))))
  (if (call $is_anchored (local.get $pattern) (local.get $length))
    (then
      (local.set $program
        (i32.load
          (call $program (local.get $L)
            (i32.add (local.get $pattern) (i32.const 1))
            (i32.sub (local.get $length) (i32.const 1)))))
      (global.set $found (local.get $at))
      (local.set $end
        (call $match (local.get $L)
          (i32.add (local.get $program) (i32.const 16))
          (local.get $at))))
    (else
      (local.set $program
        (i32.load
          (call $program (local.get $L) (local.get $pattern) (local.get $length))))
      (local.set $end
        (call $search (local.get $L) (local.get $program) (local.get $at)))))
  (if (i32.eqz (local.get $end))
    (then
      (call $pushnil (local.get $L))
      (return (i32.const 1))))
  (if (i32.eqz (local.get $wants_place))
    (then
      (return
        (call $push_match (local.get $L)
          (local.get $program)
          (global.get $found)
          (local.get $end)))))
  (call $push_place (local.get $L) (global.get $found) (local.get $end))
  (i32.add
    (call $push_captures (local.get $L) (local.get $program))
    (i32.const 2)))

;; Argument 3, a position from 1 on or from the end, as an offset within the subject.
(func $start_offset (param $L i32) (param $length i32) (result i32)
  (local $position i32)
  (local.set $position
    (call $optional_integer (local.get $L) (i32.const 3) (i32.const 1)))
  (local.set $position
    (i32.add
      (local.get $position)
      (select
        (local.get $length)
        (i32.const -1)
        (i32.lt_s (local.get $position) (i32.const 0)))))
  (if (i32.lt_s (local.get $position) (i32.const 0)) (then (return (i32.const 0))))
  (select
    (local.get $position)
    (local.get $length)
    (i32.lt_s (local.get $position) (local.get $length))))

;; Push where a match starts and ends, counted from 1.
(func $push_place (param $L i32) (param $start i32) (param $end i32)
  (call $pushinteger (local.get $L)
    (i64.extend_i32_u
      (i32.add (i32.sub (local.get $start) (global.get $text)) (i32.const 1))))
  (call $pushinteger (local.get $L)
    (i64.extend_i32_u (i32.sub (local.get $end) (global.get $text)))))

(func $is_anchored (param $pattern i32) (param $length i32) (result i32)
  (if (i32.eqz (local.get $length)) (then (return (i32.const 0))))
  (i32.eq (i32.load8_u (local.get $pattern)) (i32.const 0x5e (; ^ ;))))

;; Whether argument 4 says so, or the pattern has nothing special: then `)` is nothing special.
(func $is_plain
  (param $L i32) (param $arguments i32) (param $pattern i32) (param $length i32)
  (result i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $pattern) (local.get $length)))
  (if (i32.gt_u (local.get $arguments) (i32.const 3))
    (then
      (if (call $toboolean (local.get $L) (i32.const 4)) (then (return (i32.const 1))))))
  (i32.eq
    (call $find_member
      (local.get $pattern)
      (local.get $end)
      (i32.add (global.get $base) (global.get $specials_at)))
    (local.get $end)))

;; Find $length octets from $at on as they are; pushes the results of `find`.
(func $find_plain (param $L i32) (param $at i32) (param $wanted i32) (param $length i32)
  (result i32)
  (local $last i32)
  (local $from i32)
  (if (i32.eqz (local.get $length))
    (then
      (call $push_place (local.get $L) (local.get $at) (local.get $at))
      (return (i32.const 2))))
  ;; Behind the last place where there is room.
  (local.set $last
    (i32.add
      (i32.sub (global.get $text_end) (local.get $length))
      (i32.const 1)))
  (block $none
    (loop $next
      (br_if $none (i32.ge_s (local.get $at) (local.get $last)))
      (local.set $from (local.get $at))
      (local.set $at
        (call $find_octet (local.get $at)
          (local.get $last)
          (i32.load8_u (local.get $wanted))))
      (call $charge (local.get $L)
        (i32.add
          (i32.shr_u
            (i32.add (i32.sub (local.get $at) (local.get $from)) (local.get $length))
            (i32.const 3))
          (i32.const 1)))
      (br_if $none (i32.eq (local.get $at) (local.get $last)))
      (if (call $equal (local.get $at) (local.get $wanted) (local.get $length))
        (then
          (call $push_place (local.get $L)
            (local.get $at)
            (i32.add (local.get $at) (local.get $length)))
          (return (i32.const 2))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
  (call $pushnil (local.get $L))
  (i32.const 1))

;; Where $gmatch_next stands in the VM's table of functions.
(global $next_match (export "nextMatchPointer") (mut i32) (i32.const 0))

;; The iterator keeps subject and pattern as upvalues, and where it is in a userdata:
;;
;;   | subject | its end | pattern | its length | next match from | place of its program | version |
(func (export "gmatch") (param $L i32) (result i32)
  (local $state i32)
  (local $text i32)
  (local $text_end i32)
  (local $pattern i32)
  (local.set $text (call $string_argument (local.get $L) (i32.const 1)))
  (local.set $text_end (i32.add (local.get $text) (global.get $argument_length)))
  (local.set $pattern (call $string_argument (local.get $L) (i32.const 2)))
  (call $settop (local.get $L) (i32.const 2))
  (local.set $state (call $newuserdata (local.get $L) (i32.const 28) (i32.const 0)))
  (i32.store (local.get $state) (local.get $text))
  (i32.store offset=4 (local.get $state) (local.get $text_end))
  (i32.store offset=8 (local.get $state) (local.get $pattern))
  (i32.store offset=12 (local.get $state) (global.get $argument_length))
  (i32.store offset=16 (local.get $state) (local.get $text))
  (i32.store offset=20 (local.get $state) (i32.const 0))
  (call $pushcclosure (local.get $L) (global.get $next_match) (i32.const 3))
  (i32.const 1))

;; Pseudo-index of upvalue 3 of the running function.
(global $state_upvalue i32 (i32.const -1001003))

;; The next match; `^` is nothing special here.
(func (export "nextMatch") (param $L i32) (result i32)
  (local $state i32)
  (local $place i32)
  (local $at i32)
  (local $end i32)
  (local.set $state (call $touserdata (local.get $L) (global.get $state_upvalue)))
  (local.set $at (i32.load offset=16 (local.get $state)))
  (global.set $text (i32.load (local.get $state)))
  (global.set $text_end (i32.load offset=4 (local.get $state)))
  (if (i32.gt_u (local.get $at) (global.get $text_end)) (then (return (i32.const 0))))
  (local.set $place
    (call $program_again (local.get $L)
      (i32.load offset=20 (local.get $state))
      (i32.load offset=24 (local.get $state))
      (i32.load offset=8 (local.get $state))
      (i32.load offset=12 (local.get $state))))
  (i32.store offset=20 (local.get $state) (local.get $place))
  (i32.store offset=24 (local.get $state) (call $version_of (local.get $place)))
  (local.set $end
    (call $search (local.get $L) (i32.load (local.get $place)) (local.get $at)))
  (if (i32.eqz (local.get $end)) (then (return (i32.const 0))))
  ;; The next match starts behind this one, and behind an empty one an octet further.
  (i32.store offset=16 (local.get $state)
    (i32.add (local.get $end) (i32.eq (local.get $end) (global.get $found))))
  (call $push_match (local.get $L)
    (i32.load (local.get $place))
    (global.get $found)
    (local.get $end)))
