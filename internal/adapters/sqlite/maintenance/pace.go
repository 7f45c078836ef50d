package maintenance

import "time"

// slowStep and fastStep are the bounds of what a step should take.
const slowStep, fastStep = 8 * time.Millisecond, 2 * time.Millisecond

// Pace is how many rows or pages a step takes. It follows how long the steps took.
type Pace struct {
	N        int64 // of the next step
	Min, Max int64
}

// Took adjusts the pace to what the last step took.
func (p *Pace) Took(d time.Duration) {
	switch {
	case d > slowStep:
		p.N = max(p.N/2, p.Min)
	case d < fastStep:
		p.N = min(p.N*2, p.Max)
	}
}
