package filter

import (
	"math"
	mathbits "math/bits"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// counter counts for each id in how many sets it is: digits[i] is the ids whose count has the
// i-th binary digit. So n sets take n log n operations, and log n bitmaps.
type counter struct{ digits []*roaring64.Bitmap }

// add counts the ids in set.
func (c *counter) add(set *roaring64.Bitmap) {
	carry := set.Clone()
	for i := 0; !carry.IsEmpty(); i++ {
		if i == len(c.digits) {
			c.digits = append(c.digits, carry)
			return
		}
		next := roaring64.And(c.digits[i], carry)
		c.digits[i].Xor(carry)
		carry = next
	}
}

// atLeast returns those of all that were counted n times or more.
func (c *counter) atLeast(n uint64, all *roaring64.Bitmap) *roaring64.Bitmap {
	more, equal := roaring64.New(), all.Clone() // than the digits of n looked at so far, from the highest
	for i := max(len(c.digits), mathbits.Len64(n)) - 1; i >= 0; i-- {
		digit := roaring64.New()
		if i < len(c.digits) {
			digit = c.digits[i]
		}
		if n>>i&1 == 1 {
			equal.And(digit)
			continue
		}
		more.Or(roaring64.And(equal, digit))
		equal.AndNot(digit)
	}
	more.Or(equal)
	return more
}

// fewShares is up to how many shares shareOf is exact.
const fewShares = 64

// shareOf returns which share of all is to be expected in n or more of sets with these
// shares, were they independent: by the normal distribution where they are many.
func shareOf(shares []float64, n int) float64 {
	if len(shares) > fewShares {
		mean, variance := 0.0, 0.0
		for _, p := range shares {
			mean, variance = mean+p, variance+p*(1-p)
		}
		if variance == 0 {
			variance = math.SmallestNonzeroFloat64
		}
		return math.Erfc((float64(n)-0.5-mean)/math.Sqrt(2*variance)) / 2
	}
	exactly := make([]float64, len(shares)+1) // in so many of the sets so far
	exactly[0] = 1
	for i, p := range shares {
		for j := i + 1; j > 0; j-- {
			exactly[j] += p * (exactly[j-1] - exactly[j])
		}
		exactly[0] *= 1 - p
	}
	sum := 0.0
	for _, p := range exactly[min(n, len(exactly)):] {
		sum += p
	}
	return sum
}
