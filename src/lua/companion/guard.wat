;; Holds a script to its bounds without entering JavaScript: the allocator of the VM, the hook that
;; counts instructions, and the function by which other modules charge for loops of their own.
;;
;; A run gets steps to spend. An instruction costs one; so does every 64 octets that Lua asks for,
;; for an instruction may fill megabytes. Steps are taken from a slice; when that is used up, the
;; host looks at its clock. A run over its bounds has an `excess`; from the next hook on it is
;; `ended`: that hook, and every instruction after it, raises the error of the host.
(module
  (import "vm" "memory" (memory 1))
  (import "vm" "free" (func $free (param i32)))
  (import "vm" "realloc" (func $realloc (param i32 i32) (result i32)))
  (import "vm" "lua_sethook" (func $sethook (param i32 i32 i32 i32)))
  (import "vm" "lua_gethookcount" (func $gethookcount (param i32) (result i32)))
  (import "vm" "lua_pushboolean" (func $pushboolean (param i32 i32)))
  (import "vm" "lua_tointegerx" (func $tointegerx (param i32 i32 i32) (result i64)))
  ;; Whether the clock, or somebody who waits, ends the run.
  (import "host" "look" (func $look (result i32)))
  ;; Raise the error that says which bound it was; does not return.
  (import "host" "raise" (func $raise (param i32)))

  ;; Octets: held, allowed, and held at most since the host has last set it.
  (global $used (export "used") (mut i32) (i32.const 0))
  (global $allowed (export "allowed") (mut i32) (i32.const 0))
  (global $peak (export "peak") (mut i32) (i32.const 0))
  ;; Beyond what is allowed while an error is on its way: it needs room itself.
  (global $reserve (export "reserve") (mut i32) (i32.const 0))
  ;; 1 when the last growth was refused: what is raised next is for want of memory.
  (global $refused (export "refused") (mut i32) (i32.const 0))

  ;; 1 while a run is watched.
  (global $watched (mut i32) (i32.const 0))
  ;; Steps left of the slice, and beyond it.
  (global $slice (export "slice") (mut i32) (i32.const 0))
  (global $left (export "left") (mut i64) (i64.const 0))
  ;; Steps of a slice, and instructions between two hooks.
  (global $slice_steps (export "sliceSteps") (mut i32) (i32.const 0))
  (global $hook_steps (export "hookSteps") (mut i32) (i32.const 0))
  ;; 0, 1: no steps are left, 2: the host ends the run.
  (global $excess (export "excess") (mut i32) (i32.const 0))
  (global $ended (mut i32) (i32.const 0))
  ;; Where the hook stands in the table of functions.
  (global $hook (export "hookPointer") (mut i32) (i32.const 0))

  ;; Take the next slice; sets the excess when there is none or the host says so.
  (func $next_slice
    (if (global.get $excess) (then (return)))
    (global.set $left (i64.add (global.get $left) (i64.extend_i32_s (global.get $slice))))
    (global.set $slice (i32.const 0))
    (if (i64.le_s (global.get $left) (i64.const 0))
      (then
        (global.set $excess (i32.const 1))
        (return)))
    (if (call $look)
      (then
        (global.set $excess (i32.const 2))
        (return)))
    (call $take_slice))

  (func $take_slice
    (local $steps i64)
    (local.set $steps (i64.extend_i32_u (global.get $slice_steps)))
    (if (i64.gt_s (local.get $steps) (global.get $left))
      (then (local.set $steps (global.get $left))))
    (global.set $left (i64.sub (global.get $left) (local.get $steps)))
    (global.set $slice (i32.wrap_i64 (local.get $steps))))

  ;; Charge without raising: the next hook does.
  (func $charge (export "charge") (param $steps i32)
    (if (i32.eqz (global.get $watched)) (then (return)))
    (global.set $slice (i32.sub (global.get $slice) (local.get $steps)))
    (if (i32.le_s (global.get $slice) (i32.const 0)) (then (call $next_slice))))

  ;; From now on every instruction of `L` fails, or a loop around pcall would go on.
  (func $end (param $L i32)
    (global.set $ended (i32.const 1))
    (call $sethook (local.get $L) (global.get $hook) (i32.const 8) (i32.const 1))
    (call $raise (local.get $L)))

  (func (export "hook") (param $L i32) (param $event i32)
    (local $steps i32)
    (local.set $steps (call $gethookcount (local.get $L)))
    (if (i32.eqz (global.get $excess))
      (then
        (call $charge (local.get $steps))
        (if (i32.eqz (global.get $excess))
          (then
            ;; A coroutine that has outlived an ended run, or a new pace.
            (if (i32.ne (local.get $steps) (global.get $hook_steps))
              (then (call $watch (local.get $L))))
            (return)))))
    (call $end (local.get $L)))

  (func $watch (param $L i32)
    (call $sethook (local.get $L) (global.get $hook) (i32.const 8) (global.get $hook_steps)))

  ;; A run begins in `L` with so many steps.
  (func (export "begin") (param $L i32) (param $steps i64)
    (global.set $watched (i32.const 1))
    (global.set $excess (i32.const 0))
    (global.set $ended (i32.const 0))
    (global.set $left (local.get $steps))
    (call $take_slice)
    (if (i32.ne (call $gethookcount (local.get $L)) (global.get $hook_steps))
      (then (call $watch (local.get $L)))))

  ;; Let the next instruction of `L` ask.
  (func (export "hurry") (param $L i32)
    (call $sethook (local.get $L) (global.get $hook) (i32.const 8) (i32.const 1)))

  ;; Charge the run for `steps` of a loop in native code; raises when they are too many.
  (func $spend (export "spend") (param $L i32) (param $steps i32)
    (if (i32.eqz (global.get $watched)) (then (return)))
    (if (i32.eqz (global.get $excess))
      (then
        ;; A charge of 2^31 and more would wrap around.
        (if (i32.lt_s (local.get $steps) (i32.const 0))
          (then (local.set $steps (i32.const 0x7fffffff))))
        (global.set $left
          (i64.sub (global.get $left) (i64.extend_i32_u (local.get $steps))))
        (global.set $left
          (i64.add (global.get $left) (i64.extend_i32_s (global.get $slice))))
        (global.set $slice (i32.const 0))
        (call $next_slice)
        (if (i32.eqz (global.get $excess)) (then (return)))))
    (call $end (local.get $L)))

  ;; `spend(steps)` for Lua.
  (func (export "spendFunction") (param $L i32) (result i32)
    (local $steps i64)
    (local.set $steps (call $tointegerx (local.get $L) (i32.const 1) (i32.const 0)))
    (if (i64.gt_u (local.get $steps) (i64.const 0x7fffffff))
      (then (local.set $steps (i64.const 0x7fffffff))))
    (call $spend (local.get $L) (i32.wrap_i64 (local.get $steps)))
    (i32.const 0))

  ;; The reader of a source (lua_Reader) in pieces, so that a compiler at work can be ended. The
  ;; context is: | address (i32) | octets left (i32) |
  (func (export "read") (param $L i32) (param $context i32) (param $size i32) (result i32)
    (local $at i32)
    (local $piece i32)
    (local.set $at (i32.load (local.get $context)))
    (local.set $piece (i32.load offset=4 (local.get $context)))
    (if (i32.gt_u (local.get $piece) (i32.const 4096))
      (then (local.set $piece (i32.const 4096))))
    (i32.store (local.get $context) (i32.add (local.get $at) (local.get $piece)))
    (i32.store offset=4 (local.get $context)
      (i32.sub (i32.load offset=4 (local.get $context)) (local.get $piece)))
    (i32.store (local.get $size) (local.get $piece))
    (call $spend (local.get $L) (local.get $piece))
    (local.get $at))

  ;; `is_ended()` for Lua: whether the run is over its bounds.
  (func (export "endedFunction") (param $L i32) (result i32)
    (call $pushboolean (local.get $L) (i32.ne (global.get $excess) (i32.const 0)))
    (i32.const 1))

  ;; The allocator of the VM (lua_Alloc); `old` is a type, not a size, when `block` is null.
  (func (export "allocate")
    (param $context i32) (param $block i32) (param $old i32) (param $new i32) (result i32)
    (local $total i32)
    (local $most i32)
    (local $moved i32)
    (if (i32.eqz (local.get $block)) (then (local.set $old (i32.const 0))))
    (local.set $total
      (i32.add (i32.sub (global.get $used) (local.get $old)) (local.get $new)))
    (if (i32.eqz (local.get $new))
      (then
        (call $free (local.get $block))
        (global.set $used (local.get $total))
        (return (i32.const 0))))
    (if (i32.le_u (local.get $new) (local.get $old))
      (then
        (local.set $moved (call $realloc (local.get $block) (local.get $new)))
        (if (local.get $moved) (then (global.set $used (local.get $total))))
        (return (local.get $moved))))
    (local.set $most (global.get $allowed))
    (if (global.get $excess)
      (then
        ;; Nothing more until the hook has raised the error; then only room for it.
        (local.set $most
          (select
            (i32.add (global.get $allowed) (global.get $reserve))
            (i32.const 0)
            (global.get $ended)))))
    (if (i32.or
          (i32.gt_u (local.get $total) (local.get $most))
          (i32.lt_u (local.get $total) (local.get $new)))
      (then
        (call $refuse)
        (return (i32.const 0))))
    (local.set $moved (call $realloc (local.get $block) (local.get $new)))
    (if (i32.eqz (local.get $moved))
      (then
        (call $refuse)
        (return (i32.const 0))))
    (global.set $refused (i32.const 0))
    (global.set $used (local.get $total))
    (if (i32.gt_u (local.get $total) (global.get $peak))
      (then (global.set $peak (local.get $total))))
    (call $charge (i32.add (i32.shr_u (local.get $new) (i32.const 6)) (i32.const 1)))
    (local.get $moved))

  ;; Lua collects all its garbage now, which takes a step for each 16 octets that it holds.
  (func $refuse
    (global.set $refused (i32.const 1))
    (if (i32.and (global.get $watched) (i32.eqz (global.get $excess)))
      (then
        (global.set $left
          (i64.sub (global.get $left) (i64.extend_i32_u (i32.shr_u (global.get $used) (i32.const 4)))))
        (call $next_slice)))))
