// Package fingerprint tells whether two models make the same embeddings, by a sketch of what
// they make of a few texts.
package fingerprint

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// fingerprintTexts go into every fingerprint that is stored: with another text all models
// would seem to have changed.
var fingerprintTexts = [...]string{
	"The quick brown fox jumps over the lazy dog.",
	"How do I restore last night's backup to another machine?",
	"Die Straße war 42 km lang, 道は長い, and the road went on.",
}

// Texts returns the texts whose embeddings as documents make the fingerprint
// of a model.
func Texts() []string { return slices.Clone(fingerprintTexts[:]) }

const (
	fingerprintForm   = 1    // the first part of a fingerprint
	fingerprintValues = 16   // projections of one embedding
	fingerprintTop    = 15   // levels are 0…15
	fingerprintStep   = 0.5  // of a projection, whose standard deviation is about 1
	fingerprintUnit   = 0x80 // the level of the length 1
	// Of the 48 levels of two models that are the same, a quarter may differ, by one.
	fingerprintFlips = fingerprintValues * len(fingerprintTexts) / 4
)

// Of returns the fingerprint of the model that made embeddings from
// Texts, in that order. It is ErrInvalid if they are not as many or differ in
// their dims, and ErrNotFinite if a component is no number.
//
// It is no plain hash: a hash changes altogether where a number lies near the edge at which
// it is rounded, and the last bits of an embedding depend on machine and batch. It is a
// sketch, to be compared with Same: the dims, and of each embedding its length
// in steps of a quarter of an octave, and 16 projections of its direction on vectors of
// pseudo-random signs, in steps of half their standard deviation (4 bits each).
func Of(embeddings [][]float32) (string, error) {
	if len(embeddings) != len(fingerprintTexts) {
		return "", domain.Errorf(domain.ErrInvalid, "a fingerprint is made of %d embeddings, not %d", len(fingerprintTexts), len(embeddings))
	}
	dims := len(embeddings[0])
	var b strings.Builder
	fmt.Fprintf(&b, "%d-%d", fingerprintForm, dims)
	for _, e := range embeddings {
		if len(e) != dims || dims == 0 {
			return "", domain.Errorf(domain.ErrInvalid, "the embeddings of a fingerprint have %d and %d components", dims, len(e))
		}
		length := vectorLength(e)
		if math.IsNaN(length) || math.IsInf(length, 0) {
			return "", domain.Errorf(domain.ErrNotFinite, "an embedding of the fingerprint has a component that is not a finite number")
		}
		fmt.Fprintf(&b, "-%02x", lengthLevel(length))
		for j := range fingerprintValues {
			fmt.Fprintf(&b, "%x", directionLevel(e, length, j))
		}
	}
	return b.String(), nil
}

func vectorLength(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// lengthLevel returns 0 for the zero vector only.
func lengthLevel(length float64) int {
	if length == 0 {
		return 0
	}
	return min(max(fingerprintUnit+int(math.Round(4*math.Log2(length))), 1), 0xff)
}

// directionLevel returns the level of projection j. The signs are independent of the
// components, so that the projection of a vector of length 1 has the variance 1, whatever
// its dims.
func directionLevel(v []float32, length float64, j int) int {
	sum := 0.0
	for i, x := range v {
		if scramble(uint64(j)<<32|uint64(i))>>63 == 0 {
			sum += float64(x)
		} else {
			sum -= float64(x)
		}
	}
	if length > 0 {
		sum /= length
	}
	const middle = (fingerprintTop + 1) / 2
	return min(max(int(math.Round(sum/fingerprintStep))+middle, 0), fingerprintTop)
}

// scramble is the output function of SplitMix64 (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Same reports whether embeddings of models with the fingerprints a and b can be
// compared. Those that Fingerprint did not make are the same only if they are equal.
//
// It takes models for the same whose embeddings of the three texts have a cosine of 0.999
// to each other, which rounding at another machine, another batch, or 16 instead of 32 bits
// stay well within, and for different ones where it is 0.95. Between them lie coarse
// quantisations and light fine-tunings of one model, and either answer may come. It cannot
// tell apart models that differ on other texts only, such as by how much of a long one they
// look at, nor how queries are embedded.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	x, y := parseFingerprint(a), parseFingerprint(b)
	if x == nil || y == nil || x.dims != y.dims {
		return false
	}
	flips := 0
	for i := range x.lengths {
		if (x.lengths[i] == 0) != (y.lengths[i] == 0) || !near(x.lengths[i], y.lengths[i]) {
			return false
		}
	}
	for i, level := range x.levels {
		if !near(level, y.levels[i]) {
			return false
		}
		if level != y.levels[i] {
			flips++
		}
	}
	return flips <= fingerprintFlips
}

func near(a, b int) bool { return a-b <= 1 && b-a <= 1 }

type fingerprint struct {
	dims    int
	lengths [len(fingerprintTexts)]int
	levels  [len(fingerprintTexts) * fingerprintValues]int
}

// parseFingerprint returns nil for what Fingerprint did not make.
func parseFingerprint(s string) *fingerprint {
	parts := strings.Split(s, "-")
	if len(parts) != 2+len(fingerprintTexts) || parts[0] != strconv.Itoa(fingerprintForm) {
		return nil
	}
	var f fingerprint
	var err error
	if f.dims, err = strconv.Atoi(parts[1]); err != nil {
		return nil
	}
	for t, part := range parts[2:] {
		if len(part) != 2+fingerprintValues {
			return nil
		}
		length, err := strconv.ParseUint(part[:2], 16, 8)
		if err != nil {
			return nil
		}
		f.lengths[t] = int(length)
		for j := range fingerprintValues {
			level, err := strconv.ParseUint(part[2+j:3+j], 16, 8)
			if err != nil {
				return nil
			}
			f.levels[t*fingerprintValues+j] = int(level)
		}
	}
	return &f
}
