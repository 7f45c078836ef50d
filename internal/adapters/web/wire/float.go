package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// fault says what is wrong with a number.
type fault uint8

const (
	fine fault = iota
	notANumber
	outOfRange
)

// Powers of ten that number multiplies by, each the float64 nearest to the true power.
const (
	minPow10 = -63
	maxPow10 = 38
)

var pow10 = func() (t [maxPow10 - minPow10 + 1]float64) {
	for i := range t {
		t[i], _ = strconv.ParseFloat("1e"+strconv.Itoa(i+minPow10), 64) // all are in range
	}
	return t
}()

// maxDigits is how many decimal digits always fit into a uint64.
const maxDigits = 19

// number reads the JSON number that starts at b[i] as the nearest float32, and returns
// where it ends. The result is that of strconv.ParseFloat(…, 32), bit for bit.
//
// With at most 19 digits m and a power e in the table, y = float64(m) * 10^e has three
// roundings (of m, of the power, of the product), each of at most 2^-53 relative, so y
// is off by less than 4 units in its last place. Rounding y to float32 then gives the
// nearest float32 to the true value unless a midpoint of two float32 lies within those
// 4 units; a float64 keeps 29 bits below those of a normal float32, so a midpoint shows
// as 2^28 in them. Then, and outside of the normal range, strconv decides.
func number(b []byte, i int) (v float32, end int, f fault) {
	start := i
	var sign uint32
	if i < len(b) && b[i] == '-' {
		sign = 1 << 31
		i++
	}
	if i == len(b) || b[i]-'0' > 9 {
		return 0, i, notANumber
	}
	var m uint64
	var digits int
	if b[i] == '0' {
		i++
		if i < len(b) && b[i]-'0' <= 9 {
			return 0, i, notANumber // JSON has no leading zeros
		}
	} else {
		first := i
		m, i = readDigits(b, i, 0)
		digits = i - first
	}
	e := 0
	if i < len(b) && b[i] == '.' {
		i++
		first := i
		if m == 0 {
			for i < len(b) && b[i] == '0' {
				i++
			}
		}
		significant := i
		m, i = readDigits(b, i, m)
		if i == first {
			return 0, i, notANumber
		}
		digits += i - significant
		e = first - i
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		x, j := exponent(b, i+1)
		if j < 0 {
			return 0, i, notANumber
		}
		i, e = j, e+x
	}
	if digits > maxDigits || e < minPow10 || e > maxPow10 {
		return byStrconv(b[start:i], i)
	}
	if m == 0 {
		return math.Float32frombits(sign), i, fine
	}
	y := float64(m) * pow10[e-minPow10]
	const half, margin = 1 << 28, 4
	low := math.Float64bits(y) & (1<<29 - 1)
	if low-(half-margin) <= 2*margin || y < 0x1p-126 || y > math.MaxFloat32 {
		return byStrconv(b[start:i], i)
	}
	return math.Float32frombits(math.Float32bits(float32(y)) | sign), i, fine
}

// readDigits appends the decimal digits at b[i:] to m, which may overflow, and returns
// where they end.
func readDigits(b []byte, i int, m uint64) (uint64, int) {
	for i+8 <= len(b) {
		v := binary.LittleEndian.Uint64(b[i:])
		if !eightDigits(v) {
			break
		}
		m = m*1e8 + value8(v)
		i += 8
	}
	for i < len(b) {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		m = m*10 + uint64(c)
		i++
	}
	return m, i
}

// eightDigits reports whether all bytes of v are ASCII digits: the high half of each
// must be 3, also after 6 was added.
func eightDigits(v uint64) bool {
	const high = 0xf0f0f0f0f0f0f0f0
	return v&high|(v+0x0606060606060606)&high>>4 == 0x3333333333333333
}

// value8 is the number that eight ASCII digits write, the first in the lowest byte. It
// joins neighboring digits, then pairs, then fours.
func value8(v uint64) uint64 {
	v -= 0x3030303030303030
	v = v*10 + v>>8
	const pairs = 0x000000ff000000ff
	return (v&pairs*(100+1000000<<32) + v>>16&pairs*(1+10000<<32)) >> 32
}

// exponent reads what follows the letter e. It returns -1 as the end if that is not an
// exponent; one too large for any float comes back as a large one.
func exponent(b []byte, i int) (e, end int) {
	neg := false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		neg = b[i] == '-'
		i++
	}
	first := i
	for i < len(b) && b[i]-'0' <= 9 {
		if e < 1e6 {
			e = e*10 + int(b[i]-'0')
		}
		i++
	}
	if i == first {
		return 0, -1
	}
	if neg {
		e = -e
	}
	return e, i
}

func byStrconv(lit []byte, end int) (float32, int, fault) {
	v, err := strconv.ParseFloat(string(lit), 32)
	if errors.Is(err, strconv.ErrRange) {
		return 0, end, outOfRange
	}
	if err != nil {
		return 0, end, notANumber
	}
	return float32(v), end, fine
}
