;; Lua's table library as LuaJIT has it: it ignores metatables, and positions may lie anywhere.
;;
;; Each exported function is a `lua_CFunction`. Upvalue 1, where there is one, is the C function of
;; the VM that does the rest. `host.base` is where this module may write: see the data segment at
;; the end. A loop costs a step a turn, and is refused when it has more than `host.most` turns.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "__indirect_function_table" (table 1 funcref))
  (import "vm" "lua_gettop" (func $gettop (param i32) (result i32)))
  (import "vm" "lua_settop" (func $settop (param i32 i32)))
  (import "vm" "lua_checkstack" (func $checkstack (param i32 i32) (result i32)))
  (import "vm" "lua_copy" (func $copy (param i32 i32 i32)))
  (import "vm" "lua_pushvalue" (func $pushvalue (param i32 i32)))
  (import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
  (import "vm" "lua_isinteger" (func $isinteger (param i32 i32) (result i32)))
  (import "vm" "lua_tointegerx" (func $tointeger (param i32 i32 i32) (result i64)))
  (import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
  (import "vm" "lua_touserdata" (func $touserdata (param i32 i32) (result i32)))
  (import "vm" "lua_rawlen" (func $rawlen (param i32 i32) (result i64)))
  (import "vm" "lua_rawgeti" (func $rawgeti (param i32 i32 i64) (result i32)))
  (import "vm" "lua_rawseti" (func $rawseti (param i32 i32 i64)))
  (import "vm" "lua_rawset" (func $rawset (param i32 i32)))
  (import "vm" "lua_next" (func $next (param i32 i32) (result i32)))
  (import "vm" "lua_getmetatable" (func $getmetatable (param i32 i32) (result i32)))
  (import "vm" "lua_createtable" (func $createtable (param i32 i32 i32)))
  (import "vm" "lua_pushnil" (func $pushnil (param i32)))
  (import "vm" "lua_pushnumber" (func $pushnumber (param i32 f64)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_pushstring" (func $pushstring (param i32 i32) (result i32)))
  (import "vm" "lua_concat" (func $concat (param i32 i32)))
  (import "vm" "lua_error" (func $error (param i32) (result i32)))
  (import "vm" "luaL_where" (func $where (param i32 i32)))
  (import "vm" "luaL_checktype" (func $checktype (param i32 i32 i32)))
  (import "vm" "luaL_checknumber" (func $checknumber (param i32 i32) (result f64)))
  (import "guard" "spend" (func $spend (param i32 i32)))
  (import "host" "base" (global $base i32))
  (import "host" "most" (global $most i64))

  (type $function (func (param i32) (result i32)))

  (global $number i32 (i32.const 3)) ;; types as lua.h numbers them
  (global $table i32 (i32.const 5))

  (func $original (param $L i32) (result i32)
    (call_indirect (type $function)
      (local.get $L)
      (call $touserdata (local.get $L) (i32.const -1001001))))

  ;; Raise the text at $base + $text, with the position of the caller.
  (func $fail (param $L i32) (param $text i32) (result i32)
    (call $where (local.get $L) (i32.const 1))
    (drop (call $pushstring (local.get $L) (i32.add (global.get $base) (local.get $text))))
    (call $concat (local.get $L) (i32.const 2))
    (call $error (local.get $L)))

  ;; Pay for a loop from $first to $last; nothing when it has no turns.
  (func $pay (param $L i32) (param $first i64) (param $last i64)
    (local $turns i64)
    (if (i64.gt_s (local.get $first) (local.get $last)) (then (return)))
    ;; The difference of two 64-bit numbers has 64 bits without sign.
    (local.set $turns (i64.sub (local.get $last) (local.get $first)))
    (if (i64.ge_u (local.get $turns) (global.get $most))
      (then (drop (call $fail (local.get $L) (i32.const 96)))))
    (call $spend (local.get $L) (i32.wrap_i64 (local.get $turns))))

  (func $check_table (param $L i32)
    (call $checktype (local.get $L) (i32.const 1) (global.get $table)))

  (func $length (param $L i32) (result i64)
    (call $rawlen (local.get $L) (i32.const 1)))

  ;; Argument $n without its fraction; raises an error when it is no number.
  (func $integer (param $L i32) (param $n i32) (result i64)
    (if (call $isinteger (local.get $L) (local.get $n))
      (then (return (call $tointeger (local.get $L) (local.get $n) (i32.const 0)))))
    (i64.trunc_sat_f64_s (call $checknumber (local.get $L) (local.get $n))))

  (func $optional (param $L i32) (param $n i32) (param $default i64) (result i64)
    (if (result i64) (i32.gt_s (call $type (local.get $L) (local.get $n)) (i32.const 0))
      (then (call $integer (local.get $L) (local.get $n)))
      (else (local.get $default))))

  (func $put (param $L i32) (param $n i32) (param $value i64)
    (call $pushinteger (local.get $L) (local.get $value))
    (call $copy (local.get $L) (i32.const -1) (local.get $n))
    (call $settop (local.get $L) (i32.const -2)))

  ;; table[to] = table[from]
  (func $shift (param $L i32) (param $from i64) (param $to i64)
    (drop (call $rawgeti (local.get $L) (i32.const 1) (local.get $from)))
    (call $rawseti (local.get $L) (i32.const 1) (local.get $to)))

  (func (export "insert") (param $L i32) (result i32)
    (local $i i64)
    (local $position i64)
    (local $count i32)
    (call $check_table (local.get $L))
    (local.set $count (call $gettop (local.get $L)))
    (local.set $i (i64.add (call $length (local.get $L)) (i64.const 1)))
    (if (i32.eq (local.get $count) (i32.const 2))
      (then
        (call $rawseti (local.get $L) (i32.const 1) (local.get $i))
        (return (i32.const 0))))
    (if (i32.ne (local.get $count) (i32.const 3))
      (then (return (call $fail (local.get $L) (i32.const 16)))))
    (local.set $position (call $integer (local.get $L) (i32.const 2)))
    (call $pay (local.get $L) (local.get $position) (local.get $i))
    (loop $up
      (if (i64.gt_s (local.get $i) (local.get $position))
        (then
          (call $shift (local.get $L) (i64.sub (local.get $i) (i64.const 1)) (local.get $i))
          (local.set $i (i64.sub (local.get $i) (i64.const 1)))
          (br $up))))
    (call $rawseti (local.get $L) (i32.const 1) (local.get $position))
    (i32.const 0))

  (func (export "remove") (param $L i32) (result i32)
    (local $i i64)
    (local $last i64)
    (call $check_table (local.get $L))
    (local.set $last (call $length (local.get $L)))
    (local.set $i (call $optional (local.get $L) (i32.const 2) (local.get $last)))
    (if (i32.or
          (i64.lt_s (local.get $i) (i64.const 1))
          (i64.gt_s (local.get $i) (local.get $last)))
      (then (return (i32.const 0))))
    (call $pay (local.get $L) (local.get $i) (local.get $last))
    (drop (call $rawgeti (local.get $L) (i32.const 1) (local.get $i)))
    (loop $down
      (if (i64.lt_s (local.get $i) (local.get $last))
        (then
          (call $shift (local.get $L) (i64.add (local.get $i) (i64.const 1)) (local.get $i))
          (local.set $i (i64.add (local.get $i) (i64.const 1)))
          (br $down))))
    (call $pushnil (local.get $L))
    (call $rawseti (local.get $L) (i32.const 1) (local.get $last))
    (i32.const 1))

  ;; The VM's function sees a copy without metatable where there is one.
  (func (export "concat") (param $L i32) (result i32)
    (local $i i64)
    (local $last i64)
    (call $check_table (local.get $L))
    (call $settop (local.get $L) (i32.const 4))
    (local.set $i (call $optional (local.get $L) (i32.const 3) (i64.const 1)))
    (local.set $last
      (call $optional (local.get $L) (i32.const 4) (call $length (local.get $L))))
    (call $put (local.get $L) (i32.const 3) (local.get $i))
    (call $put (local.get $L) (i32.const 4) (local.get $last))
    (call $pay (local.get $L) (local.get $i) (local.get $last))
    (if (call $getmetatable (local.get $L) (i32.const 1))
      (then
        (call $settop (local.get $L) (i32.const 4))
        (call $createtable (local.get $L) (i32.const 0) (i32.const 0))
        (loop $take
          (if (i64.le_s (local.get $i) (local.get $last))
            (then
              (drop (call $rawgeti (local.get $L) (i32.const 1) (local.get $i)))
              (call $rawseti (local.get $L) (i32.const 5) (local.get $i))
              (local.set $i (i64.add (local.get $i) (i64.const 1)))
              (br_if $take (i64.ne (local.get $i) (i64.const 0x8000000000000000))))))
        (call $copy (local.get $L) (i32.const 5) (i32.const 1))
        (call $settop (local.get $L) (i32.const 4))))
    (call $original (local.get $L)))

  (func (export "unpack") (param $L i32) (result i32)
    (local $i i64)
    (local $last i64)
    (local $count i64)
    (call $check_table (local.get $L))
    (local.set $i (call $optional (local.get $L) (i32.const 2) (i64.const 1)))
    (local.set $last
      (call $optional (local.get $L) (i32.const 3) (call $length (local.get $L))))
    (if (i64.gt_s (local.get $i) (local.get $last)) (then (return (i32.const 0))))
    (local.set $count (i64.sub (local.get $last) (local.get $i)))
    (if (i64.ge_u (local.get $count) (i64.const 1000000))
      (then (return (call $fail (local.get $L) (i32.const 64)))))
    (local.set $count (i64.add (local.get $count) (i64.const 1)))
    (if (i32.eqz (call $checkstack (local.get $L) (i32.wrap_i64 (local.get $count))))
      (then (return (call $fail (local.get $L) (i32.const 64)))))
    (call $pay (local.get $L) (local.get $i) (local.get $last))
    (loop $take
      (drop (call $rawgeti (local.get $L) (i32.const 1) (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      ;; Not `<=`: the last position may be the largest number.
      (br_if $take
        (i64.ne (local.get $i) (i64.add (local.get $last) (i64.const 1)))))
    (i32.wrap_i64 (local.get $count)))

  (func (export "move") (param $L i32) (result i32)
    (local $first i64)
    (local $last i64)
    (call $check_table (local.get $L))
    (local.set $first (call $integer (local.get $L) (i32.const 2)))
    (local.set $last (call $integer (local.get $L) (i32.const 3)))
    (call $put (local.get $L) (i32.const 4) (call $integer (local.get $L) (i32.const 4)))
    (call $put (local.get $L) (i32.const 2) (local.get $first))
    (call $put (local.get $L) (i32.const 3) (local.get $last))
    (call $pay (local.get $L) (local.get $first) (local.get $last))
    (call $original (local.get $L)))

  (func (export "maxn") (param $L i32) (result i32)
    (local $most f64)
    (local $keys i64)
    (call $check_table (local.get $L))
    (call $settop (local.get $L) (i32.const 1))
    (call $pushnil (local.get $L))
    (loop $key
      (if (call $next (local.get $L) (i32.const 1))
        (then
          (local.set $keys (i64.add (local.get $keys) (i64.const 1)))
          (call $settop (local.get $L) (i32.const 2))
          (if (i32.eq (call $type (local.get $L) (i32.const 2)) (global.get $number))
            (then
              (local.set $most
                (f64.max
                  (local.get $most)
                  (call $tonumber (local.get $L) (i32.const 2) (i32.const 0))))))
          (br $key))))
    (call $pay (local.get $L) (i64.const 1) (local.get $keys))
    (call $pushnumber (local.get $L) (local.get $most))
    (i32.const 1))

  (func (export "getn") (param $L i32) (result i32)
    (call $check_table (local.get $L))
    (call $pushinteger (local.get $L) (call $length (local.get $L)))
    (i32.const 1))

  (func (export "clear") (param $L i32) (result i32)
    (local $keys i64)
    (call $check_table (local.get $L))
    (call $settop (local.get $L) (i32.const 1))
    (call $pushnil (local.get $L))
    (loop $key
      (if (call $next (local.get $L) (i32.const 1))
        (then
          (local.set $keys (i64.add (local.get $keys) (i64.const 1)))
          (call $settop (local.get $L) (i32.const 2))
          (call $pushvalue (local.get $L) (i32.const 2))
          (call $pushnil (local.get $L))
          (call $rawset (local.get $L) (i32.const 1))
          (br $key))))
    (call $pay (local.get $L) (i64.const 1) (local.get $keys))
    (i32.const 0))

  ;; `table.new`: room for so many elements, and so many other keys.
  (func (export "new") (param $L i32) (result i32)
    (local $array i64)
    (local $hash i64)
    (local.set $array (call $integer (local.get $L) (i32.const 1)))
    (local.set $hash (call $integer (local.get $L) (i32.const 2)))
    (call $createtable (local.get $L)
      (call $room (local.get $array))
      (call $room (local.get $hash)))
    (i32.const 1))

  ;; Room is a hint: no more than $most, which memory may still refuse.
  (func $room (param $wanted i64) (result i32)
    (i32.wrap_i64
      (select
        (i64.const 0)
        (select (global.get $most) (local.get $wanted)
          (i64.gt_s (local.get $wanted) (global.get $most)))
        (i64.lt_s (local.get $wanted) (i64.const 0)))))

  (data (global.get $base)
    "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00" ;; a length, or whether a value was a number
    "wrong number of arguments to 'insert'\00\00\00\00\00\00\00\00\00\00\00" ;; 16
    "too many results to unpack\00\00\00\00\00\00" ;; 64
    "too many elements to move\00" ;; 96
  ))
