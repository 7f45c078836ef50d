package recall

import (
	"context"
	"slices"
	"time"
)

// curve is what was measured of one run, by beam width.
type curve struct {
	run      *run
	measured []measured // in ascending order of widths
}

type measured struct {
	Point
	sample sample
}

// at measures with the beam width ef, unless that was done, or there is no time left.
func (c *curve) at(ctx context.Context, ef int) (measured, error) {
	i, is := slices.BinarySearchFunc(c.measured, ef, func(m measured, ef int) int { return m.Ef - ef })
	if is {
		return c.measured[i], nil
	}
	if c.over() {
		c.run.late = true
		return measured{}, nil
	}
	p, s, err := c.run.try(ctx, ef)
	if err != nil {
		return measured{}, err
	}
	m := measured{p, s}
	c.measured = slices.Insert(c.measured, i, m)
	return m, nil
}

// over reports whether there is no time for another measurement.
func (c *curve) over() bool { return time.Now().After(c.run.until) }

func (c *curve) points() []Point {
	list := make([]Point, len(c.measured))
	for i, m := range c.measured {
		list[i] = m.Point
	}
	return list
}

// maxTargetEf is the beam width beyond which no recall is looked for.
const maxTargetEf = 4096

// fineness is how near to the smallest beam width the one is that reach finds: it is no more
// than a fineness-th larger.
const fineness = 32

// reach finds the smallest beam width whose estimated recall is at least target: wider ones
// until one suffices, then between the last two.
func (c *curve) reach(ctx context.Context, target float64) (*Target, error) {
	low, high, reached := c.around(target)
	for ef := low; !reached && ef < c.widest() && !c.over(); {
		ef = min(max(2*ef, c.run.ask.K), c.widest())
		m, err := c.at(ctx, ef)
		if err != nil {
			return nil, err
		}
		if reached = m.Queries > 0 && m.Recall >= target; reached {
			high = ef
		} else {
			low = ef
		}
	}
	for reached && high-low > max(1, high/fineness) && !c.over() {
		ef := (low + high) / 2
		m, err := c.at(ctx, ef)
		if err != nil {
			return nil, err
		}
		if m.Queries > 0 && m.Recall >= target {
			high = ef
		} else {
			low = ef
		}
	}
	return c.target(target, high, reached), nil
}

// widest is the largest beam width that reach tries.
func (c *curve) widest() int {
	return min(maxTargetEf, max(c.run.vectors, c.run.ask.K))
}

// around returns the last width before the first that reaches target, and that one, if one
// does; low is one less than the least width at first.
func (c *curve) around(target float64) (low, high int, reached bool) {
	low = c.run.ask.K - 1
	for _, m := range c.measured {
		if m.Recall >= target {
			return low, m.Ef, true
		}
		low = m.Ef
	}
	return low, 0, false
}

// target describes the width ef, which reaches target, or else the best one.
func (c *curve) target(target float64, ef int, reached bool) *Target {
	t := &Target{Wanted: target, Reached: reached}
	for _, m := range c.measured {
		if reached && m.Ef == ef || !reached && m.Recall >= t.Recall {
			t.Point, t.Confidence = m.Point, m.sample.confidence(target)
		}
	}
	return t
}
