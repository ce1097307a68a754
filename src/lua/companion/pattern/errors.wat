;; Messages as LuaJIT words them, each ended by a zero, found by their number.

(global $ends_with_percent i32 (i32.const 0))
(global $missing_bracket i32 (i32.const 1))
(global $missing_frontier i32 (i32.const 2))
(global $unbalanced i32 (i32.const 3))
(global $invalid_capture i32 (i32.const 4))
(global $invalid_index i32 (i32.const 5))
(global $too_many_captures i32 (i32.const 6))
(global $unfinished_capture i32 (i32.const 7))
(global $too_complex i32 (i32.const 8))
(global $too_long i32 (i32.const 9))
(global $no_memory i32 (i32.const 10))
(global $stack_full i32 (i32.const 11))
(global $invalid_replacement i32 (i32.const 12))
(global $parenthesis i32 (i32.const 13))
(global $replacement_expected i32 (i32.const 14))
(global $number i32 (i32.const 15))

(data (global.get $base)
  "malformed pattern (ends with '%')\00"
  "malformed pattern (missing ']')\00"
  "missing '[' after '%f' in pattern\00"
  "unbalanced pattern\00"
  "invalid pattern capture\00"
  "invalid capture index\00"
  "too many captures\00"
  "unfinished capture\00"
  "pattern too complex\00"
  "resulting string too large\00"
  "not enough memory\00"
  "stack overflow\00"
  "invalid replacement value (a \00"
  ")\00"
  "string/function/table expected\00"
  "number\00")

;; Where message $number starts.
(func $message (param $number i32) (result i32)
  (local $at i32)
  (local.set $at (global.get $base))
  (loop $octet
    (if (local.get $number)
      (then
        (if (i32.eqz (i32.load8_u (local.get $at)))
          (then (local.set $number (i32.sub (local.get $number) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $octet))))
  (local.get $at))

;; Raise message $number, with the place in the script in front.
(func $raise (param $L i32) (param $number i32)
  (call $where (local.get $L) (i32.const 1))
  (drop (call $pushstring (local.get $L) (call $message (local.get $number))))
  (call $concat (local.get $L) (i32.const 2))
  (drop (call $error (local.get $L)))
  (unreachable))

;; Raise that a value on top of the stack cannot replace anything.
(func $raise_replacement (param $L i32)
  (local $name i32)
  (local.set $name
    (call $typename (local.get $L) (call $type (local.get $L) (i32.const -1))))
  (call $where (local.get $L) (i32.const 1))
  (drop
    (call $pushstring (local.get $L) (call $message (global.get $invalid_replacement))))
  (drop (call $pushstring (local.get $L) (local.get $name)))
  (drop (call $pushstring (local.get $L) (call $message (global.get $parenthesis))))
  (call $concat (local.get $L) (i32.const 4))
  (drop (call $error (local.get $L)))
  (unreachable))
