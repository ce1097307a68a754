;; Pushes the value of octets as Lua sees it, by its kind (`fieldKind` in src/lua/record/module.ts): what
;; src/ipfix/values/decode.ts gives, except that integers from 2^63 up are negative in Lua.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "lua_pushboolean" (func $pushboolean (param i32 i32)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "vm" "lua_pushnumber" (func $pushnumber (param i32 f64)))
  (import "vm" "lua_pushlstring" (func $pushlstring (param i32 i32 i32) (result i32)))
  (import "host" "ipv4" (func $ipv4 (param i32 i32) (result i32)))
  (import "host" "ipv6" (func $ipv6 (param i32 i32) (result i32)))
  (import "host" "mac" (func $mac (param i32 i32) (result i32)))

  ;; Room for the text of an address.
  (global $scratch (mut i32) (i32.const 0))

  (func (export "useScratch") (param $at i32)
    (global.set $scratch (local.get $at)))

  (func $swap (param $value i64) (result i64)
    (local.set $value
      (i64.or
        (i64.and
          (i64.shl (local.get $value) (i64.const 8))
          (i64.const 0xff00ff00ff00ff00))
        (i64.and
          (i64.shr_u (local.get $value) (i64.const 8))
          (i64.const 0x00ff00ff00ff00ff))))
    (local.set $value
      (i64.or
        (i64.and
          (i64.shl (local.get $value) (i64.const 16))
          (i64.const 0xffff0000ffff0000))
        (i64.and
          (i64.shr_u (local.get $value) (i64.const 16))
          (i64.const 0x0000ffff0000ffff))))
    (i64.rotl (local.get $value) (i64.const 32)))

  ;; The unsigned number of 1 to 8 octets: 8 may be read anywhere, since all areas end with room.
  (func $unsigned (param $at i32) (param $end i32) (result i64)
    (i64.shr_u
      (call $swap (i64.load align=1 (local.get $at)))
      (i64.sub
        (i64.const 64)
        (i64.extend_i32_u
          (i32.shl (i32.sub (local.get $end) (local.get $at)) (i32.const 3))))))

  (func $signed (param $at i32) (param $end i32) (result i64)
    (i64.shr_s
      (call $swap (i64.load align=1 (local.get $at)))
      (i64.sub
        (i64.const 64)
        (i64.extend_i32_u
          (i32.shl (i32.sub (local.get $end) (local.get $at)) (i32.const 3))))))

  (func $float (param $at i32) (param $end i32) (result f64)
    (if (i32.eq (i32.sub (local.get $end) (local.get $at)) (i32.const 4))
      (then
        (return
          (f64.promote_f32
            (f32.reinterpret_i32
              (i32.wrap_i64 (call $unsigned (local.get $at) (local.get $end))))))))
    (f64.reinterpret_i64 (call $unsigned (local.get $at) (local.get $end))))

  ;; Seconds since 1970 of an NTP timestamp; those without the top bit are from 2036 on (RFC 4330).
  (func $ntp_seconds (param $at i32) (result i64)
    (local $seconds i64)
    (local.set $seconds
      (call $unsigned (local.get $at) (i32.add (local.get $at) (i32.const 4))))
    (i64.add
      (local.get $seconds)
      (select
        (i64.const 2085978496)
        (i64.const -2208988800)
        (i64.lt_u (local.get $seconds) (i64.const 0x80000000)))))

  (func $fraction (param $at i32) (result i64)
    (call $unsigned
      (i32.add (local.get $at) (i32.const 4))
      (i32.add (local.get $at) (i32.const 8))))

  ;; dateTimeMicroseconds ignores the low 11 bits of the fraction (RFC 7011 §6.1.9).
  (func $micros (param $at i32) (result i64)
    (i64.add
      (i64.mul (call $ntp_seconds (local.get $at)) (i64.const 1000000))
      (i64.shr_u
        (i64.add
          (i64.mul
            (i64.and (call $fraction (local.get $at)) (i64.const 0xfffff800))
            (i64.const 15625))
          (i64.const 0x2000000))
        (i64.const 26))))

  (func $nanos (param $at i32) (result i64)
    (i64.add
      (i64.mul (call $ntp_seconds (local.get $at)) (i64.const 1000000000))
      (i64.shr_u
        (i64.add
          (i64.mul (call $fraction (local.get $at)) (i64.const 1953125))
          (i64.const 0x400000))
        (i64.const 23))))

  (func $push_octets (param $L i32) (param $at i32) (param $end i32)
    (drop
      (call $pushlstring
        (local.get $L)
        (local.get $at)
        (i32.sub (local.get $end) (local.get $at)))))

  ;; Text of a fixed length is filled up with NULs, which are not part of it.
  (func $push_text (param $L i32) (param $at i32) (param $end i32)
    (block $done
      (loop $trim
        (br_if $done (i32.le_u (local.get $end) (local.get $at)))
        (br_if $done (i32.load8_u (i32.sub (local.get $end) (i32.const 1))))
        (local.set $end (i32.sub (local.get $end) (i32.const 1)))
        (br $trim)))
    (call $push_octets (local.get $L) (local.get $at) (local.get $end)))

  ;; 1 is true, 2 is false (RFC 7011 §6.1.5), anything else an octet.
  (func $push_boolean (param $L i32) (param $at i32)
    (local $octet i32)
    (local.set $octet (i32.load8_u (local.get $at)))
    (if (i32.le_u (i32.sub (local.get $octet) (i32.const 1)) (i32.const 1))
      (then
        (call $pushboolean
          (local.get $L)
          (i32.eq (local.get $octet) (i32.const 1))))
      (else
        (call $push_octets
          (local.get $L)
          (local.get $at)
          (i32.add (local.get $at) (i32.const 1))))))

  (func $push_address (param $L i32) (param $kind i32) (param $at i32)
    (local $end i32)
    (if (i32.eq (local.get $kind) (i32.const 9))
      (then (local.set $end (call $ipv4 (local.get $at) (global.get $scratch))))
      (else
        (if (i32.eq (local.get $kind) (i32.const 10))
          (then (local.set $end (call $ipv6 (local.get $at) (global.get $scratch))))
          (else (local.set $end (call $mac (local.get $at) (global.get $scratch)))))))
    (call $push_octets (local.get $L) (global.get $scratch) (local.get $end)))

  ;; Push the value of a field.
  (func (export "push")
    (param $L i32) (param $kind i32) (param $at i32) (param $end i32)
    (if (i32.ge_u (local.get $kind) (i32.const 13))
      (then (return (call $push_octets (local.get $L) (local.get $at) (local.get $end)))))
    (if (i32.eq (local.get $kind) (i32.const 12))
      (then (return (call $push_text (local.get $L) (local.get $at) (local.get $end)))))
    (if (i32.ge_u (local.get $kind) (i32.const 9))
      (then (return (call $push_address (local.get $L) (local.get $kind) (local.get $at)))))
    (if (i32.eq (local.get $kind) (i32.const 8))
      (then (return (call $pushinteger (local.get $L) (call $nanos (local.get $at))))))
    (if (i32.eq (local.get $kind) (i32.const 7))
      (then (return (call $pushinteger (local.get $L) (call $micros (local.get $at))))))
    (if (i32.eq (local.get $kind) (i32.const 6))
      (then (return (call $push_boolean (local.get $L) (local.get $at)))))
    (if (i32.eq (local.get $kind) (i32.const 5))
      (then
        (return
          (call $pushnumber
            (local.get $L)
            (call $float (local.get $at) (local.get $end))))))
    (if (i32.eq (local.get $kind) (i32.const 4))
      (then
        (return
          (call $pushinteger
            (local.get $L)
            (call $signed (local.get $at) (local.get $end))))))
    (call $pushinteger
      (local.get $L)
      (call $unsigned (local.get $at) (local.get $end)))))
