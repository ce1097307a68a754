;; The `bit` library of LuaJIT: operations on the low 32 bits of numbers, with signed results.
;;
;; Each exported function is a `lua_CFunction`: arguments on the stack of $L, the number of results
;; returned. `host.base` is where this module may write: see the data segments at the end.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "lua_gettop" (func $gettop (param i32) (result i32)))
  (import "vm" "lua_isinteger" (func $isinteger (param i32 i32) (result i32)))
  (import "vm" "lua_tointegerx" (func $tointeger (param i32 i32 i32) (result i64)))
  (import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_pushlstring" (func $pushlstring (param i32 i32 i32) (result i32)))
  (import "vm" "luaL_typeerror" (func $typeerror (param i32 i32 i32) (result i32)))
  (import "host" "base" (global $base i32))

  ;; Argument $n as its low 32 bits; raises an error that names it when it is no number. Integers
  ;; wrap exactly. A fraction is rounded to the nearest integer, halves to even, by adding
  ;; 2^52 + 2^51, which is LuaJIT's rule: beyond 2^51 it gives what that gives.
  (func $argument (param $L i32) (param $n i32) (result i32)
    (local $value f64)
    (if (call $isinteger (local.get $L) (local.get $n))
      (then
        (return
          (i32.wrap_i64 (call $tointeger (local.get $L) (local.get $n) (i32.const 0))))))
    (local.set $value (call $tonumber (local.get $L) (local.get $n) (global.get $base)))
    (if (i32.eqz (i32.load (global.get $base)))
      (then
        (drop
          (call $typeerror (local.get $L) (local.get $n)
            (i32.add (global.get $base) (i32.const 4))))))
    (i32.wrap_i64
      (i64.reinterpret_f64 (f64.add (local.get $value) (f64.const 6755399441055744)))))

  (func $result (param $L i32) (param $bits i32) (result i32)
    (call $pushinteger (local.get $L) (i64.extend_i32_s (local.get $bits)))
    (i32.const 1))

  (func (export "tobit") (param $L i32) (result i32)
    (call $result (local.get $L) (call $argument (local.get $L) (i32.const 1))))

  (func (export "bnot") (param $L i32) (result i32)
    (call $result (local.get $L)
      (i32.xor (call $argument (local.get $L) (i32.const 1)) (i32.const -1))))

  ;; All arguments, one at least, by one of three operations.
  (func $fold (param $L i32) (param $operation i32) (result i32)
    (local $bits i32)
    (local $with i32)
    (local $n i32)
    (local $last i32)
    (local.set $last (call $gettop (local.get $L)))
    (local.set $n (i32.const 1))
    (local.set $bits (call $argument (local.get $L) (i32.const 1)))
    (loop $next
      (if (i32.lt_s (local.get $n) (local.get $last))
        (then
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (local.set $with (call $argument (local.get $L) (local.get $n)))
          (local.set $bits
            (select
              (i32.and (local.get $bits) (local.get $with))
              (select
                (i32.or (local.get $bits) (local.get $with))
                (i32.xor (local.get $bits) (local.get $with))
                (i32.eq (local.get $operation) (global.get $or)))
              (i32.eq (local.get $operation) (global.get $and))))
          (br $next))))
    (call $result (local.get $L) (local.get $bits)))

  (global $and i32 (i32.const 0))
  (global $or i32 (i32.const 1))
  (global $xor i32 (i32.const 2))

  (func (export "band") (param $L i32) (result i32)
    (call $fold (local.get $L) (global.get $and)))

  (func (export "bor") (param $L i32) (result i32)
    (call $fold (local.get $L) (global.get $or)))

  (func (export "bxor") (param $L i32) (result i32)
    (call $fold (local.get $L) (global.get $xor)))

  ;; WebAssembly shifts by the count modulo 32, as LuaJIT does.
  (func (export "lshift") (param $L i32) (result i32)
    (call $result (local.get $L)
      (i32.shl
        (call $argument (local.get $L) (i32.const 1))
        (call $argument (local.get $L) (i32.const 2)))))

  (func (export "rshift") (param $L i32) (result i32)
    (call $result (local.get $L)
      (i32.shr_u
        (call $argument (local.get $L) (i32.const 1))
        (call $argument (local.get $L) (i32.const 2)))))

  (func (export "arshift") (param $L i32) (result i32)
    (call $result (local.get $L)
      (i32.shr_s
        (call $argument (local.get $L) (i32.const 1))
        (call $argument (local.get $L) (i32.const 2)))))

  (func (export "rol") (param $L i32) (result i32)
    (call $result (local.get $L)
      (i32.rotl
        (call $argument (local.get $L) (i32.const 1))
        (call $argument (local.get $L) (i32.const 2)))))

  (func (export "ror") (param $L i32) (result i32)
    (call $result (local.get $L)
      (i32.rotr
        (call $argument (local.get $L) (i32.const 1))
        (call $argument (local.get $L) (i32.const 2)))))

  (func (export "bswap") (param $L i32) (result i32)
    (local $bits i32)
    (local.set $bits (call $argument (local.get $L) (i32.const 1)))
    (call $result (local.get $L)
      (i32.or
        (i32.and (i32.rotl (local.get $bits) (i32.const 8)) (i32.const 0x00ff00ff))
        (i32.and (i32.rotr (local.get $bits) (i32.const 8)) (i32.const 0xff00ff00)))))

  ;; Hexadecimal digits, 8 unless argument 2 says how many; upper case when that is negative. Fewer
  ;; than 8 cut the number off on the left, more fill it with zeros. LuaJIT keeps the count in one
  ;; octet, in which 255 means as few as it takes.
  (func (export "tohex") (param $L i32) (result i32)
    (local $bits i32)
    (local $digits i32)
    (local $letters i32)
    (local $from i32)
    (local $at i32)
    (local.set $bits (call $argument (local.get $L) (i32.const 1)))
    (local.set $digits (i32.const 8))
    (local.set $letters (i32.const 87)) ;; "a" less 10
    (if (i32.gt_s (call $gettop (local.get $L)) (i32.const 1))
      (then (local.set $digits (call $argument (local.get $L) (i32.const 2)))))
    (if (i32.lt_s (local.get $digits) (i32.const 0))
      (then
        (local.set $letters (i32.const 55)) ;; "A" less 10
        (local.set $digits (i32.sub (i32.const 0) (local.get $digits)))))
    (if (i32.lt_s (local.get $digits) (i32.const 8))
      (then
        (local.set $bits
          (i32.and (local.get $bits)
            (i32.sub
              (i32.shl (i32.const 1) (i32.shl (local.get $digits) (i32.const 2)))
              (i32.const 1))))))
    (local.set $digits (i32.and (local.get $digits) (i32.const 255)))
    (if (i32.eq (local.get $digits) (i32.const 255))
      (then (local.set $digits (i32.const 1))))
    ;; From the last digit to the first, which ends up at $at.
    (local.set $from (i32.add (global.get $base) (i32.const 272)))
    (local.set $at (local.get $from))
    (loop $digit
      (if
        (i32.or
          (local.get $bits)
          (i32.lt_s (i32.sub (local.get $from) (local.get $at)) (local.get $digits)))
        (then
          (local.set $at (i32.sub (local.get $at) (i32.const 1)))
          (i32.store8 (local.get $at)
            (i32.add
              (i32.and (local.get $bits) (i32.const 15))
              (select
                (i32.const 48) ;; "0"
                (local.get $letters)
                (i32.lt_u (i32.and (local.get $bits) (i32.const 15)) (i32.const 10)))))
          (local.set $bits (i32.shr_u (local.get $bits) (i32.const 4)))
          (br $digit))))
    (drop
      (call $pushlstring (local.get $L) (local.get $at)
        (i32.sub (local.get $from) (local.get $at))))
    (i32.const 1))

  ;; base + 0:  whether the number converted last was one (i32)
  ;; base + 4:  the name of the type that arguments must have
  ;; base + 16: up to 254 hexadecimal digits, then two octets unused: 272 in all
  (data (global.get $base) "\00\00\00\00number\00"))
