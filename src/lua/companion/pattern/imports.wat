;; `string.find`, `match`, `gmatch` and `gsub` as LuaJIT has them, with a budget of steps.
;;
;; A pattern is compiled once (compile.wat) into a line of items, which match.wat runs without
;; recursion: a Lua pattern has neither alternatives nor repeated groups, so that each item needs to
;; remember one choice only. The functions that scripts call stand in search.wat and replace.wat.
;;
;; The generator puts the files of this folder together, this one first. Each exported function is a
;; `lua_CFunction`: arguments on the stack of $L, the number of results returned.

(import "vm" "memory" (memory 1))
(import "vm" "malloc" (func $malloc (param i32) (result i32)))
(import "vm" "free" (func $free (param i32)))
(import "vm" "lua_gettop" (func $gettop (param i32) (result i32)))
(import "vm" "lua_settop" (func $settop (param i32 i32)))
(import "vm" "lua_checkstack" (func $checkstack (param i32 i32) (result i32)))
(import "vm" "lua_pushvalue" (func $pushvalue (param i32 i32)))
(import "vm" "lua_copy" (func $copyvalue (param i32 i32 i32)))
(import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
(import "vm" "lua_typename" (func $typename (param i32 i32) (result i32)))
(import "vm" "lua_touserdata" (func $touserdata (param i32 i32) (result i32)))
(import "vm" "lua_toboolean" (func $toboolean (param i32 i32) (result i32)))
(import "vm" "lua_tointegerx" (func $tointeger (param i32 i32 i32) (result i64)))
(import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
(import "vm" "lua_tolstring" (func $tolstring (param i32 i32 i32) (result i32)))
(import "vm" "lua_pushnil" (func $pushnil (param i32)))
(import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
(import "vm" "lua_pushstring" (func $pushstring (param i32 i32) (result i32)))
(import "vm" "lua_pushlstring" (func $pushlstring (param i32 i32 i32) (result i32)))
(import "vm" "lua_pushcclosure" (func $pushcclosure (param i32 i32 i32)))
(import "vm" "lua_newuserdatauv" (func $newuserdata (param i32 i32 i32) (result i32)))
(import "vm" "lua_gettable" (func $gettable (param i32 i32) (result i32)))
(import "vm" "lua_callk" (func $callk (param i32 i32 i32 i32 i32)))
(import "vm" "lua_concat" (func $concat (param i32 i32)))
(import "vm" "lua_error" (func $error (param i32) (result i32)))
(import "vm" "luaL_where" (func $where (param i32 i32)))
(import "vm" "luaL_checklstring" (func $checkstring (param i32 i32 i32) (result i32)))
(import "vm" "luaL_argerror" (func $argerror (param i32 i32 i32) (result i32)))
(import "vm" "luaL_typeerror" (func $typeerror (param i32 i32 i32) (result i32)))
;; Take steps off the script's budget: raises an error when there is none left.
(import "guard" "spend" (func $spend (param i32 i32)))
;; Where this module may write: 5 128 octets, laid out as the globals below say.
(import "host" "base" (global $base i32))
;; Octets that a pattern may have.
(import "host" "longestPattern" (global $longest_pattern i32))

;; Offsets from base. Messages come first (errors.wat).
(global $length_at i32 (i32.const 768))     ;; i32: what checkstring and tolstring tell
(global $captures_at i32 (i32.const 776))   ;; 32 × { start i32, end i32 }
(global $specials_at i32 (i32.const 1032))  ;; set of the octets that make a text a pattern
(global $classes_at i32 (i32.const 1064))   ;; 26 × { set, complement }, by letter
(global $programs_at i32 (i32.const 2728))  ;; 64 × { block, capacity, length, version }
(global $result_at i32 (i32.const 4096))    ;; where results grow first (replace.wat)
(global $result_room i32 (i32.const 1024))

;; A set is a bitmap of 32 octets: octet n is in it when bit n % 32 of its word n / 32 is 1. Two
;; loops of match.wat have this body in them: they are where most time goes.
(func $has (param $set i32) (param $octet i32) (result i32)
  (i32.and
    (i32.shr_u
      (i32.load
        (i32.add
          (local.get $set)
          (i32.and (i32.shr_u (local.get $octet) (i32.const 3)) (i32.const 28))))
      (local.get $octet))
    (i32.const 1)))
