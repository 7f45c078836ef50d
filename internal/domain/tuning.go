package domain

// TunedK is how many neighbors a target recall is about.
const TunedK = 10

// Tuning is the beam width that reaches the target recall of a database, and how it was found.
// The zero one says that nothing was measured yet.
type Tuning struct {
	Target float64 // that it was measured for
	Ef     int     // of searches that bring none
	// Narrow says that Ef is less than the engine would choose by itself: it is then for
	// searches that are like the measured ones, without a filter and for TunedK at most.
	Narrow bool
	Note   string // the measurement as JSON, for those who look at it
}

// Width returns the beam width for k neighbors, behind a filter or not; 0 leaves it to the
// engine.
func (t *Tuning) Width(k int, filtered bool) int {
	if t.Narrow && (filtered || k > TunedK) {
		return 0
	}
	return t.Ef
}

// CheckTargetRecall refuses what cannot be kept: 1 could never be seen to be reached.
func CheckTargetRecall(target float64) error {
	if target == 0 || target >= 0.5 && target <= 0.999 {
		return nil
	}
	return FieldErrorf(ErrInvalid, "target_recall", "must be between 0.5 and 0.999, got %v", target)
}
