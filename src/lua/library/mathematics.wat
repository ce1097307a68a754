;; Lua's math library as LuaJIT has it. Each exported function is a `lua_CFunction`; upvalue 1,
;; where there is one, is what of the VM does the work.
(module
  (import "vm" "__indirect_function_table" (table 1 funcref))
  (import "vm" "lua_gettop" (func $gettop (param i32) (result i32)))
  (import "vm" "lua_settop" (func $settop (param i32 i32)))
  (import "vm" "lua_copy" (func $copy (param i32 i32 i32)))
  (import "vm" "lua_pushvalue" (func $pushvalue (param i32 i32)))
  (import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
  (import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
  (import "vm" "lua_touserdata" (func $touserdata (param i32 i32) (result i32)))
  (import "vm" "lua_compare" (func $compare (param i32 i32 i32 i32) (result i32)))
  (import "vm" "lua_arith" (func $arith (param i32 i32)))
  (import "vm" "lua_pushnumber" (func $pushnumber (param i32 f64)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_callk" (func $call (param i32 i32 i32 i32 i32)))
  (import "vm" "luaL_checknumber" (func $checknumber (param i32 i32) (result f64)))
  (import "host" "sinh" (func $sinh (param f64) (result f64)))
  (import "host" "cosh" (func $cosh (param f64) (result f64)))
  (import "host" "tanh" (func $tanh (param f64) (result f64)))

  (type $function (func (param i32) (result i32)))

  (func $original (param $L i32) (result i32)
    (call_indirect (type $function)
      (local.get $L)
      (call $touserdata (local.get $L) (i32.const -1001001))))

  (func $result (param $L i32) (param $value f64) (result i32)
    (call $pushnumber (local.get $L) (local.get $value))
    (i32.const 1))

  (func $first (param $L i32) (result f64)
    (call $checknumber (local.get $L) (i32.const 1)))

  (func $second (param $L i32) (result f64)
    (call $checknumber (local.get $L) (i32.const 2)))

  (func (export "sinh") (param $L i32) (result i32)
    (call $result (local.get $L) (call $sinh (call $first (local.get $L)))))

  (func (export "cosh") (param $L i32) (result i32)
    (call $result (local.get $L) (call $cosh (call $first (local.get $L)))))

  (func (export "tanh") (param $L i32) (result i32)
    (call $result (local.get $L) (call $tanh (call $first (local.get $L)))))

  ;; Both arguments as floats, on top.
  (func $both (param $L i32)
    (local $x f64)
    (local $y f64)
    (local.set $x (call $first (local.get $L)))
    (local.set $y (call $second (local.get $L)))
    (call $pushnumber (local.get $L) (local.get $x))
    (call $pushnumber (local.get $L) (local.get $y)))

  (func (export "pow") (param $L i32) (result i32)
    (call $both (local.get $L))
    (call $arith (local.get $L) (i32.const 4))
    (i32.const 1))

  ;; `log10` is `log` to base 10.
  (func (export "log10") (param $L i32) (result i32)
    (local $x f64)
    (local.set $x (call $first (local.get $L)))
    (call $settop (local.get $L) (i32.const 0))
    (call $pushnumber (local.get $L) (local.get $x))
    (call $pushinteger (local.get $L) (i64.const 10))
    (call $original (local.get $L)))

  ;; `atan` takes one argument only, `atan2` two.
  (func (export "atan") (param $L i32) (result i32)
    (drop (call $first (local.get $L)))
    (call $settop (local.get $L) (i32.const 1))
    (call $original (local.get $L)))

  (func (export "atan2") (param $L i32) (result i32)
    (drop (call $first (local.get $L)))
    (drop (call $second (local.get $L)))
    (call $original (local.get $L)))

  (func (export "fmod") (param $L i32) (result i32)
    (drop (call $first (local.get $L)))
    (if (f64.eq (call $second (local.get $L)) (f64.const 0))
      (then (return (call $result (local.get $L) (f64.const nan)))))
    (call $original (local.get $L)))

  ;; x = fraction * 2^exponent, where 0.5 <= |fraction| < 1
  (func (export "frexp") (param $L i32) (result i32)
    (local $x f64)
    (local $bits i64)
    (local $exponent i64)
    (local $scale i64)
    (local.set $x (call $first (local.get $L)))
    (local.set $bits (i64.reinterpret_f64 (local.get $x)))
    (local.set $exponent
      (i64.and (i64.shr_u (local.get $bits) (i64.const 52)) (i64.const 0x7ff)))
    (if (i32.or
          (f64.eq (local.get $x) (f64.const 0))
          (i64.eq (local.get $exponent) (i64.const 0x7ff)))
      (then
        (call $pushnumber (local.get $L) (local.get $x))
        (call $pushinteger (local.get $L) (i64.const 0))
        (return (i32.const 2))))
    (if (i64.eqz (local.get $exponent)) ;; subnormal
      (then
        (local.set $scale (i64.const 54))
        (local.set $bits
          (i64.reinterpret_f64 (f64.mul (local.get $x) (f64.const 0x1p54))))
        (local.set $exponent
          (i64.and (i64.shr_u (local.get $bits) (i64.const 52)) (i64.const 0x7ff)))))
    (call $pushnumber (local.get $L)
      (f64.reinterpret_i64
        (i64.or
          (i64.and (local.get $bits) (i64.const 0x800fffffffffffff))
          (i64.const 0x3fe0000000000000))))
    (call $pushinteger (local.get $L)
      (i64.sub (i64.sub (local.get $exponent) (i64.const 1022)) (local.get $scale)))
    (i32.const 2))

  ;; x * 2^exponent, in steps that neither overflow nor round early.
  (func (export "ldexp") (param $L i32) (result i32)
    (local $x f64)
    (local $exponent i32)
    (local.set $x (call $first (local.get $L)))
    (local.set $exponent (i32.trunc_sat_f64_s (call $second (local.get $L))))
    (local.set $exponent
      (select (i32.const 3000) (local.get $exponent)
        (i32.gt_s (local.get $exponent) (i32.const 3000))))
    (local.set $exponent
      (select (i32.const -3000) (local.get $exponent)
        (i32.lt_s (local.get $exponent) (i32.const -3000))))
    (loop $up
      (if (i32.gt_s (local.get $exponent) (i32.const 1023))
        (then
          (local.set $x (f64.mul (local.get $x) (f64.const 0x1p1023)))
          (local.set $exponent (i32.sub (local.get $exponent) (i32.const 1023)))
          (br $up))))
    (loop $down
      (if (i32.lt_s (local.get $exponent) (i32.const -1022))
        (then
          (local.set $x (f64.mul (local.get $x) (f64.const 0x1p-969)))
          (local.set $exponent (i32.add (local.get $exponent) (i32.const 969)))
          (br $down))))
    (call $result (local.get $L)
      (f64.mul
        (local.get $x)
        (f64.reinterpret_i64
          (i64.shl
            (i64.extend_i32_u (i32.add (local.get $exponent) (i32.const 1023)))
            (i64.const 52))))))

  ;; The largest argument, or the smallest; text counts as the number it shows.
  (func $extreme (param $L i32) (param $largest i32) (result i32)
    (local $n i32)
    (local $last i32)
    (local $best i32)
    (local $x f64)
    (local.set $last (call $gettop (local.get $L)))
    (local.set $n (i32.const 1))
    (local.set $best (i32.const 1))
    (loop $next
      (local.set $x (call $checknumber (local.get $L) (local.get $n)))
      (if (i32.ne (call $type (local.get $L) (local.get $n)) (i32.const 3))
        (then
          (call $pushnumber (local.get $L) (local.get $x))
          (call $copy (local.get $L) (i32.const -1) (local.get $n))
          (call $settop (local.get $L) (i32.const -2))))
      (if (i32.eq
            (call $compare (local.get $L)
              (select (local.get $best) (local.get $n) (local.get $largest))
              (select (local.get $n) (local.get $best) (local.get $largest))
              (i32.const 1))
            (i32.const 1))
        (then (local.set $best (local.get $n))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.le_s (local.get $n) (local.get $last))))
    (call $pushvalue (local.get $L) (local.get $best))
    (i32.const 1))

  (func (export "max") (param $L i32) (result i32)
    (call $extreme (local.get $L) (i32.const 1)))

  (func (export "min") (param $L i32) (result i32)
    (call $extreme (local.get $L) (i32.const 0)))

  ;; Upvalue 1 is the VM's `math.random`, a closure: it is called. LuaJIT does not look whether the
  ;; interval is empty, and takes bounds with a fraction.
  (func (export "random") (param $L i32) (result i32)
    (local $count i32)
    (local $low f64)
    (local $high f64)
    (local $value f64)
    (local.set $count (call $gettop (local.get $L)))
    (local.set $low (f64.const 1))
    (if (local.get $count)
      (then
        (local.set $high (call $first (local.get $L)))
        (if (i32.gt_s (local.get $count) (i32.const 1))
          (then
            (local.set $low (local.get $high))
            (local.set $high (call $second (local.get $L)))))))
    (call $pushvalue (local.get $L) (i32.const -1001001))
    (call $call (local.get $L) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))
    (if (i32.eqz (local.get $count)) (then (return (i32.const 1))))
    (local.set $value
      (f64.add
        (f64.floor
          (f64.mul
            (call $tonumber (local.get $L) (i32.const -1) (i32.const 0))
            (f64.add (f64.sub (local.get $high) (local.get $low)) (f64.const 1))))
        (local.get $low)))
    (if (f64.eq (local.get $value) (f64.floor (local.get $value)))
      (then
        (if (f64.lt (f64.abs (local.get $value)) (f64.const 0x1p53))
          (then
            (call $pushinteger (local.get $L) (i64.trunc_sat_f64_s (local.get $value)))
            (return (i32.const 1))))))
    (call $result (local.get $L) (local.get $value)))

  ;; Upvalue 1 is the VM's `math.randomseed`, whose results nobody expects.
  (func (export "randomseed") (param $L i32) (result i32)
    (local $count i32)
    (local.set $count (call $gettop (local.get $L)))
    (if (local.get $count) (then (drop (call $first (local.get $L)))))
    (call $pushvalue (local.get $L) (i32.const -1001001))
    (if (local.get $count) (then (call $pushvalue (local.get $L) (i32.const 1))))
    (call $call (local.get $L)
      (i32.ne (local.get $count) (i32.const 0))
      (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 0)))
