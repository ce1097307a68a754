;; Reads the fields of a flow without entering JavaScript: the `__index` of a flow's Lua object.
;;
;; The host copies a batch into the VM's memory, says where the record at hand starts, and fills a
;; table of the fields that all records of a Template have at the same place: open addressing by the
;; address of the key, which Lua keeps once for all equal strings.
;;
;;   entry:  | key (i32, 0: free) | offset in the record (i32) | octets, 1 to 8 (i32) |
;;
;; Whatever is not in the table is the host's: other types, other fields, records that changed.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "lua_topointer" (func $topointer (param i32 i32) (result i32)))
  (import "vm" "lua_pushinteger" (func $pushinteger (param i32 i64)))
  (import "host" "index" (func $host_index (param i32) (result i32)))

  (global $record (mut i32) (i32.const 0)) ;; where the record starts; 0: ask the host
  (global $table (mut i32) (i32.const 0))
  (global $mask (mut i32) (i32.const 0))   ;; entries of the table less one

  (func (export "moveTo") (param $start i32)
    (global.set $record (local.get $start)))

  (func (export "useTable") (param $start i32) (param $entries_less_one i32)
    (global.set $table (local.get $start))
    (global.set $mask (local.get $entries_less_one)))

  (func (export "index") (param $L i32) (result i32)
    (local $key i32)
    (local $place i32)
    (local $entry i32)
    (local $found i32)
    (local $at i32)
    (local $end i32)
    (local $value i64)
    (block $host
      (br_if $host (i32.eqz (global.get $record)))
      (br_if $host (i32.eqz (global.get $table)))
      (local.set $key (call $topointer (local.get $L) (i32.const 2)))
      (local.set $place (i32.shr_u (local.get $key) (i32.const 3)))
      (loop $search
        (local.set $place (i32.and (local.get $place) (global.get $mask)))
        (local.set $entry
          (i32.add (global.get $table) (i32.mul (local.get $place) (i32.const 12))))
        (local.set $found (i32.load (local.get $entry)))
        (br_if $host (i32.eqz (local.get $found)))
        (if (i32.ne (local.get $found) (local.get $key))
          (then
            (local.set $place (i32.add (local.get $place) (i32.const 1)))
            (br $search))))
      (local.set $at
        (i32.add (global.get $record) (i32.load offset=4 (local.get $entry))))
      (local.set $end
        (i32.add (local.get $at) (i32.load offset=8 (local.get $entry))))
      (loop $octets
        (local.set $value
          (i64.or
            (i64.shl (local.get $value) (i64.const 8))
            (i64.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $octets (i32.lt_u (local.get $at) (local.get $end))))
      (call $pushinteger (local.get $L) (local.get $value))
      (return (i32.const 1)))
    (call $host_index (local.get $L))))
