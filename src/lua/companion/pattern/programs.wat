;; Programs of patterns used before: 63 places by a hash of the pattern, and one for the large.
;;
;;   program:  | captures | first: 0 unknown, 1 octet, 2 set | first | text | item | item | …
;;
;; "First" is what a match must start with, "text" the copy of the pattern that the items refer to.
;; A place may be taken by another pattern whenever Lua code runs: $version tells.

(global $large_place i32 (i32.const 63))
;; Octets of a pattern up to which it is small: its block has less than 8 kB.
(global $small_pattern i32 (i32.const 128))
(global $version (mut i32) (i32.const 0))

;; The place, in the table of programs, of the pattern of $length octets at $text.
(func $program (param $L i32) (param $text i32) (param $length i32) (result i32)
  (local $place i32)
  (local.set $place
    (i32.add
      (i32.add (global.get $base) (global.get $programs_at))
      (i32.shl
        (if (result i32) (i32.gt_u (local.get $length) (global.get $small_pattern))
          (then (global.get $large_place))
          (else
            (i32.rem_u
              (call $hash (local.get $text) (local.get $length))
              (global.get $large_place))))
        (i32.const 4))))
  (if (call $holds (local.get $place) (local.get $text) (local.get $length))
    (then (return (local.get $place))))
  (call $reserve_block (local.get $L)
    (local.get $place)
    (call $block_size (local.get $L) (local.get $text) (local.get $length)))
  (call $fill (local.get $place) (local.get $text) (local.get $length))
  (call $charge (local.get $L) (i32.shl (local.get $length) (i32.const 2)))
  (local.get $place))

;; As $program, faster when $place still holds the version that it held before; 0 is no place.
(func $program_again
  (param $L i32) (param $place i32) (param $version i32) (param $text i32) (param $length i32)
  (result i32)
  (if (local.get $place)
    (then
      (if (i32.eq (call $version_of (local.get $place)) (local.get $version))
        (then (return (local.get $place))))))
  (call $program (local.get $L) (local.get $text) (local.get $length)))

(func $version_of (param $place i32) (result i32)
  (i32.load offset=12 (local.get $place)))

;; Octets that the program of a pattern takes at most: an item for each of its octets and the end,
;; a set for each bracket. Raises an error when the pattern is too long.
(func $block_size (param $L i32) (param $text i32) (param $length i32) (result i32)
  (local $at i32)
  (local $end i32)
  (local $size i32)
  (if (i32.gt_u (local.get $length) (global.get $longest_pattern))
    (then (call $raise (local.get $L) (global.get $too_complex))))
  (local.set $size
    (i32.add (i32.mul (local.get $length) (i32.const 25)) (i32.const 40)))
  (local.set $at (local.get $text))
  (local.set $end (i32.add (local.get $text) (local.get $length)))
  (loop $octet
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5b (; left bracket ;)))
          (then (local.set $size (i32.add (local.get $size) (i32.const 32)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $octet))))
  (local.get $size))

;; Of the length and the first and last eight octets.
(func $hash (param $text i32) (param $length i32) (result i32)
  (local $word i64)
  (if (i32.ge_u (local.get $length) (i32.const 8))
    (then
      (local.set $word
        (i64.xor
          (i64.load (local.get $text))
          (i64.rotl
            (i64.load
              (i32.sub (i32.add (local.get $text) (local.get $length)) (i32.const 8)))
            (i64.const 25)))))
    (else
      (local.set $word (call $word (local.get $text) (local.get $length)))))
  (i32.wrap_i64
    (i64.shr_u
      (i64.mul
        (i64.add (local.get $word) (i64.extend_i32_u (local.get $length)))
        (i64.const 0x9e3779b97f4a7c15))
      (i64.const 33))))

;; Up to seven octets as one number, different for different octets of the same length.
(func $word (param $at i32) (param $length i32) (result i64)
  (if (i32.ge_u (local.get $length) (i32.const 4))
    (then
      (return
        (i64.or
          (i64.shl (i64.load32_u (local.get $at)) (i64.const 32))
          (i64.load32_u
            (i32.sub (i32.add (local.get $at) (local.get $length)) (i32.const 4)))))))
  (if (i32.ge_u (local.get $length) (i32.const 2))
    (then
      (return
        (i64.or
          (i64.shl (i64.load16_u (local.get $at)) (i64.const 16))
          (i64.load16_u
            (i32.sub (i32.add (local.get $at) (local.get $length)) (i32.const 2)))))))
  (if (result i64) (local.get $length)
    (then (i64.load8_u (local.get $at)))
    (else (i64.const 0))))

;; Whether $place holds the program of this pattern.
(func $holds (param $place i32) (param $text i32) (param $length i32) (result i32)
  (local $block i32)
  (local.set $block (i32.load (local.get $place)))
  (if (i32.eqz (local.get $block)) (then (return (i32.const 0))))
  (if (i32.ne (i32.load offset=8 (local.get $place)) (local.get $length))
    (then (return (i32.const 0))))
  (call $equal
    (i32.load offset=12 (local.get $block))
    (local.get $text)
    (local.get $length)))

;; Whether two texts are equal: by words, the last of which may overlap the one before.
(func $equal (param $a i32) (param $b i32) (param $length i32) (result i32)
  (if (i32.lt_u (local.get $length) (i32.const 8))
    (then
      (return
        (i64.eq
          (call $word (local.get $a) (local.get $length))
          (call $word (local.get $b) (local.get $length))))))
  (loop $next
    (if (i64.ne (i64.load (local.get $a)) (i64.load (local.get $b)))
      (then (return (i32.const 0))))
    (local.set $length (i32.sub (local.get $length) (i32.const 8)))
    (local.set $a (i32.add (local.get $a) (i32.const 8)))
    (local.set $b (i32.add (local.get $b) (i32.const 8)))
    (br_if $next (i32.ge_u (local.get $length) (i32.const 8))))
  (i64.eq
    (i64.load (i32.sub (i32.add (local.get $a) (local.get $length)) (i32.const 8)))
    (i64.load (i32.sub (i32.add (local.get $b) (local.get $length)) (i32.const 8)))))

;; Give $place a block of $size octets at least; what it held is lost.
(func $reserve_block (param $L i32) (param $place i32) (param $size i32)
  (if (i32.le_u (local.get $size) (i32.load offset=4 (local.get $place))) (then (return)))
  (call $free (i32.load (local.get $place)))
  (i32.store offset=4 (local.get $place) (i32.const 0))
  (i32.store (local.get $place) (call $malloc (local.get $size)))
  (if (i32.eqz (i32.load (local.get $place)))
    (then (call $raise (local.get $L) (global.get $no_memory))))
  (i32.store offset=4 (local.get $place) (local.get $size)))

;; Compile the pattern into the block of $place.
(func $fill (param $place i32) (param $text i32) (param $length i32)
  (local $block i32)
  (local $copy i32)
  (local $items i32)
  (global.set $version (i32.add (global.get $version) (i32.const 1)))
  (i32.store offset=8 (local.get $place) (local.get $length))
  (i32.store offset=12 (local.get $place) (global.get $version))
  (local.set $block (i32.load (local.get $place)))
  (local.set $items (i32.add (local.get $block) (i32.const 16)))
  ;; The text lies behind the items, the sets behind the text.
  (local.set $copy
    (i32.add
      (local.get $items)
      (i32.mul (i32.add (local.get $length) (i32.const 1)) (i32.const 24))))
  (memory.copy (local.get $copy) (local.get $text) (local.get $length))
  (call $compile
    (local.get $copy)
    (i32.add (local.get $copy) (local.get $length))
    (local.get $items)
    (i32.add (local.get $copy) (local.get $length)))
  (i32.store (local.get $block) (global.get $captures))
  (i32.store offset=12 (local.get $block) (local.get $copy))
  (call $note_first (local.get $block) (local.get $items)))

;; Note what the first item that is no capture wants.
(func $note_first (param $block i32) (param $item i32)
  (local $operation i32)
  (i32.store offset=4 (local.get $block) (i32.const 0))
  (loop $next
    (local.set $operation (i32.load (local.get $item)))
    (if (i32.eq (local.get $operation) (global.get $op_set))
      (then
        (i32.store offset=4 (local.get $block) (i32.const 2))
        (i32.store offset=8 (local.get $block) (i32.load offset=4 (local.get $item)))))
    (if (i32.eq (local.get $operation) (global.get $op_literal))
      (then
        (i32.store offset=4 (local.get $block) (i32.const 1))
        (i32.store offset=8 (local.get $block)
          (i32.load8_u (i32.load offset=4 (local.get $item))))))
    (if
      (i32.or
        (i32.eq (local.get $operation) (global.get $op_open))
        (i32.eq (local.get $operation) (global.get $op_position)))
      (then
        (local.set $item (i32.add (local.get $item) (i32.const 24)))
        (br $next)))))
