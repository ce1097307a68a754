;; Functions of Lua's base, string, os and coroutine libraries as LuaJIT has them, around those of
;; the VM: what is called here is told by its own name in messages, and costs no Lua call.
;;
;; Each exported function is a `lua_CFunction`. Upvalue 1 is the C function of the VM that does the
;; work; it finds the arguments where it looks for them. `host.base` is where this module may write:
;; see the data segment at the end.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "__indirect_function_table" (table 1 funcref))
  (import "vm" "lua_gettop" (func $gettop (param i32) (result i32)))
  (import "vm" "lua_settop" (func $settop (param i32 i32)))
  (import "vm" "lua_copy" (func $copy (param i32 i32 i32)))
  (import "vm" "lua_pushvalue" (func $pushvalue (param i32 i32)))
  (import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
  (import "vm" "lua_isinteger" (func $isinteger (param i32 i32) (result i32)))
  (import "vm" "lua_toboolean" (func $toboolean (param i32 i32) (result i32)))
  (import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
  (import "vm" "lua_tolstring" (func $tolstring (param i32 i32 i32) (result i32)))
  (import "vm" "lua_touserdata" (func $touserdata (param i32 i32) (result i32)))
  (import "vm" "lua_rawlen" (func $rawlen (param i32 i32) (result i64)))
  (import "vm" "lua_rawgeti" (func $rawgeti (param i32 i32 i64) (result i32)))
  (import "vm" "lua_stringtonumber" (func $stringtonumber (param i32 i32) (result i32)))
  (import "vm" "lua_pushnil" (func $pushnil (param i32)))
  (import "vm" "lua_pushnumber" (func $pushnumber (param i32 f64)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_pushthread" (func $pushthread (param i32) (result i32)))
  (import "vm" "lua_callk" (func $call (param i32 i32 i32 i32 i32)))
  (import "vm" "luaL_getmetafield" (func $getmetafield (param i32 i32 i32) (result i32)))
  (import "vm" "luaL_checkany" (func $checkany (param i32 i32)))
  (import "vm" "luaL_checktype" (func $checktype (param i32 i32 i32)))
  (import "vm" "luaL_checknumber" (func $checknumber (param i32 i32) (result f64)))
  (import "vm" "luaL_argerror" (func $argerror (param i32 i32 i32) (result i32)))
  (import "host" "base" (global $base i32))
  (import "host" "number" (func $host_number (param i32) (result i32)))

  (type $function (func (param i32) (result i32)))

  (global $number i32 (i32.const 3)) ;; types as lua.h numbers them
  (global $string i32 (i32.const 4))
  (global $table i32 (i32.const 5))
  (global $thread i32 (i32.const 8))

  ;; The C function of the VM, on the same arguments.
  (func $original (param $L i32) (result i32)
    (call_indirect (type $function)
      (local.get $L)
      (call $touserdata (local.get $L) (i32.const -1001001))))

  ;; Argument $n loses its fraction, when it is a number or looks like one. Whatever else it is,
  ;; the function it goes to says so.
  (func $truncate (param $L i32) (param $n i32)
    (local $type i32)
    (local $value f64)
    (local.set $type (call $type (local.get $L) (local.get $n)))
    (if (i32.and
          (i32.ne (local.get $type) (global.get $number))
          (i32.ne (local.get $type) (global.get $string)))
      (then (return)))
    (if (call $isinteger (local.get $L) (local.get $n)) (then (return)))
    (local.set $value (call $tonumber (local.get $L) (local.get $n) (global.get $base)))
    (if (i32.eqz (i32.load (global.get $base))) (then (return)))
    (call $pushinteger (local.get $L) (i64.trunc_sat_f64_s (local.get $value)))
    (call $copy (local.get $L) (i32.const -1) (local.get $n))
    (call $settop (local.get $L) (i32.const -2)))

  ;; Truncates the arguments whose bits are set in upvalue 2; bit 0 is the first.
  (func $whole (export "whole") (param $L i32) (result i32)
    (local $bits i32)
    (local $n i32)
    (local $last i32)
    (local.set $bits (call $touserdata (local.get $L) (i32.const -1001002)))
    (local.set $last (call $gettop (local.get $L)))
    (loop $next
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (if (i32.le_s (local.get $n) (local.get $last))
        (then
          (if (i32.and (local.get $bits) (i32.const 1))
            (then (call $truncate (local.get $L) (local.get $n))))
          ;; Bit 31 is kept, so that -1 means every argument.
          (local.set $bits (i32.shr_s (local.get $bits) (i32.const 1)))
          (br_if $next (local.get $bits)))))
    (call $original (local.get $L)))

  ;; `string.rep`: nothing repeated is nothing, in no time.
  (func (export "rep") (param $L i32) (result i32)
    (if (i32.and
          (i32.and
            (i32.eq (call $type (local.get $L) (i32.const 1)) (global.get $string))
            (i64.eqz (call $rawlen (local.get $L) (i32.const 1))))
          (i32.and
            (i32.eq (call $type (local.get $L) (i32.const 2)) (global.get $number))
            ;; Numbers have no length, and separate all the same.
            (i32.and
              (i32.ne (call $type (local.get $L) (i32.const 3)) (global.get $number))
              (i64.eqz (call $rawlen (local.get $L) (i32.const 3))))))
      (then
        (call $settop (local.get $L) (i32.const 1))
        (return (i32.const 1))))
    (call $whole (local.get $L)))

  ;; `tonumber`: bases may have a fraction, numbers may have a base.
  (func (export "tonumber") (param $L i32) (result i32)
    (local $base i64)
    (local $text i32)
    (call $checkany (local.get $L) (i32.const 1))
    (local.set $base (i64.const 10))
    (if (i32.gt_s (call $type (local.get $L) (i32.const 2)) (i32.const 0))
      (then
        (local.set $base
          (i64.trunc_sat_f64_s (call $checknumber (local.get $L) (i32.const 2))))))
    (if (i64.eq (local.get $base) (i64.const 10))
      (then
        (call $settop (local.get $L) (i32.const 1))
        (if (i32.eq (call $type (local.get $L) (i32.const 1)) (global.get $number))
          (then (return (i32.const 1))))
        (if (i32.eq (call $type (local.get $L) (i32.const 1)) (global.get $string))
          (then
            (local.set $text
              (call $tolstring (local.get $L) (i32.const 1) (global.get $base)))
            (if (i32.eq
                  (call $stringtonumber (local.get $L) (local.get $text))
                  (i32.add (i32.load (global.get $base)) (i32.const 1)))
              (then (return (i32.const 1))))
            (return (call $host_number (local.get $L)))))
        (call $pushnil (local.get $L))
        (return (i32.const 1))))
    (if (i32.eq (call $type (local.get $L) (i32.const 1)) (global.get $number))
      (then (drop (call $tolstring (local.get $L) (i32.const 1) (i32.const 0)))))
    (call $checktype (local.get $L) (i32.const 1) (global.get $string))
    (if (i64.gt_u (i64.sub (local.get $base) (i64.const 2)) (i64.const 34))
      (then
        (drop
          (call $argerror (local.get $L) (i32.const 2)
            (i32.add (global.get $base) (i32.const 16))))))
    (call $truncate (local.get $L) (i32.const 2))
    (call $original (local.get $L)))

  ;; `tostring`: gives whatever `__tostring` gives.
  (func (export "tostring") (param $L i32) (result i32)
    (call $checkany (local.get $L) (i32.const 1))
    (if (i32.lt_s (call $type (local.get $L) (i32.const 1)) (global.get $table))
      (then (return (call $original (local.get $L)))))
    (call $settop (local.get $L) (i32.const 1))
    (if (i32.eqz
          (call $getmetafield (local.get $L) (i32.const 1)
            (i32.add (global.get $base) (i32.const 48))))
      (then (return (call $original (local.get $L)))))
    (call $pushvalue (local.get $L) (i32.const 1))
    (call $call (local.get $L) (i32.const 1) (i32.const -1) (i32.const 0) (i32.const 0))
    (i32.sub (call $gettop (local.get $L)) (i32.const 1)))

  ;; `assert`: a number is a message as text is.
  (func (export "assert") (param $L i32) (result i32)
    (if (i32.eqz (call $toboolean (local.get $L) (i32.const 1)))
      (then
        (if (i32.eq (call $type (local.get $L) (i32.const 2)) (global.get $number))
          (then (drop (call $tolstring (local.get $L) (i32.const 2) (i32.const 0)))))))
    (call $original (local.get $L)))

  ;; `error`: a number is a message as text is, unless level 0 asks for it as it is.
  (func (export "error") (param $L i32) (result i32)
    (if (i32.eq (call $type (local.get $L) (i32.const 1)) (global.get $number))
      (then
        (if (i32.or
              (i32.lt_s (call $type (local.get $L) (i32.const 2)) (i32.const 1))
              (f64.ne
                (call $tonumber (local.get $L) (i32.const 2) (i32.const 0))
                (f64.const 0)))
          (then (drop (call $tolstring (local.get $L) (i32.const 1) (i32.const 0)))))))
    (call $original (local.get $L)))

  ;; `setmetatable`, with LuaJIT's message.
  (func (export "setmetatable") (param $L i32) (result i32)
    (local $type i32)
    (call $checktype (local.get $L) (i32.const 1) (global.get $table))
    (local.set $type (call $type (local.get $L) (i32.const 2)))
    (if (i32.and
          (i32.ne (local.get $type) (i32.const 0))
          (i32.ne (local.get $type) (global.get $table)))
      (then
        (drop
          (call $argerror (local.get $L) (i32.const 2)
            (i32.add (global.get $base) (i32.const 64))))))
    (call $original (local.get $L)))

  ;; `pairs` ignores `__pairs` of tables. Upvalue 2 is `next`.
  (func (export "pairs") (param $L i32) (result i32)
    (call $checkany (local.get $L) (i32.const 1))
    (if (i32.ne (call $type (local.get $L) (i32.const 1)) (global.get $table))
      (then
        ;; Objects of the host may say what they hold.
        (if (call $getmetafield (local.get $L) (i32.const 1)
              (i32.add (global.get $base) (i32.const 96)))
          (then
            (call $settop (local.get $L) (i32.const 1))
            (return (call $original (local.get $L)))))
        (call $checktype (local.get $L) (i32.const 1) (global.get $table))))
    (call $pushvalue (local.get $L) (i32.const -1001002))
    (call $pushvalue (local.get $L) (i32.const 1))
    (call $pushnil (local.get $L))
    (i32.const 3))

  ;; `ipairs` ignores `__index`. Upvalue 2 is the function below.
  (func (export "ipairs") (param $L i32) (result i32)
    (call $checkany (local.get $L) (i32.const 1))
    (call $checktype (local.get $L) (i32.const 1) (global.get $table))
    (call $pushvalue (local.get $L) (i32.const -1001002))
    (call $pushvalue (local.get $L) (i32.const 1))
    (call $pushinteger (local.get $L) (i64.const 0))
    (i32.const 3))

  (func (export "ipairsNext") (param $L i32) (result i32)
    (local $i i64)
    (call $checktype (local.get $L) (i32.const 1) (global.get $table))
    (local.set $i
      (i64.add
        (i64.trunc_sat_f64_s (call $checknumber (local.get $L) (i32.const 2)))
        (i64.const 1)))
    (call $pushinteger (local.get $L) (local.get $i))
    (if (result i32) (call $rawgeti (local.get $L) (i32.const 1) (local.get $i))
      (then (i32.const 2))
      (else (i32.const 0))))

  ;; Functions of coroutines: argument 1 is one.
  (func (export "ofThread") (param $L i32) (result i32)
    (if (i32.ne (call $type (local.get $L) (i32.const 1)) (global.get $thread))
      (then
        (drop
          (call $argerror (local.get $L) (i32.const 1)
            (i32.add (global.get $base) (i32.const 112))))))
    (call $original (local.get $L)))

  ;; `coroutine.running`: nil outside of coroutines.
  (func (export "running") (param $L i32) (result i32)
    (if (call $pushthread (local.get $L))
      (then (call $pushnil (local.get $L))))
    (i32.const 1))

  ;; `os.difftime`: from the epoch, without a second argument.
  (func (export "difftime") (param $L i32) (result i32)
    (local $later f64)
    (local.set $later (call $checknumber (local.get $L) (i32.const 1)))
    (call $pushnumber (local.get $L)
      (f64.sub
        (local.get $later)
        (if (result f64) (i32.gt_s (call $type (local.get $L) (i32.const 2)) (i32.const 0))
          (then (call $checknumber (local.get $L) (i32.const 2)))
          (else (f64.const 0)))))
    (i32.const 1))

  (data (global.get $base)
    "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00" ;; a length, or whether a value was a number
    "base out of range\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00" ;; 16
    "__tostring\00\00\00\00\00\00" ;; 48
    "nil or table expected\00\00\00\00\00\00\00\00\00\00\00" ;; 64
    "__pairs\00\00\00\00\00\00\00\00\00" ;; 96
    "coroutine expected\00" ;; 112
  ))
