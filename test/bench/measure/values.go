package measure

import (
	"fmt"
	"slices"
	"time"
)

// Values are measurements of one thing, one per round.
type Values []float64

// Median returns the value in the middle, the mean of two where their number is even, and 0
// without any.
func (v Values) Median() float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Format writes the median, and behind it in brackets the smallest and the largest value,
// each as verb says, such as %.1f.
func (v Values) Format(verb string) string {
	switch len(v) {
	case 0:
		return "–"
	case 1:
		return fmt.Sprintf(verb, v[0])
	}
	return fmt.Sprintf(verb+" ("+verb+"–"+verb+")", v.Median(), slices.Min(v), slices.Max(v))
}

// String writes v with four digits.
func (v Values) String() string { return v.Format("%.4g") }

// Times are how long calls have taken.
type Times []time.Duration

// At returns the time that so many percent of the calls did not take longer than: 50 is the
// median, 100 the longest. Without any it is 0.
func (t Times) At(percent int) time.Duration {
	s := slices.Sorted(slices.Values(t))
	if len(s) == 0 {
		return 0
	}
	return s[min(len(s)*percent/100, len(s)-1)]
}

// Milliseconds is d as a figure.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Microseconds is d as a figure.
func Microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
