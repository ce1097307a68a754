;; `string.format` as LuaJIT has it, around the VM's own.
;;
;; The VM's function, a pointer in upvalue 1, does the work. Before, two walks over the directives
;; make of LuaJIT's what it can read: the first sees to the arguments and may call metamethods, the
;; second writes the format anew where it must. `host.base` is where this module may write: see the
;; data segment at the end.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "__indirect_function_table" (table 1 funcref))
  (import "vm" "lua_gettop" (func $gettop (param i32) (result i32)))
  (import "vm" "lua_settop" (func $settop (param i32 i32)))
  (import "vm" "lua_copy" (func $copy (param i32 i32 i32)))
  (import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
  (import "vm" "lua_isinteger" (func $isinteger (param i32 i32) (result i32)))
  (import "vm" "lua_tointegerx" (func $tointeger (param i32 i32 i32) (result i64)))
  (import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
  (import "vm" "lua_touserdata" (func $touserdata (param i32 i32) (result i32)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_pushlstring" (func $pushlstring (param i32 i32 i32) (result i32)))
  (import "vm" "lua_newuserdatauv" (func $newuserdata (param i32 i32 i32) (result i32)))
  (import "vm" "lua_concat" (func $concat (param i32 i32)))
  (import "vm" "lua_error" (func $error (param i32) (result i32)))
  (import "vm" "luaL_where" (func $where (param i32 i32)))
  (import "vm" "luaL_argerror" (func $argerror (param i32 i32 i32) (result i32)))
  (import "vm" "luaL_checklstring" (func $checkstring (param i32 i32 i32) (result i32)))
  (import "vm" "luaL_checknumber" (func $checknumber (param i32 i32) (result f64)))
  (import "vm" "luaL_tolstring" (func $tolstring (param i32 i32 i32) (result i32)))
  (import "host" "base" (global $base i32))

  (type $function (func (param i32) (result i32)))

  ;; Octets of a format that is written to $base + 64; longer ones get memory of Lua.
  (global $room i32 (i32.const 448))

  ;; The directive that was read last -----------------------------------------------------------

  (global $flags (mut i32) (i32.const 0)) ;; a bit each: 1 is -, 2 is +, 4 a space, 8 is #, 16 is 0
  (global $width (mut i32) (i32.const 0))
  (global $precision (mut i32) (i32.const -1)) ;; -1 is none
  (global $letter (mut i32) (i32.const 0))

  ;; The bit of a flag, 0 of any other character.
  (func $flag (param $character i32) (result i32)
    (if (i32.eq (local.get $character) (i32.const 45)) (then (return (i32.const 1))))
    (if (i32.eq (local.get $character) (i32.const 43)) (then (return (i32.const 2))))
    (if (i32.eq (local.get $character) (i32.const 32)) (then (return (i32.const 4))))
    (if (i32.eq (local.get $character) (i32.const 35)) (then (return (i32.const 8))))
    (i32.shl (i32.eq (local.get $character) (i32.const 48)) (i32.const 4)))

  ;; The character at $at; 0 from $end on.
  (func $character (param $at i32) (param $end i32) (result i32)
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
    (i32.load8_u (local.get $at)))

  (func $digit (param $at i32) (param $end i32) (result i32)
    (i32.lt_u
      (i32.sub (call $character (local.get $at) (local.get $end)) (i32.const 48))
      (i32.const 10)))

  ;; Up to two digits from $at as a number in the low octet; how many there are in the next.
  (func $digits (param $at i32) (param $end i32) (result i32)
    (local $value i32)
    (if (i32.eqz (call $digit (local.get $at) (local.get $end))) (then (return (i32.const 0))))
    (local.set $value (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (if (i32.eqz (call $digit (local.get $at) (local.get $end)))
      (then (return (i32.or (local.get $value) (i32.const 256)))))
    (i32.or
      (i32.add
        (i32.mul (local.get $value) (i32.const 10))
        (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (i32.const 512)))

  ;; Reads the directive whose % stands before $at; returns where its letter stands.
  (func $read (param $at i32) (param $end i32) (result i32)
    (local $bit i32)
    (local $digits i32)
    (global.set $flags (i32.const 0))
    (block $done
      (loop $next
        (local.set $bit (call $flag (call $character (local.get $at) (local.get $end))))
        (br_if $done (i32.eqz (local.get $bit)))
        (global.set $flags (i32.or (global.get $flags) (local.get $bit)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.set $digits (call $digits (local.get $at) (local.get $end)))
    (global.set $width (i32.and (local.get $digits) (i32.const 255)))
    (local.set $at (i32.add (local.get $at) (i32.shr_u (local.get $digits) (i32.const 8))))
    (global.set $precision (i32.const -1))
    (if (i32.eq (call $character (local.get $at) (local.get $end)) (i32.const 46))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $digits (call $digits (local.get $at) (local.get $end)))
        (global.set $precision (i32.and (local.get $digits) (i32.const 255)))
        (local.set $at (i32.add (local.get $at) (i32.shr_u (local.get $digits) (i32.const 8))))))
    (global.set $letter (call $character (local.get $at) (local.get $end)))
    (local.get $at))

  ;; Whether the directive has flags, a width or a precision.
  (func $modified (result i32)
    (i32.or
      (i32.or (global.get $flags) (global.get $width))
      (i32.ge_s (global.get $precision) (i32.const 0))))

  ;; The flags that mean something before $letter; -1 when there is no such directive.
  (func $allowed (param $letter i32) (result i32)
    (if (i32.or
          (i32.eq (local.get $letter) (i32.const 100)) ;; d
          (i32.eq (local.get $letter) (i32.const 105))) ;; i
      (then (return (i32.const 0x17))))
    (if (i32.or
          (i32.eq (i32.or (local.get $letter) (i32.const 32)) (i32.const 120)) ;; x X
          (i32.eq (local.get $letter) (i32.const 111))) ;; o
      (then (return (i32.const 0x19))))
    (if (i32.eq (local.get $letter) (i32.const 117)) ;; u
      (then (return (i32.const 0x11))))
    (if (i32.or
          (i32.eq (i32.or (local.get $letter) (i32.const 32)) (i32.const 97)) ;; a A
          (i32.lt_u
            (i32.sub (i32.or (local.get $letter) (i32.const 32)) (i32.const 101)) ;; e f g E F G
            (i32.const 3)))
      (then (return (i32.const 0x1f))))
    (if (i32.or
          (i32.or
            (i32.eq (local.get $letter) (i32.const 99)) ;; c
            (i32.eq (local.get $letter) (i32.const 112))) ;; p
          (i32.or
            (i32.eq (local.get $letter) (i32.const 113)) ;; q
            (i32.eq (local.get $letter) (i32.const 115)))) ;; s
      (then (return (i32.const 0x01))))
    (i32.const -1))

  ;; Raises `invalid option '%…' to 'format'`; the directive is from $start to $end.
  (func $refuse (param $L i32) (param $start i32) (param $end i32)
    (call $where (local.get $L) (i32.const 1))
    (drop (call $pushlstring (local.get $L) (i32.add (global.get $base) (i32.const 24)) (i32.const 16)))
    (drop
      (call $pushlstring (local.get $L) (local.get $start)
        (i32.sub (local.get $end) (local.get $start))))
    (drop (call $pushlstring (local.get $L) (i32.add (global.get $base) (i32.const 40)) (i32.const 13)))
    (call $concat (local.get $L) (i32.const 4))
    (drop (call $error (local.get $L))))

  ;; Arguments ----------------------------------------------------------------------------------

  ;; What lies on top takes the place of argument $n.
  (func $replace (param $L i32) (param $n i32)
    (call $copy (local.get $L) (i32.const -1) (local.get $n))
    (call $settop (local.get $L) (i32.const -2)))

  ;; A double as 64 bits, as the processor of LuaJIT makes them; from 2^63 up they are unsigned.
  (func $bits (param $value f64) (result i64)
    (if (i32.and
          (f64.ge (local.get $value) (f64.const 9223372036854775808))
          (i32.eqz (i32.or
            (i32.eq (global.get $letter) (i32.const 100))
            (i32.eq (global.get $letter) (i32.const 105)))))
      (then
        (local.set $value (f64.sub (local.get $value) (f64.const 18446744073709551616)))))
    (if (f64.lt (f64.abs (local.get $value)) (f64.const 9223372036854775808))
      (then (return (i64.trunc_f64_s (local.get $value)))))
    (i64.const 0x8000000000000000))

  ;; Argument $n loses its fraction.
  (func $whole (param $L i32) (param $n i32)
    (local $value f64)
    (local.set $value (call $checknumber (local.get $L) (local.get $n)))
    (if (call $isinteger (local.get $L) (local.get $n)) (then (return)))
    (call $pushinteger (local.get $L) (call $bits (local.get $value)))
    (call $replace (local.get $L) (local.get $n)))

  ;; How many digits the directive asks for at least.
  (func $leastDigits (result i32)
    (if (i32.ge_s (global.get $precision) (i32.const 0)) (then (return (global.get $precision))))
    (select (global.get $width) (i32.const 0)
      (i32.eq (i32.and (global.get $flags) (i32.const 0x11)) (i32.const 0x10))))

  ;; Argument $n, an integer below 0, as the decimal digits of its 64 bits.
  (func $unsigned (param $L i32) (param $n i32)
    (local $value i64)
    (local $at i32)
    (local $end i32)
    (local $first i32)
    (local.set $value (call $tointeger (local.get $L) (local.get $n) (i32.const 0)))
    (local.set $end (i32.add (global.get $base) (i32.const 192)))
    (local.set $first (i32.sub (local.get $end) (call $leastDigits)))
    (local.set $at (local.get $end))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $value) (i64.const 10)))))
      (local.set $value (i64.div_u (local.get $value) (i64.const 10)))
      (br_if $next
        (i32.or
          (i64.ne (local.get $value) (i64.const 0))
          (i32.gt_u (local.get $at) (local.get $first)))))
    (drop
      (call $pushlstring (local.get $L) (local.get $at)
        (i32.sub (local.get $end) (local.get $at))))
    (call $replace (local.get $L) (local.get $n)))

  ;; Argument $n as text, cut to the precision and filled up to the width, zero octets and all.
  (func $pad (param $L i32) (param $n i32)
    (local $flags i32)
    (local $width i32)
    (local $precision i32)
    (local $text i32)
    (local $length i32)
    (local $to i32)
    ;; A metamethod may call `format`, too.
    (local.set $flags (global.get $flags))
    (local.set $width (global.get $width))
    (local.set $precision (global.get $precision))
    (local.set $text (call $tolstring (local.get $L) (local.get $n) (global.get $base)))
    (local.set $length (i32.load (global.get $base)))
    (if (i32.lt_u (local.get $precision) (local.get $length))
      (then (local.set $length (local.get $precision))))
    (if (i32.lt_u (local.get $width) (local.get $length))
      (then (local.set $width (local.get $length))))
    (local.set $to (call $newuserdata (local.get $L) (local.get $width) (i32.const 0)))
    (memory.fill (local.get $to) (i32.const 32) (local.get $width))
    (memory.copy
      (select
        (local.get $to)
        (i32.add (local.get $to) (i32.sub (local.get $width) (local.get $length)))
        (i32.and (local.get $flags) (i32.const 1)))
      (local.get $text)
      (local.get $length))
    (drop (call $pushlstring (local.get $L) (local.get $to) (local.get $width)))
    (call $copy (local.get $L) (i32.const -1) (local.get $n))
    (call $settop (local.get $L) (i32.const -4)))

  ;; Sees to argument $n of the directive; whether the directive must be written anew.
  (func $prepare (param $L i32) (param $n i32) (result i32)
    (local $letter i32)
    (local $flags i32)
    (local.set $letter (global.get $letter))
    (local.set $flags (global.get $flags))
    (if (i32.eq (local.get $letter) (i32.const 115)) ;; s
      (then
        (if (i32.eqz (call $modified)) (then (return (i32.const 0))))
        (call $pad (local.get $L) (local.get $n))
        (return (i32.const 1))))
    (if (i32.eq (local.get $letter) (i32.const 113)) ;; q
      (then
        (if (i32.ne (call $type (local.get $L) (local.get $n)) (i32.const 4))
          (then
            (drop (call $tolstring (local.get $L) (local.get $n) (i32.const 0)))
            (call $replace (local.get $L) (local.get $n))))
        (return (i32.const 1))))
    (if (i32.eq (local.get $letter) (i32.const 112)) ;; p
      (then (return (call $modified))))
    (if (i32.eq (call $allowed (local.get $letter)) (i32.const 0x1f))
      (then
        (drop (call $checknumber (local.get $L) (local.get $n)))
        (return
          (i32.or
            (i32.gt_u (local.get $flags) (i32.const 1))
            (i32.eq (local.get $letter) (i32.const 70)))))) ;; F
    (call $whole (local.get $L) (local.get $n))
    (if (i32.eq (local.get $letter) (i32.const 117)) ;; u
      (then
        (if (i64.lt_s
              (call $tointeger (local.get $L) (local.get $n) (i32.const 0))
              (i64.const 0))
          (then (call $unsigned (local.get $L) (local.get $n))))
        (return (i32.const 1))))
    (i32.or
      (i32.gt_u (local.get $flags) (i32.const 1))
      (i32.and
        (i32.eq (local.get $letter) (i32.const 99)) ;; c
        (i32.ge_s (global.get $precision) (i32.const 0)))))

  ;; The format written anew ----------------------------------------------------------------------

  (func $write (param $to i32) (param $character i32) (result i32)
    (i32.store8 (local.get $to) (local.get $character))
    (i32.add (local.get $to) (i32.const 1)))

  (func $writeNumber (param $to i32) (param $value i32) (result i32)
    (if (i32.ge_u (local.get $value) (i32.const 10))
      (then
        (local.set $to
          (call $write (local.get $to)
            (i32.add (i32.const 48) (i32.div_u (local.get $value) (i32.const 10)))))))
    (call $write (local.get $to)
      (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10)))))

  ;; The letter that does for argument $n what the directive's does in LuaJIT.
  (func $instead (param $L i32) (param $n i32) (result i32)
    (if (i32.eq (global.get $letter) (i32.const 70)) ;; F: infinity is INF, as it is in G
      (then
        (return
          (select (i32.const 102) (i32.const 71)
            (f64.lt
              (f64.abs (call $tonumber (local.get $L) (local.get $n) (i32.const 0)))
              (f64.const inf))))))
    (if (i32.eq (global.get $letter) (i32.const 117)) ;; u: digits already, or a number
      (then
        (return
          (select (i32.const 115) (i32.const 100)
            (i32.eq (call $type (local.get $L) (local.get $n)) (i32.const 4))))))
    (global.get $letter))

  ;; Writes the directive that was read last; returns where it ends.
  (func $directive (param $L i32) (param $n i32) (param $to i32) (result i32)
    (local $letter i32)
    (local $flags i32)
    (local.set $letter (call $instead (local.get $L) (local.get $n)))
    (local.set $to (call $write (local.get $to) (i32.const 37)))
    ;; What a text has of flags, width and precision was done to it.
    (if (i32.eqz
          (i32.or
            (i32.or
              (i32.eq (global.get $letter) (i32.const 115))
              (i32.eq (global.get $letter) (i32.const 112)))
            (i32.eq (global.get $letter) (i32.const 113))))
      (then
        (local.set $flags
          (i32.and (global.get $flags) (call $allowed (global.get $letter))))
        ;; Digits have their zeros.
        (if (i32.eq (local.get $letter) (i32.const 115))
          (then (local.set $flags (i32.and (local.get $flags) (i32.const 1)))))
        (if (i32.and (local.get $flags) (i32.const 1))
          (then (local.set $to (call $write (local.get $to) (i32.const 45)))))
        (if (i32.and (local.get $flags) (i32.const 2))
          (then (local.set $to (call $write (local.get $to) (i32.const 43)))))
        (if (i32.and (local.get $flags) (i32.const 4))
          (then (local.set $to (call $write (local.get $to) (i32.const 32)))))
        (if (i32.and (local.get $flags) (i32.const 8))
          (then (local.set $to (call $write (local.get $to) (i32.const 35)))))
        (if (i32.and (local.get $flags) (i32.const 16))
          (then (local.set $to (call $write (local.get $to) (i32.const 48)))))
        (if (global.get $width)
          (then (local.set $to (call $writeNumber (local.get $to) (global.get $width)))))
        (if (i32.and
              (i32.ge_s (global.get $precision) (i32.const 0))
              (i32.and
                (i32.ne (local.get $letter) (i32.const 99))
                (i32.ne (local.get $letter) (i32.const 115))))
          (then
            (local.set $to (call $write (local.get $to) (i32.const 46)))
            (local.set $to (call $writeNumber (local.get $to) (global.get $precision)))))))
    (call $write (local.get $to) (local.get $letter)))

  ;; The walks ------------------------------------------------------------------------------------

  ;; Sees to all arguments; whether the format must be written anew.
  (func $arguments (param $L i32) (param $at i32) (param $end i32) (result i32)
    (local $n i32)
    (local $last i32)
    (local $start i32)
    (local $anew i32)
    (local.set $last (call $gettop (local.get $L)))
    (local.set $n (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $start (local.get $at))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.ne (i32.load8_u (local.get $start)) (i32.const 37)))
        (if (i32.eq (call $character (local.get $at) (local.get $end)) (i32.const 37))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (local.set $at (call $read (local.get $at) (local.get $end)))
        (if (i32.lt_s (call $allowed (global.get $letter)) (i32.const 0))
          (then
            (call $refuse (local.get $L) (local.get $start)
              (i32.add (local.get $at) (i32.lt_u (local.get $at) (local.get $end))))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (if (i32.gt_s (local.get $n) (local.get $last))
          (then
            (drop
              (call $argerror (local.get $L) (local.get $n)
                (i32.add (global.get $base) (i32.const 8))))))
        (local.set $anew
          (i32.or (local.get $anew) (call $prepare (local.get $L) (local.get $n))))
        (br $next)))
    (local.get $anew))

  ;; Writes the format anew, in place of argument 1. Calls nothing that could call `format`.
  (func $rewrite (param $L i32) (param $at i32) (param $end i32)
    (local $n i32)
    (local $start i32)
    (local $to i32)
    (local $last i32)
    (local.set $last (call $gettop (local.get $L)))
    (local.set $start (i32.add (global.get $base) (i32.const 64)))
    ;; A directive written anew may be longer by the 0 of an empty precision.
    (if (i32.gt_u
          (i32.mul (i32.sub (local.get $end) (local.get $at)) (i32.const 2))
          (global.get $room))
      (then
        (local.set $start
          (call $newuserdata (local.get $L)
            (i32.mul (i32.sub (local.get $end) (local.get $at)) (i32.const 2))
            (i32.const 0)))))
    (local.set $to (local.get $start))
    (local.set $n (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $to (call $write (local.get $to) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.ne (i32.load8_u (i32.sub (local.get $at) (i32.const 1))) (i32.const 37)))
        (if (i32.eq (call $character (local.get $at) (local.get $end)) (i32.const 37))
          (then
            (local.set $to (call $write (local.get $to) (i32.const 37)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (local.set $at
          (i32.add (call $read (local.get $at) (local.get $end)) (i32.const 1)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $to
          (call $directive (local.get $L) (local.get $n)
            (i32.sub (local.get $to) (i32.const 1))))
        (br $next)))
    (drop
      (call $pushlstring (local.get $L) (local.get $start)
        (i32.sub (local.get $to) (local.get $start))))
    (call $copy (local.get $L) (i32.const -1) (i32.const 1))
    (call $settop (local.get $L) (local.get $last)))

  (func (export "format") (param $L i32) (result i32)
    (local $at i32)
    (local $end i32)
    (local.set $at (call $checkstring (local.get $L) (i32.const 1) (global.get $base)))
    (local.set $end (i32.add (local.get $at) (i32.load (global.get $base))))
    (if (call $arguments (local.get $L) (local.get $at) (local.get $end))
      (then (call $rewrite (local.get $L) (local.get $at) (local.get $end))))
    (call_indirect (type $function)
      (local.get $L)
      (call $touserdata (local.get $L) (i32.const -1001001))))

  ;; 0: a length that the VM writes; 8: text; 24: text; 40: text; 64: room to write.
  (data (global.get $base)
    "\00\00\00\00\00\00\00\00"
    "value expected\00\00"
    "invalid option '"
    "' to 'format'\00\00\00"))
