;; The classes `%a` and so on: a set and its complement for each letter, in the C locale.

;; Bit n is 1 when the nth letter of the alphabet names a class.
(global $class_letters (mut i32) (i32.const 0))

;; Where the sets of the small letter $letter are.
(func $class_of (param $letter i32) (result i32)
  (i32.add
    (i32.add (global.get $base) (global.get $classes_at))
    (i32.shl (i32.sub (local.get $letter) (i32.const 97)) (i32.const 6))))

;; The set that `%` and $letter stand for: 0 when that is the letter itself.
(func $class (param $letter i32) (result i32)
  (local $small i32)
  (local.set $small (i32.or (local.get $letter) (i32.const 32)))
  (if (i32.gt_u (i32.sub (local.get $small) (i32.const 97)) (i32.const 25))
    (then (return (i32.const 0))))
  (if
    (i32.eqz
      (i32.and
        (i32.shr_u (global.get $class_letters) (i32.sub (local.get $small) (i32.const 97)))
        (i32.const 1)))
    (then (return (i32.const 0))))
  (i32.add
    (call $class_of (local.get $small))
    (select
      (i32.const 0)
      (i32.const 32)
      (i32.eq (local.get $small) (local.get $letter)))))

(func $add (param $set i32) (param $octet i32)
  (local $at i32)
  (local.set $at (i32.add (local.get $set) (i32.shr_u (local.get $octet) (i32.const 3))))
  (i32.store8 (local.get $at)
    (i32.or
      (i32.load8_u (local.get $at))
      (i32.shl (i32.const 1) (i32.and (local.get $octet) (i32.const 7))))))

;; Add the octets from $first to $last, none when they are the wrong way round.
(func $add_range (param $set i32) (param $first i32) (param $last i32)
  (loop $next
    (if (i32.le_u (local.get $first) (local.get $last))
      (then
        (call $add (local.get $set) (local.get $first))
        (local.set $first (i32.add (local.get $first) (i32.const 1)))
        (br $next)))))

(func $add_all (param $set i32) (param $other i32)
  (local $i i32)
  (loop $word
    (i64.store (i32.add (local.get $set) (local.get $i))
      (i64.or
        (i64.load (i32.add (local.get $set) (local.get $i)))
        (i64.load (i32.add (local.get $other) (local.get $i)))))
    (local.set $i (i32.add (local.get $i) (i32.const 8)))
    (br_if $word (i32.lt_u (local.get $i) (i32.const 32)))))

;; Make $set what $other is not; they may be the same.
(func $complement (param $set i32) (param $other i32)
  (local $i i32)
  (loop $word
    (i64.store (i32.add (local.get $set) (local.get $i))
      (i64.xor
        (i64.load (i32.add (local.get $other) (local.get $i)))
        (i64.const -1)))
    (local.set $i (i32.add (local.get $i) (i32.const 8)))
    (br_if $word (i32.lt_u (local.get $i) (i32.const 32)))))

;; The class of the small letter $letter holds the octets from $first to $last too.
(func $define (param $letter i32) (param $first i32) (param $last i32)
  (local $set i32)
  (local.set $set (call $class_of (local.get $letter)))
  (global.set $class_letters
    (i32.or
      (global.get $class_letters)
      (i32.shl (i32.const 1) (i32.sub (local.get $letter) (i32.const 97)))))
  (call $add_range (local.get $set) (local.get $first) (local.get $last))
  (call $complement (i32.add (local.get $set) (i32.const 32)) (local.get $set)))

(func $start
  (local $specials i32)
  (memory.fill
    (i32.add (global.get $base) (global.get $length_at))
    (i32.const 0)
    (i32.sub (i32.const 4096) (global.get $length_at)))
  (call $define (i32.const 0x61 (; a ;)) (i32.const 65) (i32.const 90))
  (call $define (i32.const 0x61 (; a ;)) (i32.const 97) (i32.const 122))
  (call $define (i32.const 0x63 (; c ;)) (i32.const 0) (i32.const 31))
  (call $define (i32.const 0x63 (; c ;)) (i32.const 127) (i32.const 127))
  (call $define (i32.const 0x64 (; d ;)) (i32.const 48) (i32.const 57))
  (call $define (i32.const 0x67 (; g ;)) (i32.const 33) (i32.const 126))
  (call $define (i32.const 0x6c (; l ;)) (i32.const 97) (i32.const 122))
  (call $define (i32.const 0x70 (; p ;)) (i32.const 33) (i32.const 47))
  (call $define (i32.const 0x70 (; p ;)) (i32.const 58) (i32.const 64))
  (call $define (i32.const 0x70 (; p ;)) (i32.const 91) (i32.const 96))
  (call $define (i32.const 0x70 (; p ;)) (i32.const 123) (i32.const 126))
  (call $define (i32.const 0x73 (; s ;)) (i32.const 9) (i32.const 13))
  (call $define (i32.const 0x73 (; s ;)) (i32.const 32) (i32.const 32))
  (call $define (i32.const 0x75 (; u ;)) (i32.const 65) (i32.const 90))
  (call $define (i32.const 0x77 (; w ;)) (i32.const 48) (i32.const 57))
  (call $define (i32.const 0x77 (; w ;)) (i32.const 65) (i32.const 90))
  (call $define (i32.const 0x77 (; w ;)) (i32.const 97) (i32.const 122))
  (call $define (i32.const 0x78 (; x ;)) (i32.const 48) (i32.const 57))
  (call $define (i32.const 0x78 (; x ;)) (i32.const 65) (i32.const 70))
  (call $define (i32.const 0x78 (; x ;)) (i32.const 97) (i32.const 102))
  (call $define (i32.const 0x7a (; z ;)) (i32.const 0) (i32.const 0))
  (local.set $specials (i32.add (global.get $base) (global.get $specials_at)))
  (call $add (local.get $specials) (i32.const 0x5e (; ^ ;)))
  (call $add_range (local.get $specials) (i32.const 0x24 (; $ ;)) (i32.const 0x25 (; % ;)))
  (call $add (local.get $specials) (i32.const 0x28 (; left parenthesis ;)))
  (call $add_range (local.get $specials) (i32.const 0x2a (; * ;)) (i32.const 0x2b (; + ;)))
  (call $add_range (local.get $specials) (i32.const 0x2d (; - ;)) (i32.const 0x2e (; . ;)))
  (call $add (local.get $specials) (i32.const 0x3f (; ? ;)))
  (call $add (local.get $specials) (i32.const 0x5b (; left bracket ;))))

(start $start)
