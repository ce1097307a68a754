;; The `u64` library: Lua's integers taken as unsigned, for counters and sums from 2^63 up.
;;
;; Each exported function is a `lua_CFunction`. `host.base` is where this module may write: a
;; message, then digits up to octet 64.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "luaL_checkinteger" (func $checkinteger (param i32 i32) (result i64)))
  (import "vm" "luaL_argerror" (func $argerror (param i32 i32 i32) (result i32)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_pushnumber" (func $pushnumber (param i32 f64)))
  (import "vm" "lua_pushlstring" (func $pushlstring (param i32 i32 i32) (result i32)))
  (import "host" "base" (global $base i32))

  ;; All digits.
  (func (export "tostring") (param $L i32) (result i32)
    (local $value i64)
    (local $at i32)
    (local $end i32)
    (local.set $value (call $checkinteger (local.get $L) (i32.const 1)))
    (local.set $end (i32.add (global.get $base) (i32.const 64)))
    (local.set $at (local.get $end))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i64.store8
        (local.get $at)
        (i64.add (i64.rem_u (local.get $value) (i64.const 10)) (i64.const 0x30)))
      (local.set $value (i64.div_u (local.get $value) (i64.const 10)))
      (br_if $digits (i64.ne (local.get $value) (i64.const 0))))
    (drop
      (call $pushlstring
        (local.get $L)
        (local.get $at)
        (i32.sub (local.get $end) (local.get $at))))
    (i32.const 1))

  ;; The nearest double.
  (func (export "tonumber") (param $L i32) (result i32)
    (call $pushnumber
      (local.get $L)
      (f64.convert_i64_u (call $checkinteger (local.get $L) (i32.const 1))))
    (i32.const 1))

  ;; -1, 0 or 1.
  (func (export "compare") (param $L i32) (result i32)
    (local $a i64)
    (local $b i64)
    (local.set $a (call $checkinteger (local.get $L) (i32.const 1)))
    (local.set $b (call $checkinteger (local.get $L) (i32.const 2)))
    (call $pushinteger
      (local.get $L)
      (i64.extend_i32_s
        (i32.sub
          (i64.gt_u (local.get $a) (local.get $b))
          (i64.lt_u (local.get $a) (local.get $b)))))
    (i32.const 1))

  ;; Quotient and rest.
  (func (export "divide") (param $L i32) (result i32)
    (local $a i64)
    (local $b i64)
    (local.set $a (call $checkinteger (local.get $L) (i32.const 1)))
    (local.set $b (call $checkinteger (local.get $L) (i32.const 2)))
    (if (i64.eqz (local.get $b))
      (then
        (drop
          (call $argerror
            (local.get $L)
            (i32.const 2)
            (global.get $base)))))
    (call $pushinteger (local.get $L) (i64.div_u (local.get $a) (local.get $b)))
    (call $pushinteger (local.get $L) (i64.rem_u (local.get $a) (local.get $b)))
    (i32.const 2))

  (data (global.get $base) "number other than 0 expected\00"))
