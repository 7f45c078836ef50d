package main

import (
	"fmt"
	"time"

	"github.com/memista/memista/test/bench/measure"
)

// report is the table of all figures.
type report struct {
	measure.Report
	wrong int // answers that were
}

// answers adds a line about answers that were looked at.
func (r *report) answers(what string, looked, wrong int) {
	r.wrong += wrong
	r.Add(fmt.Sprintf("%s: wrong answers of %d", what, looked), measure.Values{float64(wrong)}, "%.0f", measure.AtMost(0))
}

// percentile returns the p-th percentile in milliseconds.
func percentile(times []time.Duration, p int) float64 {
	return measure.Milliseconds(measure.Times(times).At(p))
}
