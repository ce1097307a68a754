;; Reads and writes the fields of a flow without entering JavaScript: `__index` and `__newindex` of
;; the Lua objects that stand for records.
;;
;; A flow is a userdata. Its memory, in words of 32 bits at these places (src/lua/record/module.ts has the
;; same list; batch.wat uses the rest of it):
;;
;;   0 mark | 4 start of the record, 0: none at hand | 8 its end | 12 layout, 0: ask the host
;;   16 whether its fields are located | 20 whether it was written
;;
;; The layout of a Template, made by the host:
;;
;;   0 entries less one | 4 fields | 8 lengths of the fields, one word each | 12 reads were counted
;;   16 entries: | key, 0: free | kind, and field << 8 | offset, -1: varies | octets, reads << 16 |
;;
;; The entries are open addressing by the address of the key: Lua keeps each short string once.
;; Whatever is not there is the host's: other types, other keys, and all errors.
;;
;; What runs for each field reads arguments and pushes results by itself, where Lua's functions for
;; it would take as long as all the rest. The host verifies these places when it starts:
;;
;;   lua_State: 12 top of the stack | 20 call        call: 0 its function's slot, then its arguments
;;   slot, 16 octets: 0 value, 8 octets | 8 type     userdata: 16 its memory
;;   types: 3 integer | 0x13 float | 0x16 function of ours | 0x44 short string | 0x45 table
;;          0x47 userdata        closure of ours: 16 its first upvalue, a slot
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
  (import "vm" "lua_isinteger" (func $isinteger (param i32 i32) (result i32)))
  (import "vm" "lua_tonumberx" (func $tonumber (param i32 i32 i32) (result f64)))
  (import "vm" "lua_toboolean" (func $toboolean (param i32 i32) (result i32)))
  (import "vm" "lua_tolstring" (func $tolstring (param i32 i32 i32) (result i32)))
  (import "vm" "lua_rawgeti" (func $rawgeti (param i32 i32 i64) (result i32)))
  (import "vm" "lua_pushnil" (func $pushnil (param i32)))
  (import "host" "push" (func $push (param i32 i32 i32 i32)))
  (import "host" "index" (func $host_index (param i32) (result i32)))
  (import "host" "newindex" (func $host_newindex (param i32) (result i32)))

  ;; Room for a length.
  (global $scratch (mut i32) (i32.const 0))
  ;; | the flow whose fields are located | unused | start and end of each field |
  (global $positions (mut i32) (i32.const 0))

  ;; What Lua has of the function `index`.
  (global $index_pointer (mut i32) (i32.const 0))

  (func (export "useIndex") (param $pointer i32)
    (global.set $index_pointer (local.get $pointer)))

  (func (export "useScratch") (param $at i32)
    (global.set $scratch (local.get $at)))

  (func (export "usePositions") (param $at i32)
    (global.set $positions (local.get $at)))

  ;; The flow at stack index 1 when it has a record at hand, a layout, and a name at index 2; else 0.
  (func $flow (param $L i32) (result i32)
    (local $slots i32)
    (local $flow i32)
    (local.set $slots (i32.load (i32.load offset=20 (local.get $L))))
    (if (i32.or
          (i32.ne (i32.load8_u offset=24 (local.get $slots)) (i32.const 0x47))
          (i32.ne (i32.load8_u offset=40 (local.get $slots)) (i32.const 0x44)))
      (then (return (i32.const 0))))
    (local.set $flow
      (i32.add (i32.load offset=16 (local.get $slots)) (i32.const 16)))
    (if (i32.or
          (i32.ne (i32.load (local.get $flow)) (i32.const 0x776f6c66))
          (i32.or
            (i32.eqz (i32.load offset=4 (local.get $flow)))
            (i32.eqz (i32.load offset=12 (local.get $flow)))))
      (then (return (i32.const 0))))
    (local.get $flow))

  ;; The entry of the key at stack index 2, or 0.
  (func $find (param $L i32) (param $layout i32) (result i32)
    (local $key i32)
    (local $place i32)
    (local $entry i32)
    (local $found i32)
    (local.set $key
      (i32.load offset=32 (i32.load (i32.load offset=20 (local.get $L)))))
    (local.set $place (i32.shr_u (local.get $key) (i32.const 3)))
    (loop $search
      (local.set $entry
        (i32.add
          (local.get $layout)
          (i32.shl
            (i32.and (local.get $place) (i32.load (local.get $layout)))
            (i32.const 4))))
      (local.set $found (i32.load offset=16 (local.get $entry)))
      (if (i32.eq (local.get $found) (local.get $key))
        (then (return (i32.add (local.get $entry) (i32.const 16)))))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br_if $search (local.get $found)))
    (i32.const 0))

  ;; Find where the fields of the record start and end (RFC 7011 §7); 0 when it is damaged.
  (func $locate (param $flow i32) (result i32)
    (local $at i32)
    (local $end i32)
    (local $length i32)
    (local $lengths i32)
    (local $last i32)
    (local $out i32)
    (local.set $at (i32.load offset=4 (local.get $flow)))
    (local.set $end (i32.load offset=8 (local.get $flow)))
    (local.set $lengths (i32.load offset=8 (i32.load offset=12 (local.get $flow))))
    (local.set $last
      (i32.add
        (local.get $lengths)
        (i32.shl (i32.load offset=4 (i32.load offset=12 (local.get $flow))) (i32.const 2))))
    (local.set $out (i32.add (global.get $positions) (i32.const 8)))
    (loop $fields
      (local.set $length (i32.load (local.get $lengths)))
      (if (i32.eq (local.get $length) (i32.const 65535))
        (then
          (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
          (local.set $length (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (if (i32.eq (local.get $length) (i32.const 255))
            (then
              (if (i32.gt_u (i32.add (local.get $at) (i32.const 2)) (local.get $end))
                (then (return (i32.const 0))))
              (local.set $length
                (i32.or
                  (i32.shl (i32.load8_u (local.get $at)) (i32.const 8))
                  (i32.load8_u offset=1 (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 2)))))))
      (i32.store (local.get $out) (local.get $at))
      (local.set $at (i32.add (local.get $at) (local.get $length)))
      (if (i32.gt_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
      (i32.store offset=4 (local.get $out) (local.get $at))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
      (br_if $fields (i32.lt_u (local.get $lengths) (local.get $last))))
    (i32.store (global.get $positions) (local.get $flow))
    (i32.store offset=16 (local.get $flow) (i32.const 1))
    (i32.const 1))

  ;; Start and end of the field of an entry; 0 and 0 in a damaged record.
  (func $range (param $flow i32) (param $entry i32) (result i32 i32)
    (local $at i32)
    (if (i32.ge_s (i32.load offset=8 (local.get $entry)) (i32.const 0))
      (then
        (local.set $at
          (i32.add
            (i32.load offset=4 (local.get $flow))
            (i32.load offset=8 (local.get $entry))))
        (return
          (local.get $at)
          (i32.add (local.get $at) (i32.load16_u offset=12 (local.get $entry))))))
    (if (i32.or
          (i32.eqz (i32.load offset=16 (local.get $flow)))
          (i32.ne (i32.load (global.get $positions)) (local.get $flow)))
      (then
        (if (i32.eqz (call $locate (local.get $flow)))
          (then (return (i32.const 0) (i32.const 0))))))
    (local.set $at
      (i32.add
        (global.get $positions)
        (i32.shl
          (i32.shr_u (i32.load offset=4 (local.get $entry)) (i32.const 8))
          (i32.const 3))))
    (i32.load offset=8 (local.get $at))
    (i32.load offset=12 (local.get $at)))

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

  ;; Push what a key without octets gives: nil, or a function of ours from the registry.
  (func $push_constant (param $L i32) (param $entry i32)
    (if (i32.eq (i32.load8_u offset=4 (local.get $entry)) (i32.const 1))
      (then (return (call $pushnil (local.get $L)))))
    (drop
      (call $rawgeti
        (local.get $L)
        (i32.const -1001000)
        (i64.load32_u offset=8 (local.get $entry)))))

  ;; Any key but an unsigned number at a fixed place; 0 when it is the host's.
  (func $push_other (param $L i32) (param $flow i32) (param $entry i32) (result i32)
    (local $kind i32)
    (local $at i32)
    (local $end i32)
    (local.set $kind (i32.load8_u offset=4 (local.get $entry)))
    (if (i32.le_u (local.get $kind) (i32.const 2))
      (then
        (if (i32.eqz (local.get $kind)) (then (return (i32.const 0))))
        (call $push_constant (local.get $L) (local.get $entry))
        (return (i32.const 1))))
    (call $range (local.get $flow) (local.get $entry))
    (local.set $end)
    (local.set $at)
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (call $push
      (local.get $L)
      (local.get $kind)
      (local.get $at)
      (local.get $end))
    (i32.const 1))

  ;; Hot, so the usual case stands here as a whole: an unsigned number at a fixed place.
  (func $index (export "index") (param $L i32) (result i32)
    (local $slots i32)
    (local $flow i32)
    (local $layout i32)
    (local $key i32)
    (local $nth i32)
    (local $entry i32)
    (local $found i32)
    (local $value i64)
    (local.set $slots (i32.load (i32.load offset=20 (local.get $L))))
    (block $host
      (br_if $host
        (i32.ne (i32.load8_u offset=24 (local.get $slots)) (i32.const 0x47)))
      (br_if $host
        (i32.ne (i32.load8_u offset=40 (local.get $slots)) (i32.const 0x44)))
      (local.set $flow
        (i32.add (i32.load offset=16 (local.get $slots)) (i32.const 16)))
      (br_if $host (i32.ne (i32.load (local.get $flow)) (i32.const 0x776f6c66)))
      (br_if $host (i32.eqz (i32.load offset=4 (local.get $flow))))
      (br_if $host
        (i32.eqz (local.tee $layout (i32.load offset=12 (local.get $flow)))))
      (local.set $key (i32.load offset=32 (local.get $slots)))
      (local.set $nth (i32.shr_u (local.get $key) (i32.const 3)))
      (loop $search
        (local.set $entry
          (i32.add
            (local.get $layout)
            (i32.shl
              (i32.and (local.get $nth) (i32.load (local.get $layout)))
              (i32.const 4))))
        (local.set $found (i32.load offset=16 (local.get $entry)))
        (br_if $host (i32.eqz (local.get $found)))
        (local.set $nth (i32.add (local.get $nth) (i32.const 1)))
        (br_if $search (i32.ne (local.get $found) (local.get $key))))
      (local.set $entry (i32.add (local.get $entry) (i32.const 16)))
      (if (i32.or
            (i32.ne (i32.load8_u offset=4 (local.get $entry)) (i32.const 3))
            (i32.lt_s (i32.load offset=8 (local.get $entry)) (i32.const 0)))
        (then
          (br_if $host
            (i32.eqz
              (call $push_other
                (local.get $L)
                (local.get $flow)
                (local.get $entry))))
          (return (i32.const 1))))
      (local.set $value
        (i64.load align=1
          (i32.add
            (i32.load offset=4 (local.get $flow))
            (i32.load offset=8 (local.get $entry)))))
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
      ;; What is read often is put where Lua finds it without us: see $show in batch.wat.
      (i32.store offset=12
        (local.get $entry)
        (i32.add (i32.load offset=12 (local.get $entry)) (i32.const 0x10000)))
      (i32.store offset=12 (local.get $layout) (i32.const 1))
      (local.set $slots (i32.load offset=12 (local.get $L)))
      (i64.store
        (local.get $slots)
        (i64.shr_u
          (i64.rotl (local.get $value) (i64.const 32))
          (i64.sub
            (i64.const 64)
            (i64.shl
              (i64.load16_u offset=12 (local.get $entry))
              (i64.const 3)))))
      (i32.store8 offset=8 (local.get $slots) (i32.const 3))
      (i32.store offset=12
        (local.get $L)
        (i32.add (local.get $slots) (i32.const 16)))
      (return (i32.const 1)))
    (call $host_index (local.get $L)))

  ;; `__index` of the table that stands for a flow's `__index`, for what it lacks: the flow is the
  ;; upvalue, and takes the place of the table.
  (func (export "indexBeside") (param $L i32) (result i32)
    (local $slots i32)
    (local $closure i32)
    (local.set $slots (i32.load (i32.load offset=20 (local.get $L))))
    (local.set $closure (i32.load (local.get $slots)))
    (i64.store offset=16 (local.get $slots) (i64.load offset=16 (local.get $closure)))
    (i64.store offset=24 (local.get $slots) (i64.load offset=24 (local.get $closure)))
    (call $index (local.get $L)))

  ;; Let Lua ask us for every field of the record at hand: what it would find is past.
  (func $forget (export "forget") (param $flow i32)
    (local $index i32)
    (local.set $index (i32.load offset=88 (local.get $flow)))
    (if (local.get $index)
      (then
        (i32.store (local.get $index) (global.get $index_pointer))
        (i32.store8 offset=8 (local.get $index) (i32.const 0x16)))))

  ;; The integer at stack index 3; a float without fraction is one, as in LuaJIT. 0 when it is none.
  (func $integer (param $L i32) (result i64 i32)
    (local $slots i32)
    (local $number f64)
    (local.set $slots (i32.load (i32.load offset=20 (local.get $L))))
    (if (i32.eq (i32.load8_u offset=56 (local.get $slots)) (i32.const 3))
      (then (return (i64.load offset=48 (local.get $slots)) (i32.const 1))))
    (if (i32.ne (i32.load8_u offset=56 (local.get $slots)) (i32.const 0x13))
      (then (return (i64.const 0) (i32.const 0))))
    (local.set $number (f64.load offset=48 (local.get $slots)))
    (if (i32.eqz
          (i32.and
            (f64.eq (f64.trunc (local.get $number)) (local.get $number))
            (f64.lt (f64.abs (local.get $number)) (f64.const 0x1p63))))
      (then (return (i64.const 0) (i32.const 0))))
    (i64.trunc_sat_f64_s (local.get $number))
    (i32.const 1))

  ;; Whether `octets` octets, 1 to 8, can hold the value.
  (func $fits (param $value i64) (param $octets i32) (param $kind i32) (result i32)
    (local $shift i64)
    (local.set $shift
      (i64.sub
        (i64.const 64)
        (i64.extend_i32_u (i32.shl (local.get $octets) (i32.const 3)))))
    (if (i32.eq (local.get $kind) (i32.const 4))
      (then
        (return
          (i64.eq
            (i64.shr_s
              (i64.shl (local.get $value) (local.get $shift))
              (local.get $shift))
            (local.get $value)))))
    (i32.and
      (i64.ge_s (local.get $value) (i64.const 0))
      (i64.eq
        (i64.shr_u
          (i64.shl (local.get $value) (local.get $shift))
          (local.get $shift))
        (local.get $value))))

  ;; Write the low octets of the value in network byte order.
  (func $store (param $at i32) (param $end i32) (param $value i64)
    (local $octets i32)
    (local.set $octets (i32.sub (local.get $end) (local.get $at)))
    (if (i32.eq (local.get $octets) (i32.const 8))
      (then
        (return (i64.store align=1 (local.get $at) (call $swap (local.get $value))))))
    (loop $each
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i64.store8 (local.get $end) (local.get $value))
      (local.set $value (i64.shr_u (local.get $value) (i64.const 8)))
      (br_if $each (i32.gt_u (local.get $end) (local.get $at)))))

  (func $set_integer (param $L i32) (param $kind i32) (param $at i32) (param $end i32)
    (result i32)
    (local $value i64)
    (local $given i32)
    (call $integer (local.get $L))
    (local.set $given)
    (local.set $value)
    (if (i32.eqz (local.get $given)) (then (return (i32.const 0))))
    (if (i32.eqz
          (call $fits
            (local.get $value)
            (i32.sub (local.get $end) (local.get $at))
            (local.get $kind)))
      (then (return (i32.const 0))))
    (call $store (local.get $at) (local.get $end) (local.get $value))
    (i32.const 1))

  ;; Floats only, and no NaN: the host keeps its octets when they do not change.
  (func $set_float (param $L i32) (param $at i32) (param $end i32) (result i32)
    (local $value f64)
    (if (i32.ne (call $type (local.get $L) (i32.const 3)) (i32.const 3))
      (then (return (i32.const 0))))
    (if (call $isinteger (local.get $L) (i32.const 3)) (then (return (i32.const 0))))
    (local.set $value (call $tonumber (local.get $L) (i32.const 3) (i32.const 0)))
    (if (f64.ne (local.get $value) (local.get $value)) (then (return (i32.const 0))))
    (call $store
      (local.get $at)
      (local.get $end)
      (if (result i64)
        (i32.eq (i32.sub (local.get $end) (local.get $at)) (i32.const 4))
        (then
          (i64.extend_i32_u
            (i32.reinterpret_f32 (f32.demote_f64 (local.get $value)))))
        (else (i64.reinterpret_f64 (local.get $value)))))
    (i32.const 1))

  (func $set_boolean (param $L i32) (param $at i32) (result i32)
    (if (i32.ne (call $type (local.get $L) (i32.const 3)) (i32.const 1))
      (then (return (i32.const 0))))
    (i32.store8
      (local.get $at)
      (i32.sub
        (i32.const 2)
        (call $toboolean (local.get $L) (i32.const 3))))
    (i32.const 1))

  ;; A string that leaves the length of the field as it is; one of fixed length is filled up.
  (func $set_string (param $L i32) (param $entry i32) (param $at i32) (param $end i32)
    (result i32)
    (local $text i32)
    (local $length i32)
    (local $room i32)
    (if (i32.ne (call $type (local.get $L) (i32.const 3)) (i32.const 4))
      (then (return (i32.const 0))))
    (local.set $text
      (call $tolstring (local.get $L) (i32.const 3) (global.get $scratch)))
    (local.set $length (i32.load (global.get $scratch)))
    (local.set $room (i32.sub (local.get $end) (local.get $at)))
    (if (i32.gt_u (local.get $length) (local.get $room)) (then (return (i32.const 0))))
    (if (i32.lt_u (local.get $length) (local.get $room))
      (then
        (if (i32.eq (i32.load16_u offset=12 (local.get $entry)) (i32.const 65535))
          (then (return (i32.const 0))))
        (memory.fill (local.get $at) (i32.const 0) (local.get $room))))
    (memory.copy (local.get $at) (local.get $text) (local.get $length))
    (i32.const 1))

  (func $set_field
    (param $L i32) (param $entry i32) (param $at i32) (param $end i32) (result i32)
    (local $kind i32)
    (local.set $kind (i32.load8_u offset=4 (local.get $entry)))
    (if (i32.le_u (i32.sub (local.get $kind) (i32.const 3)) (i32.const 1))
      (then
        (return
          (call $set_integer
            (local.get $L)
            (local.get $kind)
            (local.get $at)
            (local.get $end)))))
    (if (i32.eq (local.get $kind) (i32.const 5))
      (then (return (call $set_float (local.get $L) (local.get $at) (local.get $end)))))
    (if (i32.eq (local.get $kind) (i32.const 6))
      (then (return (call $set_boolean (local.get $L) (local.get $at)))))
    (if (i32.le_u (i32.sub (local.get $kind) (i32.const 12)) (i32.const 1))
      (then
        (return
          (call $set_string
            (local.get $L)
            (local.get $entry)
            (local.get $at)
            (local.get $end)))))
    (i32.const 0))

  (func (export "newindex") (param $L i32) (result i32)
    (local $flow i32)
    (local $entry i32)
    (local $at i32)
    (local $end i32)
    (block $host
      (br_if $host (i32.eqz (local.tee $flow (call $flow (local.get $L)))))
      (local.set $entry
        (call $find (local.get $L) (i32.load offset=12 (local.get $flow))))
      (br_if $host (i32.eqz (local.get $entry)))
      (br_if $host (i32.lt_u (i32.load8_u offset=4 (local.get $entry)) (i32.const 3)))
      (call $range (local.get $flow) (local.get $entry))
      (local.set $end)
      (local.set $at)
      (br_if $host (i32.eqz (local.get $at)))
      (br_if $host
        (i32.eqz
          (call $set_field
            (local.get $L)
            (local.get $entry)
            (local.get $at)
            (local.get $end))))
      (i32.store offset=20 (local.get $flow) (i32.const 1))
      (call $forget (local.get $flow))
      (return (i32.const 0)))
    (call $host_newindex (local.get $L))))
