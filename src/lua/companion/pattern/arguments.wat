;; The arguments of functions that scripts call.

(global $argument_length (mut i32) (i32.const 0))

;; The string argument $n, a number as its text; its length is in $argument_length.
(func $string_argument (param $L i32) (param $n i32) (result i32)
  (local $at i32)
  (local.set $at (call $to_string (local.get $L) (local.get $n)))
  (if (i32.eqz (local.get $at))
    (then (drop (call $checkstring (local.get $L) (local.get $n) (i32.const 0)))))
  (local.get $at))

;; The string at $index, a number as its text; its length is in $argument_length. 0 without one.
(func $to_string (param $L i32) (param $index i32) (result i32)
  (local $at i32)
  (local.set $at
    (call $tolstring (local.get $L) (local.get $index)
      (i32.add (global.get $base) (global.get $length_at))))
  (global.set $argument_length
    (i32.load (i32.add (global.get $base) (global.get $length_at))))
  (local.get $at))

;; Argument $n as a whole number, $default when it is absent or nil. Fractions are cut off; what 32
;; bits cannot hold becomes the least number, as LuaJIT has it on x64.
(func $optional_integer (param $L i32) (param $n i32) (param $default i32) (result i32)
  (local $valid_at i32)
  (local $integer i64)
  (local $number f64)
  (local.set $valid_at (i32.add (global.get $base) (global.get $length_at)))
  (local.set $integer
    (call $tointeger (local.get $L) (local.get $n) (local.get $valid_at)))
  (if (i32.load (local.get $valid_at))
    (then
      (return
        (select
          (i32.wrap_i64 (local.get $integer))
          (i32.const 0x80000000)
          (i64.eq (i64.extend32_s (local.get $integer)) (local.get $integer))))))
  (if (i32.le_s (call $type (local.get $L) (local.get $n)) (i32.const 0))
    (then (return (local.get $default))))
  (local.set $number
    (call $tonumber (local.get $L) (local.get $n) (local.get $valid_at)))
  (if (i32.eqz (i32.load (local.get $valid_at)))
    (then
      (drop
        (call $typeerror (local.get $L) (local.get $n)
          (call $message (global.get $number))))))
  (if (f64.lt (f64.abs (local.get $number)) (f64.const 2147483648))
    (then (return (i32.trunc_f64_s (local.get $number)))))
  (i32.const 0x80000000))
