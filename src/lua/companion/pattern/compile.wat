;; Pattern → program: a line of items of 24 octets.
;;
;;   item:  | operation | a | b | choice before | state: at | state: least |   six i32
;;
;; "Choice before" is the nearest earlier item that could have matched otherwise; match.wat goes
;; back to it, and keeps in its state where it stands. Mistakes in a pattern become items too, since
;; LuaJIT tells of them only when it comes to them.
;;
;;   operation                       a                b
;;    0  end
;;    1  mistake                     message
;;    2  literal text                address          length
;;    3  any octet
;;    4  an octet of a set           set
;;    5  open a capture              capture
;;    6  close a capture             capture
;;    7  position capture            capture
;;    8  text of an earlier capture  capture
;;    9  balanced text               opening octet    closing octet
;;   10  frontier                    set
;;   11  end of the subject
;;   12  any octet, *                                 octet that must come next, or -1
;;   13  an octet of a set, *        set              same
;;   14  an octet, *                 octet            same
;;   15, 16, 17  the three with ?
;;   18, 19, 20  the three with -

(global $op_end i32 (i32.const 0))
(global $op_mistake i32 (i32.const 1))
(global $op_literal i32 (i32.const 2))
(global $op_any i32 (i32.const 3))
(global $op_set i32 (i32.const 4))
(global $op_open i32 (i32.const 5))
(global $op_close i32 (i32.const 6))
(global $op_position i32 (i32.const 7))
(global $op_same i32 (i32.const 8))
(global $op_balance i32 (i32.const 9))
(global $op_frontier i32 (i32.const 10))
(global $op_subject_end i32 (i32.const 11))
(global $op_most i32 (i32.const 12))
(global $op_optional i32 (i32.const 15))
(global $op_least i32 (i32.const 18))

;; The three kinds of what matches one octet, in the order of their operations.
(global $kind_any i32 (i32.const 0))
(global $kind_set i32 (i32.const 1))
(global $kind_octet i32 (i32.const 2))

;; The program under way.
(global $next_item (mut i32) (i32.const 0))
(global $next_set (mut i32) (i32.const 0))
(global $last_literal (mut i32) (i32.const 0)) ;; the item before, when it can be made longer
(global $last_choice (mut i32) (i32.const 0))
(global $last_repeat (mut i32) (i32.const 0))  ;; with nothing but captures after it
(global $captures (mut i32) (i32.const 0))
(global $open_captures (mut i32) (i32.const 0)) ;; bit n is 1 while capture n is open
(global $pattern_end (mut i32) (i32.const 0))
;; What one octet must be, as $compile_single found it.
(global $single_kind (mut i32) (i32.const 0))
(global $single (mut i32) (i32.const 0))

;; Compile the pattern from $at to $end into items at $items; sets go to $sets. Both have room.
(func $compile (param $at i32) (param $end i32) (param $items i32) (param $sets i32)
  (global.set $next_item (local.get $items))
  (global.set $next_set (local.get $sets))
  (global.set $last_literal (i32.const 0))
  (global.set $last_choice (i32.const 0))
  (global.set $last_repeat (i32.const 0))
  (global.set $captures (i32.const 0))
  (global.set $open_captures (i32.const 0))
  (global.set $pattern_end (local.get $end))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $at (call $compile_item (local.get $at)))
        (br_if $next (local.get $at)))
      (else (call $emit (global.get $op_end) (i32.const 0) (i32.const 0))))))

(func $emit (param $operation i32) (param $a i32) (param $b i32)
  (local $item i32)
  (local.set $item (global.get $next_item))
  (global.set $next_item (i32.add (local.get $item) (i32.const 24)))
  (i32.store (local.get $item) (local.get $operation))
  (i32.store offset=4 (local.get $item) (local.get $a))
  (i32.store offset=8 (local.get $item) (local.get $b))
  (i32.store offset=12 (local.get $item) (global.get $last_choice))
  (global.set $last_literal (i32.const 0))
  (if (i32.ge_u (local.get $operation) (global.get $op_most))
    (then
      (global.set $last_choice (local.get $item))
      (global.set $last_repeat (local.get $item)))
    (else
      (if
        (i32.gt_u
          (i32.sub (local.get $operation) (global.get $op_open))
          (i32.const 2))
        (then (global.set $last_repeat (i32.const 0)))))))

;; A mistake ends the program; 0 tells the callers.
(func $mistake (param $message i32) (result i32)
  (call $emit (global.get $op_mistake) (local.get $message) (i32.const 0))
  (i32.const 0))

;; The octet at $at, -1 behind the pattern.
(func $pattern_octet (param $at i32) (result i32)
  (if (i32.ge_u (local.get $at) (global.get $pattern_end))
    (then (return (i32.const -1))))
  (i32.load8_u (local.get $at)))

;; Compile what starts at $at; returns where it ends, 0 after a mistake.
(func $compile_item (param $at i32) (result i32)
  (local $octet i32)
  (local $second i32)
  (local.set $octet (i32.load8_u (local.get $at)))
  (local.set $second (call $pattern_octet (i32.add (local.get $at) (i32.const 1))))
  (if (i32.eq (local.get $octet) (i32.const 0x28 (; left parenthesis ;)))
    (then (return (call $compile_open (local.get $at) (local.get $second)))))
  (if (i32.eq (local.get $octet) (i32.const 0x29 (; right parenthesis ;)))
    (then (return (call $compile_close (local.get $at)))))
  (if
    (i32.and
      (i32.eq (local.get $octet) (i32.const 0x24 (; $ ;)))
      (i32.lt_s (local.get $second) (i32.const 0)))
    (then
      (call $emit (global.get $op_subject_end) (i32.const 0) (i32.const 0))
      (return (i32.add (local.get $at) (i32.const 1)))))
  (if (i32.eq (local.get $octet) (i32.const 0x25 (; % ;)))
    (then
      (if (i32.lt_u (i32.sub (local.get $second) (i32.const 0x30)) (i32.const 10))
        (then (return (call $compile_same (local.get $at) (local.get $second)))))
      (if (i32.eq (local.get $second) (i32.const 0x62 (; b ;)))
        (then (return (call $compile_balance (local.get $at)))))
      (if (i32.eq (local.get $second) (i32.const 0x66 (; f ;)))
        (then (return (call $compile_frontier (local.get $at)))))))
  (local.set $at (call $compile_single (local.get $at)))
  (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
  (call $compile_repeat (local.get $at)))

;; Where capture $n is kept while matching.
(func $capture (param $n i32) (result i32)
  (i32.add
    (i32.add (global.get $base) (global.get $captures_at))
    (i32.shl (local.get $n) (i32.const 3))))

(func $compile_open (param $at i32) (param $second i32) (result i32)
  (local $n i32)
  (local.set $n (global.get $captures))
  (if (i32.ge_u (local.get $n) (i32.const 32))
    (then (return (call $mistake (global.get $too_many_captures)))))
  (global.set $captures (i32.add (local.get $n) (i32.const 1)))
  (if (i32.eq (local.get $second) (i32.const 0x29 (; right parenthesis ;)))
    (then
      (call $emit (global.get $op_position) (call $capture (local.get $n)) (i32.const 0))
      (return (i32.add (local.get $at) (i32.const 2)))))
  (global.set $open_captures
    (i32.or (global.get $open_captures) (i32.shl (i32.const 1) (local.get $n))))
  (call $emit (global.get $op_open) (call $capture (local.get $n)) (i32.const 0))
  (i32.add (local.get $at) (i32.const 1)))

;; A right parenthesis closes the capture opened last.
(func $compile_close (param $at i32) (result i32)
  (local $n i32)
  (if (i32.eqz (global.get $open_captures))
    (then (return (call $mistake (global.get $invalid_capture)))))
  (local.set $n (i32.sub (i32.const 31) (i32.clz (global.get $open_captures))))
  (global.set $open_captures
    (i32.xor (global.get $open_captures) (i32.shl (i32.const 1) (local.get $n))))
  (call $emit (global.get $op_close) (call $capture (local.get $n)) (i32.const 0))
  (i32.add (local.get $at) (i32.const 1)))

;; `%1` to `%9`: the capture must be there and closed.
(func $compile_same (param $at i32) (param $digit i32) (result i32)
  (local $n i32)
  (local.set $n (i32.sub (local.get $digit) (i32.const 0x31)))
  (if
    (i32.or
      (i32.ge_u (local.get $n) (global.get $captures))
      (i32.and
        (i32.shr_u (global.get $open_captures) (local.get $n))
        (i32.const 1)))
    (then (return (call $mistake (global.get $invalid_index)))))
  (call $emit (global.get $op_same) (call $capture (local.get $n)) (i32.const 0))
  (i32.add (local.get $at) (i32.const 2)))

;; `%bxy`
(func $compile_balance (param $at i32) (result i32)
  (if
    (i32.lt_s (call $pattern_octet (i32.add (local.get $at) (i32.const 3))) (i32.const 0))
    (then (return (call $mistake (global.get $unbalanced)))))
  (call $emit (global.get $op_balance)
    (i32.load8_u offset=2 (local.get $at))
    (i32.load8_u offset=3 (local.get $at)))
  (i32.add (local.get $at) (i32.const 4)))

;; `%f[set]`
(func $compile_frontier (param $at i32) (result i32)
  (local.set $at (i32.add (local.get $at) (i32.const 2)))
  (if
    (i32.ne
      (call $pattern_octet (local.get $at))
      (i32.const 0x5b (; left bracket ;)))
    (then (return (call $mistake (global.get $missing_frontier)))))
  (local.set $at (call $compile_set (local.get $at)))
  (if (local.get $at)
    (then (call $emit (global.get $op_frontier) (global.get $single) (i32.const 0))))
  (local.get $at))

;; What stands for one octet: sets $single_kind and $single, returns where it ends or 0.
(func $compile_single (param $at i32) (result i32)
  (local $octet i32)
  (local.set $octet (i32.load8_u (local.get $at)))
  (if (i32.eq (local.get $octet) (i32.const 0x5b (; left bracket ;)))
    (then (return (call $compile_set (local.get $at)))))
  (if (i32.eq (local.get $octet) (i32.const 0x2e (; . ;)))
    (then
      (global.set $single_kind (global.get $kind_any))
      (return (i32.add (local.get $at) (i32.const 1)))))
  (global.set $single_kind (global.get $kind_octet))
  (if (i32.eq (local.get $octet) (i32.const 0x25 (; % ;)))
    (then
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.ge_u (local.get $at) (global.get $pattern_end))
        (then (return (call $mistake (global.get $ends_with_percent)))))
      (local.set $octet (i32.load8_u (local.get $at)))
      (global.set $single (call $class (local.get $octet)))
      (if (global.get $single)
        (then
          (global.set $single_kind (global.get $kind_set))
          (return (i32.add (local.get $at) (i32.const 1)))))))
  (global.set $single (local.get $octet))
  (i32.add (local.get $at) (i32.const 1)))

;; `[set]` from its bracket on; the result is as of $compile_single.
(func $compile_set (param $at i32) (result i32)
  (local $negated i32)
  (local $end i32)
  (local.set $at (i32.add (local.get $at) (i32.const 1)))
  (if (i32.eq (call $pattern_octet (local.get $at)) (i32.const 0x5e (; ^ ;)))
    (then
      (local.set $negated (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))))
  (local.set $end (call $set_end (local.get $at)))
  (if (i32.eqz (local.get $end))
    (then (return (call $mistake (global.get $missing_bracket)))))
  (global.set $single_kind (global.get $kind_set))
  (global.set $single (global.get $next_set))
  (global.set $next_set (i32.add (global.get $next_set) (i32.const 32)))
  (memory.fill (global.get $single) (i32.const 0) (i32.const 32))
  (loop $member
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $at (call $compile_member (local.get $at) (local.get $end)))
        (br $member))))
  (if (local.get $negated)
    (then (call $complement (global.get $single) (global.get $single))))
  (i32.add (local.get $end) (i32.const 1)))

;; The bracket that ends a set whose first member is at $at: never that member. 0 without one.
(func $set_end (param $at i32) (result i32)
  (local $octet i32)
  (loop $member
    (local.set $octet (call $pattern_octet (local.get $at)))
    (if (i32.lt_s (local.get $octet) (i32.const 0)) (then (return (i32.const 0))))
    (local.set $at
      (i32.add
        (local.get $at)
        (select
          (i32.const 2)
          (i32.const 1)
          (i32.eq (local.get $octet) (i32.const 0x25 (; % ;))))))
    (br_if $member
      (i32.ne
        (call $pattern_octet (local.get $at))
        (i32.const 0x5d (; right bracket ;)))))
  (local.get $at))

;; Add one class, range or octet to the set $single; returns where it ends.
(func $compile_member (param $at i32) (param $end i32) (result i32)
  (local $octet i32)
  (local $class i32)
  (local.set $octet (i32.load8_u (local.get $at)))
  (if (i32.eq (local.get $octet) (i32.const 0x25 (; % ;)))
    (then
      (local.set $octet (i32.load8_u offset=1 (local.get $at)))
      (local.set $class (call $class (local.get $octet)))
      (if (local.get $class)
        (then (call $add_all (global.get $single) (local.get $class)))
        (else (call $add (global.get $single) (local.get $octet))))
      (return (i32.add (local.get $at) (i32.const 2)))))
  (if
    (i32.and
      (i32.lt_u (i32.add (local.get $at) (i32.const 2)) (local.get $end))
      (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 0x2d (; - ;))))
    (then
      (call $add_range (global.get $single)
        (local.get $octet)
        (i32.load8_u offset=2 (local.get $at)))
      (return (i32.add (local.get $at) (i32.const 3)))))
  (call $add (global.get $single) (local.get $octet))
  (i32.add (local.get $at) (i32.const 1)))

;; The item of a single that ended at $at, with the `*`, `+`, `-` or `?` that may stand there.
(func $compile_repeat (param $at i32) (result i32)
  (local $octet i32)
  (local $operation i32)
  (local.set $octet (call $pattern_octet (local.get $at)))
  (if (i32.eq (local.get $octet) (i32.const 0x2d (; - ;)))
    (then (local.set $operation (global.get $op_least))))
  (if (i32.eq (local.get $octet) (i32.const 0x3f (; ? ;)))
    (then (local.set $operation (global.get $op_optional))))
  (if (i32.eq (i32.or (local.get $octet) (i32.const 1)) (i32.const 0x2b (; * or + ;)))
    (then (local.set $operation (global.get $op_most))))
  (if
    (i32.or
      (i32.eqz (local.get $operation))
      (i32.eq (local.get $octet) (i32.const 0x2b (; + ;))))
    (then (call $emit_once (local.get $at))))
  (if (i32.eqz (local.get $operation)) (then (return (local.get $at))))
  (call $emit
    (i32.add (local.get $operation) (global.get $single_kind))
    (global.get $single)
    (i32.const -1))
  (i32.add (local.get $at) (i32.const 1)))

;; The single that ended at $at, once. Octets that stand together become one literal text.
(func $emit_once (param $at i32)
  (local $text i32)
  (local $literal i32)
  (if (i32.eq (global.get $single_kind) (global.get $kind_any))
    (then
      (call $emit (global.get $op_any) (i32.const 0) (i32.const 0))
      (return)))
  (if (i32.eq (global.get $single_kind) (global.get $kind_set))
    (then
      (call $emit (global.get $op_set) (global.get $single) (i32.const 0))
      (return)))
  (local.set $text (i32.sub (local.get $at) (i32.const 1)))
  (local.set $literal (global.get $last_literal))
  (if (local.get $literal)
    (then
      (if
        (i32.eq
          (i32.add
            (i32.load offset=4 (local.get $literal))
            (i32.load offset=8 (local.get $literal)))
          (local.get $text))
        (then
          (i32.store offset=8 (local.get $literal)
            (i32.add (i32.load offset=8 (local.get $literal)) (i32.const 1)))
          (return)))))
  ;; A repeat before it need only stop where this octet follows.
  (if (global.get $last_repeat)
    (then (i32.store offset=8 (global.get $last_repeat) (global.get $single))))
  (local.set $literal (global.get $next_item))
  (call $emit (global.get $op_literal) (local.get $text) (i32.const 1))
  (global.set $last_literal (local.get $literal)))
