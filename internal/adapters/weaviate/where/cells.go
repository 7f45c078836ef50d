package where

import (
	"math"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"
)

// A key is a number or a time as a uint64 that sorts as they do. A cell is the keys that
// agree but for the last level hexadecimal digits.
type cell struct {
	level  uint8 // digits that are left open, 0 to 15
	prefix uint64
}

// digits of a key.
const digits = 16

// fills are how keys continue that end early: numbers below zero, whose bits are turned
// around, with ones, all others with zeros.
const (
	zeros uint64 = 0
	ones  uint64 = 0xf
)

// fillOf returns how the key of a number or a time continues.
func fillOf(key uint64, k kind) uint64 {
	if k == numberIn && key>>63 == 0 {
		return ones
	}
	return zeros
}

// numberKey returns the key of a number, and whether other numbers may have it too: integers
// beyond 2^53 are rounded.
func numberKey(v filterlang.Value) (key uint64, exact bool) {
	f := v.Float
	if v.Kind == filterlang.IntValue {
		f = float64(v.Int)
	}
	bits := math.Float64bits(f + 0) // -0 is 0
	if bits>>63 != 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return bits, math.Abs(f) < 1<<53
}

// instantKey returns the key of a time, and whether no other has it: beyond the years 1698
// to 2242 all do. Seconds stand before nanoseconds, so that whole seconds end early.
func instantKey(t time.Time) (key uint64, exact bool) {
	const half, nanoBits = 1 << 33, 30
	s := t.Unix()
	switch {
	case s < -half:
		return 0, false
	case s >= half:
		return math.MaxUint64, false
	}
	return uint64(s+half)<<nanoBits | uint64(t.Nanosecond()), true
}

// cellsOf calls fn with the cells that a key is in, from the narrowest on that says more than
// the next one, and reports the narrowest.
func cellsOf(key, fill uint64, fn func(cell)) (end cell) {
	level := uint8(0)
	for level < digits-1 && key>>(4*level)&0xf == fill {
		level++
	}
	end = cell{level, key >> (4 * level)}
	for ; level < digits; level++ {
		fn(cell{level, key >> (4 * level)})
	}
	return end
}

// cover calls in with cells that together are the keys from lo to hi, and end with those that
// a key in them may end at.
func cover(lo, hi uint64, k kind, in, end func(cell)) {
	for level := uint8(0); ; level++ {
		if level == digits-1 {
			span(cell{level, lo}, hi, k, in, end)
			return
		}
		// The wider cells are taken where they begin and end with whole ones.
		first, last := lo, hi
		if lo&0xf != 0 {
			first = lo | 0xf
			span(cell{level, lo}, min(first, hi), k, in, end)
			if first++; first == 0 {
				return
			}
		}
		if first > hi {
			return
		}
		if hi&0xf != 0xf {
			last = hi &^ 0xf
			span(cell{level, max(last, first)}, hi, k, in, end)
			if last == 0 {
				return
			}
			last--
		}
		if first > last {
			return
		}
		lo, hi = first>>4, last>>4
	}
}

// span takes the cells of one level from c up to a prefix.
func span(c cell, to uint64, k kind, in, end func(cell)) {
	for ; ; c.prefix++ {
		in(c)
		ends(c, k, end)
		if c.prefix == to {
			return
		}
	}
}

// ends calls end with the wider cells that a key in c may end at, as its last digits are
// those that it is filled with.
func ends(c cell, k kind, end func(cell)) {
	fill := fillOf(c.prefix<<(4*c.level), k)
	for c.level < digits-1 && c.prefix&0xf == fill {
		c = cell{c.level + 1, c.prefix >> 4}
		end(c)
	}
}
