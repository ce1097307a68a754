;; Runs programs over a subject.

;; The subject. Whoever lets Lua code run sets it anew.
(global $text (mut i32) (i32.const 0))
(global $text_end (mut i32) (i32.const 0))
;; Where the match that $search found starts.
(global $found (mut i32) (i32.const 0))

;; Steps until the script is charged for them; a step is an item or eight octets.
(global $left (mut i32) (i32.const 0))
(global $charged_steps i32 (i32.const 4096))

(func $charge (param $L i32) (param $steps i32)
  (global.set $left (i32.sub (global.get $left) (local.get $steps)))
  (if (i32.lt_s (global.get $left) (i32.const 0)) (then (call $settle (local.get $L)))))

(func $settle (param $L i32)
  (local $steps i32)
  (local.set $steps (i32.sub (global.get $charged_steps) (global.get $left)))
  (global.set $left (global.get $charged_steps))
  (call $spend (local.get $L) (local.get $steps)))

;; Find the first match from $at on: its end, 0 when there is none.
(func $search (param $L i32) (param $program i32) (param $at i32) (result i32)
  (local $first_kind i32)
  (local $first i32)
  (local $from i32)
  (local $end i32)
  (local.set $first_kind (i32.load offset=4 (local.get $program)))
  (local.set $first (i32.load offset=8 (local.get $program)))
  (loop $start
    (if (local.get $first_kind)
      (then
        (local.set $from (local.get $at))
        (local.set $at
          (if (result i32) (i32.eq (local.get $first_kind) (i32.const 1))
            (then
              (call $find_octet (local.get $at) (global.get $text_end) (local.get $first)))
            (else
              (call $find_member (local.get $at) (global.get $text_end) (local.get $first)))))
        (call $charge (local.get $L)
          (i32.shr_u (i32.sub (local.get $at) (local.get $from)) (i32.const 3)))
        (if (i32.eq (local.get $at) (global.get $text_end))
          (then (return (i32.const 0))))))
    (local.set $end
      (call $match (local.get $L)
        (i32.add (local.get $program) (i32.const 16))
        (local.get $at)))
    (if (local.get $end)
      (then
        (global.set $found (local.get $at))
        (return (local.get $end))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $start (i32.le_u (local.get $at) (global.get $text_end))))
  (i32.const 0))

;; Where $octet is next, $end when it is not; sixteen octets at a time.
(func $find_octet (param $at i32) (param $end i32) (param $octet i32) (result i32)
  (local $sixteen v128)
  (local $equal i32)
  (local.set $sixteen (i8x16.splat (local.get $octet)))
  (block $rest
    (loop $next
      (br_if $rest
        (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16)))
      (local.set $equal
        (i8x16.bitmask
          (i8x16.eq (v128.load (local.get $at)) (local.get $sixteen))))
      (if (local.get $equal)
        (then (return (i32.add (local.get $at) (i32.ctz (local.get $equal))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (if (i32.ne (i32.load8_u (local.get $at)) (local.get $octet))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next))))))
  (local.get $at))

;; Where an octet of $set is next, $end when none is.
(func $find_member (param $at i32) (param $end i32) (param $set i32) (result i32)
  (local $octet i32)
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $octet (i32.load8_u (local.get $at)))
        (if
          (i32.eqz
            (i32.and
              (i32.shr_u
                (i32.load
                  (i32.add
                    (local.get $set)
                    (i32.and (i32.shr_u (local.get $octet) (i32.const 3)) (i32.const 28))))
                (local.get $octet))
              (i32.const 1)))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next))))))
  (local.get $at))

;; Match the items from $item on at $at: where the match ends, 0 when there is none.
;;
;; Each item either goes on to the next, or goes back to the choice before it. A choice takes its
;; next possibility, or goes back further.
(func $match (param $L i32) (param $item i32) (param $at i32) (result i32)
  (local $a i32)
  (local $b i32)
  (local $end i32)
  (local $choice i32)
  (local $octet i32)
  (local $from i32)
  (local $fresh i32) ;; 1 when a choice with `-` is come to, not gone back to
  (local $left i32)
  (local.set $end (global.get $text_end))
  (local.set $left (global.get $left))
  (loop $run
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (if (i32.lt_s (local.get $left) (i32.const 0))
      (then
        (global.set $left (local.get $left))
        (call $settle (local.get $L))
        (local.set $left (global.get $left))))
    (local.set $a (i32.load offset=4 (local.get $item)))
    (local.set $choice (i32.load offset=12 (local.get $item)))
    (block $back
      (block $on
        (block $least (block $maybe_octet (block $maybe_set (block $maybe_any
        (block $most_octet (block $most_set (block $most_any
        (block $subject_end (block $frontier (block $balance (block $same
        (block $position (block $close (block $open
        (block $set (block $any (block $literal (block $mistake (block $done
          (br_table $done $mistake $literal $any $set $open $close $position $same $balance
            $frontier $subject_end $most_any $most_set $most_octet $maybe_any $maybe_set
            $maybe_octet $least
            (i32.load (local.get $item))))
        ;; done
        (global.set $left (local.get $left))
        (return (local.get $at)))
        ;; mistake
        (global.set $left (local.get $left))
        (call $raise (local.get $L) (local.get $a)))
        ;; literal
        (local.set $b (i32.load offset=8 (local.get $item)))
        (br_if $back
          (i32.gt_u (local.get $b) (i32.sub (local.get $end) (local.get $at))))
        (br_if $back
          (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $at))))
        (if (i32.gt_u (local.get $b) (i32.const 1))
          (then
            (local.set $left
              (i32.sub (local.get $left) (i32.shr_u (local.get $b) (i32.const 3))))
            (br_if $back
              (i32.eqz (call $equal (local.get $a) (local.get $at) (local.get $b))))))
        (local.set $at (i32.add (local.get $at) (local.get $b)))
        (br $on))
        ;; any
        (br_if $back (i32.eq (local.get $at) (local.get $end)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $on))
        ;; set
        (br_if $back (i32.eq (local.get $at) (local.get $end)))
        (br_if $back
          (i32.eqz (call $has (local.get $a) (i32.load8_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $on))
        ;; open
        (i32.store (local.get $a) (local.get $at))
        (i32.store offset=4 (local.get $a) (global.get $capture_open))
        (br $on))
        ;; close
        (i32.store offset=4 (local.get $a) (local.get $at))
        (br $on))
        ;; position
        (i32.store (local.get $a) (local.get $at))
        (i32.store offset=4 (local.get $a) (global.get $capture_position))
        (br $on))
        ;; same
        (br_if $back
          (i32.eq (i32.load offset=4 (local.get $a)) (global.get $capture_position)))
        (local.set $b
          (i32.sub (i32.load offset=4 (local.get $a)) (i32.load (local.get $a))))
        (br_if $back
          (i32.gt_u (local.get $b) (i32.sub (local.get $end) (local.get $at))))
        (local.set $left
          (i32.sub (local.get $left) (i32.shr_u (local.get $b) (i32.const 3))))
        (br_if $back
          (i32.eqz
            (call $equal (i32.load (local.get $a)) (local.get $at) (local.get $b))))
        (local.set $at (i32.add (local.get $at) (local.get $b)))
        (br $on))
        ;; balance
        (br_if $back (i32.eq (local.get $at) (local.get $end)))
        (br_if $back (i32.ne (i32.load8_u (local.get $at)) (local.get $a)))
        (local.set $from (local.get $at))
        (local.set $at
          (call $balanced (local.get $at)
            (local.get $a)
            (i32.load offset=8 (local.get $item))))
        (local.set $left
          (i32.sub (local.get $left)
            (i32.shr_u
              (i32.sub
                (select (local.get $at) (local.get $end) (local.get $at))
                (local.get $from))
              (i32.const 3))))
        (br_if $back (i32.eqz (local.get $at)))
        (br $on))
        ;; frontier
        (br_if $back
          (call $has (local.get $a)
            (call $octet_or_zero (i32.sub (local.get $at) (i32.const 1)))))
        (br_if $back
          (i32.eqz
            (call $has (local.get $a) (call $octet_or_zero (local.get $at)))))
        (br $on))
        ;; subject end
        (br_if $back (i32.ne (local.get $at) (local.get $end)))
        (br $on))
        ;; most any: as many as there are; $back then takes one possibility after the other, of
        ;; which one behind the last is the first.
        (i32.store offset=20 (local.get $item) (local.get $at))
        (i32.store offset=16 (local.get $item) (i32.add (local.get $end) (i32.const 1)))
        (local.set $choice (local.get $item))
        (br $back))
        ;; most set
        (i32.store offset=20 (local.get $item) (local.get $at))
        (local.set $from (local.get $at))
        (block $stop
          (loop $next
            (br_if $stop (i32.eq (local.get $at) (local.get $end)))
            (local.set $octet (i32.load8_u (local.get $at)))
            (br_if $stop
              (i32.eqz
                (i32.and
                  (i32.shr_u
                    (i32.load
                      (i32.add
                        (local.get $a)
                        (i32.and
                          (i32.shr_u (local.get $octet) (i32.const 3))
                          (i32.const 28))))
                    (local.get $octet))
                  (i32.const 1))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (local.set $left
          (i32.sub (local.get $left)
            (i32.shr_u (i32.sub (local.get $at) (local.get $from)) (i32.const 3))))
        (i32.store offset=16 (local.get $item) (i32.add (local.get $at) (i32.const 1)))
        (local.set $choice (local.get $item))
        (br $back))
        ;; most octet
        (i32.store offset=20 (local.get $item) (local.get $at))
        (local.set $from (local.get $at))
        (block $stop
          (loop $next
            (br_if $stop (i32.eq (local.get $at) (local.get $end)))
            (br_if $stop (i32.ne (local.get $a) (i32.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (local.set $left
          (i32.sub (local.get $left)
            (i32.shr_u (i32.sub (local.get $at) (local.get $from)) (i32.const 3))))
        (i32.store offset=16 (local.get $item) (i32.add (local.get $at) (i32.const 1)))
        (local.set $choice (local.get $item))
        (br $back))
        ;; maybe any
        (i32.store offset=20 (local.get $item) (local.get $at))
        (i32.store offset=16 (local.get $item)
          (i32.add
            (i32.add (local.get $at) (i32.const 1))
            (i32.ne (local.get $at) (local.get $end))))
        (local.set $choice (local.get $item))
        (br $back))
        ;; maybe set
        (i32.store offset=20 (local.get $item) (local.get $at))
        (if (i32.ne (local.get $at) (local.get $end))
          (then
            (local.set $at
              (i32.add
                (local.get $at)
                (call $has (local.get $a) (i32.load8_u (local.get $at)))))))
        (i32.store offset=16 (local.get $item) (i32.add (local.get $at) (i32.const 1)))
        (local.set $choice (local.get $item))
        (br $back))
        ;; maybe octet
        (i32.store offset=20 (local.get $item) (local.get $at))
        (if (i32.ne (local.get $at) (local.get $end))
          (then
            (local.set $at
              (i32.add
                (local.get $at)
                (i32.eq (local.get $a) (i32.load8_u (local.get $at)))))))
        (i32.store offset=16 (local.get $item) (i32.add (local.get $at) (i32.const 1)))
        (local.set $choice (local.get $item))
        (br $back))
        ;; least: any, a set or an octet, as few as will do
        (i32.store offset=16 (local.get $item) (local.get $at))
        (local.set $fresh (i32.const 1))
        (local.set $choice (local.get $item))
        (br $back))
      ;; on
      (local.set $item (i32.add (local.get $item) (i32.const 24)))
      (br $run))
    ;; back
    (loop $choose
      (if (i32.eqz (local.get $choice))
        (then
          (global.set $left (local.get $left))
          (return (i32.const 0))))
      (local.set $item (local.get $choice))
      (local.set $at (i32.load offset=16 (local.get $item)))
      (local.set $a (i32.load offset=4 (local.get $item)))
      (local.set $b (i32.load offset=8 (local.get $item)))
      (local.set $from (local.get $at))
      (block $none
        (block $take
          (if (i32.lt_u (i32.load (local.get $item)) (global.get $op_least))
            (then
              ;; One fewer, down to the one that what must follow follows.
              (loop $fewer
                (br_if $none
                  (i32.eq (local.get $at) (i32.load offset=20 (local.get $item))))
                (local.set $at (i32.sub (local.get $at) (i32.const 1)))
                (if (i32.ge_s (local.get $b) (i32.const 0))
                  (then
                    (br_if $fewer (i32.eq (local.get $at) (local.get $end)))
                    (br_if $fewer
                      (i32.ne (i32.load8_u (local.get $at)) (local.get $b)))))))
            (else
              ;; One more, up to the one that what must follow follows.
              (if
                (i32.and
                  (i32.eq (i32.load (local.get $item)) (global.get $op_least))
                  (i32.ge_s (local.get $b) (i32.const 0)))
                (then
                  ;; Where it stood before there was such an octet: behind it is not behind the end.
                  (local.set $at
                    (call $find_octet
                      (i32.add (local.get $at) (i32.eqz (local.get $fresh)))
                      (local.get $end)
                      (local.get $b)))
                  (local.set $fresh (i32.const 0))
                  (br_if $none (i32.eq (local.get $at) (local.get $end)))
                  (br $take)))
              (loop $more
                (if (i32.eqz (local.get $fresh))
                  (then
                    (br_if $none (i32.eq (local.get $at) (local.get $end)))
                    (local.set $octet (i32.load8_u (local.get $at)))
                    (br_if $none
                      (i32.eqz
                        (call $is (i32.load (local.get $item))
                          (local.get $a)
                          (local.get $octet))))
                    (local.set $at (i32.add (local.get $at) (i32.const 1)))))
                (local.set $fresh (i32.const 0))
                (if (i32.ge_s (local.get $b) (i32.const 0))
                  (then
                    (br_if $none (i32.eq (local.get $at) (local.get $end)))
                    (br_if $more
                      (i32.ne (i32.load8_u (local.get $at)) (local.get $b)))))))))
        (i32.store offset=16 (local.get $item) (local.get $at))
        (local.set $left
          (i32.sub (local.get $left)
            (i32.shr_u
              (select
                (i32.sub (local.get $at) (local.get $from))
                (i32.sub (local.get $from) (local.get $at))
                (i32.gt_u (local.get $at) (local.get $from)))
              (i32.const 3))))
        (local.set $item (i32.add (local.get $item) (i32.const 24)))
        (br $run))
      ;; none
      (local.set $left
        (i32.sub (local.get $left)
          (i32.add
            (i32.shr_u
              (select
                (i32.sub (local.get $at) (local.get $from))
                (i32.sub (local.get $from) (local.get $at))
                (i32.gt_u (local.get $at) (local.get $from)))
              (i32.const 3))
            (i32.const 1))))
      (if (i32.lt_s (local.get $left) (i32.const 0))
        (then
          (global.set $left (local.get $left))
          (call $settle (local.get $L))
          (local.set $left (global.get $left))))
      (local.set $choice (i32.load offset=12 (local.get $item)))
      (br $choose)))
  (unreachable))

;; Whether an operation with `-` may take $octet.
(func $is (param $operation i32) (param $a i32) (param $octet i32) (result i32)
  (if (i32.eq (local.get $operation) (i32.add (global.get $op_least) (global.get $kind_set)))
    (then (return (call $has (local.get $a) (local.get $octet)))))
  (if (i32.eq (local.get $operation) (global.get $op_least)) (then (return (i32.const 1))))
  (i32.eq (local.get $a) (local.get $octet)))

;; The octet at $at, 0 before and behind the subject.
(func $octet_or_zero (param $at i32) (result i32)
  (if
    (i32.or
      (i32.lt_u (local.get $at) (global.get $text))
      (i32.ge_u (local.get $at) (global.get $text_end)))
    (then (return (i32.const 0))))
  (i32.load8_u (local.get $at)))

;; Behind the octet that closes what the one at $at opens; 0 when none does.
(func $balanced (param $at i32) (param $opening i32) (param $closing i32) (result i32)
  (local $depth i32)
  (local $octet i32)
  (local.set $depth (i32.const 1))
  (loop $next
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (if (i32.lt_u (local.get $at) (global.get $text_end))
      (then
        (local.set $octet (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $octet) (local.get $closing))
          (then
            (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
            (if (i32.eqz (local.get $depth))
              (then (return (i32.add (local.get $at) (i32.const 1))))))
          (else
            (local.set $depth
              (i32.add
                (local.get $depth)
                (i32.eq (local.get $octet) (local.get $opening))))))
        (br $next))))
  (i32.const 0))
