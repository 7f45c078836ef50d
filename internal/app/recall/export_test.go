package recall

// Interval returns the mean of recalls, the ends of its interval, and the confidence that the
// recall is at least target.
func Interval(recalls []float64, target float64) (mean, low, high, confidence float64) {
	var s sample
	for _, r := range recalls {
		s.add(r)
	}
	low, high = s.interval()
	return s.mean(), low, high, s.confidence(target)
}
