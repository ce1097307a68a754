;; Hands the records of a batch to Lua and gathers what leaves, without entering JavaScript.
;;
;; Works on the memory of a flow (record.wat), in words of 32 bits at these places:
;;
;;   4 start of the record | 8 its end | 16 fields are located | 20 written
;;   24 records that were dropped | 28 whether the record at hand grew out of its place
;;   32 where octet 0 of the batch would be | 36 offsets of its records | 40 records | 44 next one
;;   48, 52 the run of records that stay as they are in the batch, and leave: first, behind the last
;;   56 output | 60 its octets | 64 octets used | 68 offsets of its records | 72 records with room
;;   76 records in it | 80 octets that are wanted, 0: too many | 84 number of the loop
;;   88 place of `__index` in the flow's metatable | 92 the table that it may be, 0: none
;;   96, 100 numbers in that table: first, behind the last
;;
;; Runs are copied as a whole, when a record between is dropped or leaves from another place.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "lua_touserdata" (func $touserdata (param i32 i32) (result i32)))
  (import "vm" "lua_type" (func $type (param i32 i32) (result i32)))
  (import "vm" "lua_rawlen" (func $rawlen (param i32 i32) (result i64)))
  (import "vm" "lua_pushvalue" (func $pushvalue (param i32 i32)))
  (import "vm" "lua_pushnil" (func $pushnil (param i32)))
  (import "vm" "lua_callk" (func $call (param i32 i32 i32 i32 i32)))
  ;; Each gets the Lua state and the flow, and raises Lua errors.
  (import "host" "room" (func $host_room (param i32 i32)))
  (import "host" "refuse" (func $host_refuse (param i32 i32)))
  (import "host" "more" (func $host_more (param i32 i32) (result i32)))
  (import "host" "emit" (func $host_emit (param i32) (result i32)))

  ;; Octets of the output from which on nothing is emitted.
  (global $most (mut i32) (i32.const 0))

  (func (export "setMost") (param $octets i32)
    (global.set $most (local.get $octets)))

  ;; Put numbers of the record at hand into the table that stands for `__index`: what scripts read
  ;; of most records then takes Lua no call. Each is | offset | 64 less its bits | place |.
  (func $show (param $flow i32)
    (local $each i32)
    (local $value i64)
    (local.set $each (i32.load offset=96 (local.get $flow)))
    (loop $numbers
      (local.set $value
        (i64.load align=1
          (i32.add
            (i32.load offset=4 (local.get $flow))
            (i32.load (local.get $each)))))
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
      (i64.store
        (i32.load offset=8 (local.get $each))
        (i64.shr_u
          (i64.rotl (local.get $value) (i64.const 32))
          (i64.load32_u offset=4 (local.get $each))))
      (local.set $each (i32.add (local.get $each) (i32.const 12)))
      (br_if $numbers
        (i32.lt_u (local.get $each) (i32.load offset=100 (local.get $flow)))))
    (local.set $each (i32.load offset=88 (local.get $flow)))
    (i32.store (local.get $each) (i32.load offset=92 (local.get $flow)))
    (i32.store8 offset=8 (local.get $each) (i32.const 0x45)))

  ;; Take the next record.
  (func $advance (param $flow i32)
    (local $next i32)
    (local $offset i32)
    (local.set $next (i32.load offset=44 (local.get $flow)))
    (local.set $offset
      (i32.add
        (i32.load offset=36 (local.get $flow))
        (i32.shl (local.get $next) (i32.const 2))))
    (i32.store offset=44 (local.get $flow) (i32.add (local.get $next) (i32.const 1)))
    (i32.store offset=4
      (local.get $flow)
      (i32.add (i32.load offset=32 (local.get $flow)) (i32.load (local.get $offset))))
    (i32.store offset=8
      (local.get $flow)
      (i32.add
        (i32.load offset=32 (local.get $flow))
        (i32.load offset=4 (local.get $offset))))
    (i32.store offset=16 (local.get $flow) (i32.const 0))
    (i32.store offset=28 (local.get $flow) (i32.const 0))
    (if (i32.load offset=92 (local.get $flow)) (then (call $show (local.get $flow)))))

  ;; Have room in the output for so many octets and records.
  (func $reserve (param $L i32) (param $flow i32) (param $octets i32) (param $records i32)
    (if (i32.or
          (i32.gt_u
            (i32.add (i32.load offset=64 (local.get $flow)) (local.get $octets))
            (i32.load offset=60 (local.get $flow)))
          (i32.gt_u
            (i32.add (i32.load offset=76 (local.get $flow)) (local.get $records))
            (i32.load offset=72 (local.get $flow))))
      (then
        (i32.store offset=80 (local.get $flow) (local.get $octets))
        (call $host_room (local.get $L) (local.get $flow)))))

  ;; Copy octets behind the output.
  (func $append (param $flow i32) (param $start i32) (param $octets i32)
    (memory.copy
      (i32.add
        (i32.load offset=56 (local.get $flow))
        (i32.load offset=64 (local.get $flow)))
      (local.get $start)
      (local.get $octets))
    (i32.store offset=64
      (local.get $flow)
      (i32.add (i32.load offset=64 (local.get $flow)) (local.get $octets))))

  ;; A record of the output ends at this octet.
  (func $end_record (param $flow i32) (param $end i32)
    (local $records i32)
    (local.set $records
      (i32.add (i32.load offset=76 (local.get $flow)) (i32.const 1)))
    (i32.store offset=76 (local.get $flow) (local.get $records))
    (i32.store
      (i32.add
        (i32.load offset=68 (local.get $flow))
        (i32.shl (local.get $records) (i32.const 2)))
      (local.get $end)))

  ;; Copy the run to the output.
  (func $close_run (export "closeRun") (param $L i32) (param $flow i32)
    (local $first i32)
    (local $last i32)
    (local $shift i32)
    (local $start i32)
    (local $octets i32)
    (local.set $first
      (i32.add
        (i32.load offset=36 (local.get $flow))
        (i32.shl (i32.load offset=48 (local.get $flow)) (i32.const 2))))
    (local.set $last
      (i32.add
        (i32.load offset=36 (local.get $flow))
        (i32.shl (i32.load offset=52 (local.get $flow)) (i32.const 2))))
    (if (i32.eq (local.get $first) (local.get $last)) (then (return)))
    (local.set $start (i32.load (local.get $first)))
    (local.set $octets (i32.sub (i32.load (local.get $last)) (local.get $start)))
    (call $reserve
      (local.get $L)
      (local.get $flow)
      (local.get $octets)
      (i32.sub
        (i32.load offset=52 (local.get $flow))
        (i32.load offset=48 (local.get $flow))))
    (local.set $shift
      (i32.sub (i32.load offset=64 (local.get $flow)) (local.get $start)))
    (call $append
      (local.get $flow)
      (i32.add (i32.load offset=32 (local.get $flow)) (local.get $start))
      (local.get $octets))
    (loop $records
      (local.set $first (i32.add (local.get $first) (i32.const 4)))
      (call $end_record
        (local.get $flow)
        (i32.add (i32.load (local.get $first)) (local.get $shift)))
      (br_if $records (i32.lt_u (local.get $first) (local.get $last))))
    (i32.store offset=48
      (local.get $flow)
      (i32.load offset=52 (local.get $flow))))

  ;; The record that lies at this place leaves now, behind all others.
  (func $emit (export "emitFrom")
    (param $L i32) (param $flow i32) (param $start i32) (param $octets i32)
    (call $close_run (local.get $L) (local.get $flow))
    (if (i32.gt_u (i32.load offset=64 (local.get $flow)) (global.get $most))
      (then
        (i32.store offset=80 (local.get $flow) (i32.const 0))
        (call $host_room (local.get $L) (local.get $flow))))
    (call $reserve (local.get $L) (local.get $flow) (local.get $octets) (i32.const 1))
    (call $append (local.get $flow) (local.get $start) (local.get $octets))
    (call $end_record (local.get $flow) (i32.load offset=64 (local.get $flow))))

  ;; The record at hand leaves.
  (func $keep (param $L i32) (param $flow i32)
    (local $index i32)
    (if (i32.load offset=28 (local.get $flow))
      (then
        (return
          (call $emit
            (local.get $L)
            (local.get $flow)
            (i32.load offset=4 (local.get $flow))
            (i32.sub
              (i32.load offset=8 (local.get $flow))
              (i32.load offset=4 (local.get $flow)))))))
    (local.set $index
      (i32.sub (i32.load offset=44 (local.get $flow)) (i32.const 1)))
    (if (i32.ne (i32.load offset=52 (local.get $flow)) (local.get $index))
      (then
        (call $close_run (local.get $L) (local.get $flow))
        (i32.store offset=48 (local.get $flow) (local.get $index))))
    (i32.store offset=52
      (local.get $flow)
      (i32.add (local.get $index) (i32.const 1))))

  ;; Whether what the function returned, in the slot at this place, keeps the record.
  (func $is_kept (param $L i32) (param $flow i32) (param $slot i32) (result i32)
    (local $type i32)
    (local.set $type (i32.load8_u offset=8 (local.get $slot)))
    (if (i32.eq (local.get $type) (i32.const 0x11)) (then (return (i32.const 1))))
    (if (i32.gt_u (local.get $type) (i32.const 1))
      (then (call $host_refuse (local.get $L) (local.get $flow))))
    (i32.const 0))

  ;; Call the function at stack index 1 with the flow at index 2, once for each record that is left.
  ;; Pushes and pops by itself, as record.wat does; types: 0 nil, 1 false, 0x11 true, 0x47 userdata.
  (func (export "run") (param $L i32) (param $flow i32)
    (local $slots i32)
    (local $top i32)
    (local $next i32)
    (local $offset i32)
    (block $done
      (loop $records
        (br_if $done
          (i32.ge_u
            (i32.load offset=44 (local.get $flow))
            (i32.load offset=40 (local.get $flow))))
        (local.set $next (i32.load offset=44 (local.get $flow)))
        (local.set $offset
          (i32.add
            (i32.load offset=36 (local.get $flow))
            (i32.shl (local.get $next) (i32.const 2))))
        (i32.store offset=44
          (local.get $flow)
          (i32.add (local.get $next) (i32.const 1)))
        (i32.store offset=4
          (local.get $flow)
          (i32.add (i32.load offset=32 (local.get $flow)) (i32.load (local.get $offset))))
        (i32.store offset=8
          (local.get $flow)
          (i32.add
            (i32.load offset=32 (local.get $flow))
            (i32.load offset=4 (local.get $offset))))
        (i32.store offset=16 (local.get $flow) (i32.const 0))
        (i32.store offset=28 (local.get $flow) (i32.const 0))
        (if (i32.load offset=92 (local.get $flow)) (then (call $show (local.get $flow))))
        (local.set $slots (i32.load (i32.load offset=20 (local.get $L))))
        (local.set $top (i32.load offset=12 (local.get $L)))
        (i64.store (local.get $top) (i64.load offset=16 (local.get $slots)))
        (i64.store offset=8 (local.get $top) (i64.load offset=24 (local.get $slots)))
        (i64.store offset=16 (local.get $top) (i64.load offset=32 (local.get $slots)))
        (i64.store offset=24 (local.get $top) (i64.load offset=40 (local.get $slots)))
        (i32.store offset=12 (local.get $L) (i32.add (local.get $top) (i32.const 32)))
        (call $call
          (local.get $L)
          (i32.const 1)
          (i32.const 1)
          (i32.const 0)
          (i32.const 0))
        (local.set $top (i32.sub (i32.load offset=12 (local.get $L)) (i32.const 16)))
        (i32.store offset=12 (local.get $L) (local.get $top))
        (if (if (result i32)
              (i32.and
                (i32.eq (i32.load8_u offset=8 (local.get $top)) (i32.const 0x47))
                (i32.eq
                  (i32.add (i32.load (local.get $top)) (i32.const 16))
                  (local.get $flow)))
              (then (i32.const 1))
              (else (call $is_kept (local.get $L) (local.get $flow) (local.get $top))))
          (then
            (if (i32.or
                  (i32.load offset=28 (local.get $flow))
                  (i32.ne
                    (i32.load offset=52 (local.get $flow))
                    (local.get $next)))
              (then (call $keep (local.get $L) (local.get $flow)))
              (else
                (i32.store offset=52
                  (local.get $flow)
                  (i32.load offset=44 (local.get $flow))))))
          (else
            (i32.store offset=24
              (local.get $flow)
              (i32.add (i32.load offset=24 (local.get $flow)) (i32.const 1)))))
        (br $records))))

  ;; `for flow in flows do`: gives the flow in upvalue 1 with its next record, or nil. Upvalue 2 is the
  ;; number of the loop; the host refuses loops that have ended.
  (func (export "next") (param $L i32) (result i32)
    (local $flow i32)
    (local.set $flow (call $touserdata (local.get $L) (i32.const -1001001)))
    (if (i32.or
          (i32.ge_u
            (i32.load offset=44 (local.get $flow))
            (i32.load offset=40 (local.get $flow)))
          (i32.ne
            (i32.load offset=84 (local.get $flow))
            (call $touserdata (local.get $L) (i32.const -1001002))))
      (then
        (if (i32.eqz (call $host_more (local.get $L) (local.get $flow)))
          (then
            (call $pushnil (local.get $L))
            (return (i32.const 1))))))
    (call $advance (local.get $flow))
    (call $pushvalue (local.get $L) (i32.const -1001001))
    (i32.const 1))

  ;; `flow:emit()`: the record leaves as it is now. The host does it for copies, and refuses.
  (func (export "emit") (param $L i32) (result i32)
    (local $flow i32)
    (block $host
      (br_if $host
        (i32.ne (call $type (local.get $L) (i32.const 1)) (i32.const 7)))
      (br_if $host
        (i64.lt_u (call $rawlen (local.get $L) (i32.const 1)) (i64.const 104)))
      (local.set $flow (call $touserdata (local.get $L) (i32.const 1)))
      (br_if $host (i32.ne (i32.load (local.get $flow)) (i32.const 0x776f6c66)))
      (br_if $host (i32.eqz (i32.load offset=4 (local.get $flow))))
      (br_if $host (i32.eqz (i32.load offset=56 (local.get $flow))))
      (call $emit
        (local.get $L)
        (local.get $flow)
        (i32.load offset=4 (local.get $flow))
        (i32.sub
          (i32.load offset=8 (local.get $flow))
          (i32.load offset=4 (local.get $flow))))
      (return (i32.const 0)))
    (call $host_emit (local.get $L))))
