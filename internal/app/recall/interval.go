package recall

import "math"

// z95 is the quantile of the normal distribution that leaves 2.5 % above.
const z95 = 1.959964

// sample sums up the recalls of queries.
type sample struct {
	n       int
	sum, sq float64
}

func (s *sample) add(recall float64) {
	s.n++
	s.sum += recall
	s.sq += recall * recall
}

// mean is the estimated recall.
func (s *sample) mean() float64 { return s.sum / float64(max(s.n, 1)) }

// effective is the number of answers, each of them right or wrong independently of the others,
// that would tell as much as the sample: the answers to one query are right or wrong together,
// so there are fewer than neighbors were looked for, and at least as many as queries.
func (s *sample) effective() float64 {
	n, p := float64(s.n), s.mean()
	if s.n < 2 {
		return n
	}
	variance := (s.sq - n*p*p) / (n - 1)
	if spread := p * (1 - p); variance > 0 && spread > variance {
		return n * spread / variance
	}
	return n
}

// interval returns the ends of the interval of 95 % by Wilson (1927), with the effective
// number of answers as Korn and Graubard (1998) have it for samples of clusters.
func (s *sample) interval() (low, high float64) {
	n, p := s.effective(), s.mean()
	if n == 0 {
		return 0, 1
	}
	zz := z95 * z95 / n
	middle, half := p+zz/2, z95*math.Sqrt(p*(1-p)/n+zz/(4*n))
	return max(0, (middle-half)/(1+zz)), min(1, (middle+half)/(1+zz))
}

// confidence returns how sure it is that the recall is at least target, by the test that
// the interval is made of.
func (s *sample) confidence(target float64) float64 {
	n, p := s.effective(), s.mean()
	deviation := math.Sqrt(target * (1 - target) / max(n, 1))
	if deviation == 0 { // all are to be found
		if p < target {
			return 0
		}
		return 0.5
	}
	return 0.5 * math.Erfc((target-p)/deviation/math.Sqrt2)
}
