;; Text of addresses, as src/bytes/address.ts writes it: a function gets the place of the octets and
;; the place of the text, and returns where the text ends.
(module
  (import "vm" "memory" (memory 1))

  (func $put (param $to i32) (param $character i32) (result i32)
    (i32.store8 (local.get $to) (local.get $character))
    (i32.add (local.get $to) (i32.const 1)))

  (func $digit (param $to i32) (param $value i32) (result i32)
    (call $put
      (local.get $to)
      (i32.add
        (local.get $value)
        (select (i32.const 0x57) (i32.const 0x30) (i32.gt_u (local.get $value) (i32.const 9))))))

  (func $decimal (param $to i32) (param $value i32) (result i32)
    (if (i32.gt_u (local.get $value) (i32.const 99))
      (then
        (local.set $to
          (call $digit (local.get $to) (i32.div_u (local.get $value) (i32.const 100))))))
    (if (i32.gt_u (local.get $value) (i32.const 9))
      (then
        (local.set $to
          (call $digit
            (local.get $to)
            (i32.rem_u (i32.div_u (local.get $value) (i32.const 10)) (i32.const 10))))))
    (call $digit (local.get $to) (i32.rem_u (local.get $value) (i32.const 10))))

  (func $ipv4 (export "ipv4") (param $at i32) (param $to i32) (result i32)
    (local $last i32)
    (local.set $last (i32.add (local.get $at) (i32.const 3)))
    (loop $octets
      (local.set $to (call $decimal (local.get $to) (i32.load8_u (local.get $at))))
      (if (i32.lt_u (local.get $at) (local.get $last))
        (then
          (local.set $to (call $put (local.get $to) (i32.const 0x2e)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $octets))))
    (local.get $to))

  (func (export "mac") (param $at i32) (param $to i32) (result i32)
    (local $last i32)
    (local $octet i32)
    (local.set $last (i32.add (local.get $at) (i32.const 5)))
    (loop $octets
      (local.set $octet (i32.load8_u (local.get $at)))
      (local.set $to
        (call $digit (local.get $to) (i32.shr_u (local.get $octet) (i32.const 4))))
      (local.set $to
        (call $digit (local.get $to) (i32.and (local.get $octet) (i32.const 15))))
      (if (i32.lt_u (local.get $at) (local.get $last))
        (then
          (local.set $to (call $put (local.get $to) (i32.const 0x3a)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $octets))))
    (local.get $to))

  ;; Sixteen bits in hexadecimal without leading zeros.
  (func $group (param $to i32) (param $at i32) (result i32)
    (local $value i32)
    (local $shift i32)
    (local.set $value
      (i32.or
        (i32.shl (i32.load8_u (local.get $at)) (i32.const 8))
        (i32.load8_u offset=1 (local.get $at))))
    (local.set $shift (i32.const 12))
    (loop $skip
      (if (i32.and
            (i32.ne (local.get $shift) (i32.const 0))
            (i32.eqz (i32.shr_u (local.get $value) (local.get $shift))))
        (then
          (local.set $shift (i32.sub (local.get $shift) (i32.const 4)))
          (br $skip))))
    (loop $digits
      (local.set $to
        (call $digit
          (local.get $to)
          (i32.and (i32.shr_u (local.get $value) (local.get $shift)) (i32.const 15))))
      (if (i32.ne (local.get $shift) (i32.const 0))
        (then
          (local.set $shift (i32.sub (local.get $shift) (i32.const 4)))
          (br $digits))))
    (local.get $to))

  ;; Whether the address is ::ffff:0:0/96.
  (func $is_mapped (param $at i32) (result i32)
    (i32.and
      (i64.eqz (i64.load align=1 (local.get $at)))
      (i32.eq (i32.load offset=8 align=1 (local.get $at)) (i32.const 0xffff0000))))

  ;; The first longest run of zero groups, at least 2: its first group and its length, or 8 and 0.
  (func $longest_zeros (param $at i32) (result i32 i32)
    (local $i i32)
    (local $run i32)
    (local $from i32)
    (local $length i32)
    (local.set $from (i32.const 8))
    (local.set $length (i32.const 1))
    (loop $groups
      (if (i32.load16_u align=1
            (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 1))))
        (then (local.set $run (i32.const 0)))
        (else
          (local.set $run (i32.add (local.get $run) (i32.const 1)))
          (if (i32.gt_u (local.get $run) (local.get $length))
            (then
              (local.set $length (local.get $run))
              (local.set $from
                (i32.sub (i32.add (local.get $i) (i32.const 1)) (local.get $run)))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $groups (i32.lt_u (local.get $i) (i32.const 8))))
    (local.get $from)
    (local.get $length))

  (func $colons (param $to i32) (result i32)
    (i32.store16 align=1 (local.get $to) (i32.const 0x3a3a))
    (i32.add (local.get $to) (i32.const 2)))

  (func (export "ipv6") (param $at i32) (param $to i32) (result i32)
    (local $i i32)
    (local $from i32)
    (local $length i32)
    (if (call $is_mapped (local.get $at))
      (then
        (i64.store align=1 (local.get $to) (i64.const 0x003a666666663a3a)) ;; "::ffff:"
        (return
          (call $ipv4
            (i32.add (local.get $at) (i32.const 12))
            (i32.add (local.get $to) (i32.const 7))))))
    (call $longest_zeros (local.get $at))
    (local.set $length)
    (local.set $from)
    (loop $groups
      (if (i32.eq (local.get $i) (local.get $from))
        (then
          (local.set $to (call $colons (local.get $to)))
          (local.set $i (i32.add (local.get $i) (local.get $length))))
        (else
          (if (i32.and
                (i32.ne (local.get $i) (i32.const 0))
                (i32.ne
                  (local.get $i)
                  (i32.add (local.get $from) (local.get $length))))
            (then (local.set $to (call $put (local.get $to) (i32.const 0x3a)))))
          (local.set $to
            (call $group
              (local.get $to)
              (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 1)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))))
      (br_if $groups (i32.lt_u (local.get $i) (i32.const 8))))
    (local.get $to)))
