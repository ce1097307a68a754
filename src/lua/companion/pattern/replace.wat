;; `string.gsub`.
;;
;; The result grows in a block, at first one of this module, which is free when no Lua code can run
;; in between. Other blocks are userdata at index 5 of the stack: Lua frees them whatever happens.
;;
;;   block:  | octets written (i32) | octets there is room for (i32) | octets … |

(global $result_index i32 (i32.const 5))

(global $type_number i32 (i32.const 3))
(global $type_string i32 (i32.const 4))
(global $type_table i32 (i32.const 5))
(global $type_function i32 (i32.const 6))

(func (export "gsub") (param $L i32) (result i32)
  (local $text i32)
  (local $text_end i32)
  (local $pattern i32)
  (local $length i32)
  (local $kind i32)
  (local $left i32)
  (local.set $text (call $string_argument (local.get $L) (i32.const 1)))
  (local.set $text_end (i32.add (local.get $text) (global.get $argument_length)))
  (local.set $pattern (call $string_argument (local.get $L) (i32.const 2)))
  (local.set $length (global.get $argument_length))
  (local.set $kind (call $replacement_kind (local.get $L)))
  (local.set $left
    (call $optional_integer (local.get $L) (i32.const 4) (i32.const 0x7fffffff)))
  (call $settop (local.get $L) (global.get $result_index))
  (call $replace (local.get $L)
    (local.get $text)
    (local.get $text_end)
    (local.get $pattern)
    (local.get $length)
    (local.get $kind)
    (local.get $left)))

;; Replace $left matches at most; pushes the results of `gsub`.
(func $replace
  (param $L i32) (param $text i32) (param $text_end i32) (param $pattern i32)
  (param $length i32) (param $kind i32) (param $left i32) (result i32)
  (local $count i32)
  (local $anchored i32)
  (local $place i32)
  (local $version i32)
  (local $at i32)
  (local $end i32)
  (local $found i32)
  (local $copied i32)
  (local $value i32)
  (local $value_length i32)
  (local $result i32)
  (local.set $anchored (call $is_anchored (local.get $pattern) (local.get $length)))
  (local.set $pattern (i32.add (local.get $pattern) (local.get $anchored)))
  (local.set $length (i32.sub (local.get $length) (local.get $anchored)))
  (local.set $at (local.get $text))
  (local.set $copied (local.get $text))
  (block $done
    (loop $next
      (br_if $done (i32.le_s (local.get $left) (i32.const 0)))
      ;; Lua code may have run since.
      (global.set $text (local.get $text))
      (global.set $text_end (local.get $text_end))
      (local.set $place
        (call $program_again (local.get $L)
          (local.get $place)
          (local.get $version)
          (local.get $pattern)
          (local.get $length)))
      (local.set $version (call $version_of (local.get $place)))
      (if (local.get $anchored)
        (then
          (local.set $left (i32.const 1))
          (global.set $found (local.get $at))
          (local.set $end
            (call $match (local.get $L)
              (i32.add (i32.load (local.get $place)) (i32.const 16))
              (local.get $at))))
        (else
          (local.set $end
            (call $search (local.get $L) (i32.load (local.get $place)) (local.get $at)))))
      (br_if $done (i32.eqz (local.get $end)))
      (local.set $found (global.get $found))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      ;; Behind an empty match an octet stays as it is.
      (local.set $at
        (i32.add
          (local.get $end)
          (i32.eq (local.get $end) (local.get $found))))
      (local.set $value (i32.const 0))
      (if (i32.ne (local.get $kind) (global.get $type_string))
        (then
          (local.set $value
            (call $push_value (local.get $L)
              (i32.load (local.get $place))
              (local.get $kind)
              (local.get $end)))
          (local.set $value_length (global.get $argument_length)))
        (else (local.set $value (global.get $replacement))))
      ;; Without a value the match stays, as the text before it does.
      (if (local.get $value)
        (then
          (if (i32.eqz (local.get $result))
            (then
              (local.set $result (call $first_block (local.get $L) (local.get $kind)))))
          (local.set $result
            (call $append (local.get $L)
              (local.get $result)
              (local.get $copied)
              (i32.sub (local.get $found) (local.get $copied))))
          (local.set $copied (local.get $end))
          (local.set $result
            (if (result i32) (i32.eq (local.get $kind) (global.get $type_string))
              (then
                (call $append_expansion (local.get $L)
                  (local.get $result)
                  (i32.load (local.get $place))
                  (local.get $end)))
              (else
                (call $append (local.get $L)
                  (local.get $result)
                  (local.get $value)
                  (local.get $value_length)))))))
      (if (i32.ne (local.get $kind) (global.get $type_string))
        (then (call $settop (local.get $L) (global.get $result_index))))
      (br_if $next (i32.le_u (local.get $at) (local.get $text_end)))))
  (if (local.get $result)
    (then
      (local.set $result
        (call $append (local.get $L)
          (local.get $result)
          (local.get $copied)
          (i32.sub (local.get $text_end) (local.get $copied))))
      (drop
        (call $pushlstring (local.get $L)
          (i32.add (local.get $result) (i32.const 8))
          (i32.load (local.get $result)))))
    (else (call $pushvalue (local.get $L) (i32.const 1))))
  (call $pushinteger (local.get $L) (i64.extend_i32_u (local.get $count)))
  (i32.const 2))

;; What a string replaces with, while it does.
(global $replacement (mut i32) (i32.const 0))
(global $replacement_end (mut i32) (i32.const 0))
;; Where its first `%` is.
(global $replacement_escape (mut i32) (i32.const 0))

;; The type of argument 3; a number counts as the string that it becomes.
(func $replacement_kind (param $L i32) (result i32)
  (local $kind i32)
  (local.set $kind (call $type (local.get $L) (i32.const 3)))
  (if
    (i32.gt_u
      (i32.sub (local.get $kind) (global.get $type_number))
      (i32.sub (global.get $type_function) (global.get $type_number)))
    (then
      (drop
        (call $argerror (local.get $L)
          (i32.const 3)
          (call $message (global.get $replacement_expected))))))
  (if (i32.gt_u (local.get $kind) (global.get $type_string))
    (then (return (local.get $kind))))
  (global.set $replacement (call $string_argument (local.get $L) (i32.const 3)))
  (global.set $replacement_end
    (i32.add (global.get $replacement) (global.get $argument_length)))
  (global.set $replacement_escape
    (call $find_octet
      (global.get $replacement)
      (global.get $replacement_end)
      (i32.const 0x25 (; % ;))))
  (global.get $type_string))

;; Push what a call or a look-up with the captures gives. Returns where that string starts, its
;; length in $argument_length; 0 for nil and false.
(func $push_value (param $L i32) (param $program i32) (param $kind i32) (param $end i32)
  (result i32)
  (local $arguments i32)
  (local $value i32)
  (if (i32.eq (local.get $kind) (global.get $type_function))
    (then
      (call $pushvalue (local.get $L) (i32.const 3))
      (local.set $arguments
        (call $push_match (local.get $L)
          (local.get $program)
          (global.get $found)
          (local.get $end)))
      (call $callk (local.get $L)
        (local.get $arguments)
        (i32.const 1)
        (i32.const 0)
        (i32.const 0)))
    (else
      (call $push_first (local.get $L)
        (local.get $program)
        (global.get $found)
        (local.get $end))
      (drop (call $gettable (local.get $L) (i32.const 3)))))
  (local.set $value (call $to_string (local.get $L) (i32.const -1)))
  (if (i32.eqz (local.get $value))
    (then
      (if (call $toboolean (local.get $L) (i32.const -1))
        (then (call $raise_replacement (local.get $L))))))
  (local.get $value))

;; Push the first capture, the whole match when there is none.
(func $push_first (param $L i32) (param $program i32) (param $start i32) (param $end i32)
  (if (i32.load (local.get $program))
    (then (call $push_capture (local.get $L) (i32.const 0)))
    (else
      (drop
        (call $pushlstring (local.get $L) (local.get $start)
          (i32.sub (local.get $end) (local.get $start)))))))

;; Append the replacement with `%0` to `%9` replaced; `%` before anything else stands for that, and
;; at the end for the zero that ends each string.
(func $append_expansion
  (param $L i32) (param $result i32) (param $program i32) (param $end i32) (result i32)
  (local $at i32)
  (local $escape i32)
  (local.set $at (global.get $replacement))
  (local.set $escape (global.get $replacement_escape))
  (loop $next
    (local.set $result
      (call $append (local.get $L)
        (local.get $result)
        (local.get $at)
        (i32.sub (local.get $escape) (local.get $at))))
    (if (i32.lt_u (local.get $escape) (global.get $replacement_end))
      (then
        (local.set $result
          (call $append_escape (local.get $L)
            (local.get $result)
            (local.get $program)
            (local.get $end)
            (i32.add (local.get $escape) (i32.const 1))))
        (local.set $at (i32.add (local.get $escape) (i32.const 2)))
        (if (i32.lt_u (local.get $at) (global.get $replacement_end))
          (then
            (local.set $escape
              (call $find_octet
                (local.get $at)
                (global.get $replacement_end)
                (i32.const 0x25 (; % ;))))
            (br $next))))))
  (local.get $result))

;; Append what `%` and the octet at $at stand for.
(func $append_escape
  (param $L i32) (param $result i32) (param $program i32) (param $end i32) (param $at i32)
  (result i32)
  (local $n i32)
  (local $captured i32)
  (local.set $n (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30 (; 0 ;))))
  (if (i32.gt_u (local.get $n) (i32.const 9))
    (then
      (return
        (call $append (local.get $L)
          (local.get $result)
          (local.get $at)
          (i32.const 1)))))
  (if
    (i32.or
      (i32.eqz (local.get $n))
      (i32.and
        (i32.eq (local.get $n) (i32.const 1))
        (i32.eqz (i32.load (local.get $program)))))
    (then
      (return
        (call $append (local.get $L)
          (local.get $result)
          (global.get $found)
          (i32.sub (local.get $end) (global.get $found))))))
  (if (i32.gt_u (local.get $n) (i32.load (local.get $program)))
    (then (call $raise (local.get $L) (global.get $invalid_index))))
  (local.set $captured (call $capture (i32.sub (local.get $n) (i32.const 1))))
  (if (i32.gt_s (i32.load offset=4 (local.get $captured)) (i32.const 0))
    (then
      (return
        (call $append (local.get $L)
          (local.get $result)
          (i32.load (local.get $captured))
          (i32.sub
            (i32.load offset=4 (local.get $captured))
            (i32.load (local.get $captured)))))))
  ;; A position, which becomes text, or a capture that is not closed.
  (call $push_capture (local.get $L) (i32.sub (local.get $n) (i32.const 1)))
  (local.set $captured (call $to_string (local.get $L) (i32.const -1)))
  (local.set $result
    (call $append (local.get $L)
      (local.get $result)
      (local.get $captured)
      (global.get $argument_length)))
  (call $settop (local.get $L) (global.get $result_index))
  (local.get $result))

;; An empty block to start with.
(func $first_block (param $L i32) (param $kind i32) (result i32)
  (local $block i32)
  (if (i32.ne (local.get $kind) (global.get $type_string))
    (then
      (return
        (call $new_block (local.get $L) (global.get $result_room)))))
  (local.set $block (i32.add (global.get $base) (global.get $result_at)))
  (i32.store (local.get $block) (i32.const 0))
  (i32.store offset=4 (local.get $block) (global.get $result_room))
  (local.get $block))

;; A block with room for $room octets, which lives as long as it is at its index.
(func $new_block (param $L i32) (param $room i32) (result i32)
  (local $block i32)
  (local.set $block
    (call $newuserdata (local.get $L)
      (i32.add (local.get $room) (i32.const 8))
      (i32.const 0)))
  (i32.store (local.get $block) (i32.const 0))
  (i32.store offset=4 (local.get $block) (local.get $room))
  (call $copyvalue (local.get $L) (i32.const -1) (global.get $result_index))
  (call $settop (local.get $L) (i32.const -2))
  (local.get $block))

;; Append $length octets; returns the block, which may be another one now.
(func $append (param $L i32) (param $block i32) (param $from i32) (param $length i32)
  (result i32)
  (local $used i32)
  (local.set $used (i32.load (local.get $block)))
  (if
    (i32.gt_u
      (local.get $length)
      (i32.sub (i32.load offset=4 (local.get $block)) (local.get $used)))
    (then
      (local.set $block
        (call $grow (local.get $L)
          (local.get $block)
          (i32.add (local.get $used) (local.get $length))))))
  (i32.store (local.get $block) (i32.add (local.get $used) (local.get $length)))
  (call $copy
    (i32.add (i32.add (local.get $block) (i32.const 8)) (local.get $used))
    (local.get $from)
    (local.get $length))
  (local.get $block))

;; A block with room for $needed octets and as many again, filled as $block is. What is copied is
;; charged for: all of it, for the first time or again.
(func $grow (param $L i32) (param $block i32) (param $needed i32) (result i32)
  (local $grown i32)
  (local $used i32)
  (if (i32.gt_u (local.get $needed) (i32.const 0x3fffffff))
    (then (call $raise (local.get $L) (global.get $too_long))))
  (call $charge (local.get $L) (i32.shr_u (local.get $needed) (i32.const 3)))
  (local.set $grown
    (call $new_block (local.get $L)
      (i32.add (i32.shl (local.get $needed) (i32.const 1)) (i32.const 120))))
  (local.set $used (i32.load (local.get $block)))
  (i32.store (local.get $grown) (local.get $used))
  (memory.copy
    (i32.add (local.get $grown) (i32.const 8))
    (i32.add (local.get $block) (i32.const 8))
    (local.get $used))
  (local.get $grown))

;; memory.copy costs a call into the runtime: short pieces go faster by words.
(func $copy (param $to i32) (param $from i32) (param $length i32)
  (if (i32.gt_u (local.get $length) (i32.const 64))
    (then
      (memory.copy (local.get $to) (local.get $from) (local.get $length))
      (return)))
  (block $rest
    (loop $word
      (br_if $rest (i32.lt_u (local.get $length) (i32.const 8)))
      (i64.store (local.get $to) (i64.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $length (i32.sub (local.get $length) (i32.const 8)))
      (br $word)))
  (loop $octet
    (if (local.get $length)
      (then
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $octet)))))
