package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// spread is measurements of one thing.
type spread []float64

func (v spread) median() float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func (v spread) format(verb string) string {
	s := slices.Sorted(slices.Values(v))
	text := fmt.Sprintf(verb, v.median())
	if len(s) > 1 {
		text += fmt.Sprintf(" ("+verb+"–"+verb+")", s[0], s[len(s)-1])
	}
	return text
}

// goal is a bound that the median has to keep.
type goal struct {
	most  bool // else it is the least
	bound float64
}

func atLeast(bound float64) *goal { return &goal{false, bound} }
func atMost(bound float64) *goal  { return &goal{true, bound} }

// report is the table of all figures.
type report struct {
	lines [][4]string
	wrong int // answers that were
}

// add adds a line; without a goal the figure is there to be known.
func (r *report) add(what string, v spread, verb string, g *goal) {
	line := [4]string{what, v.format(verb), "–", ""}
	if g != nil {
		sign, met := "≥", v.median() >= g.bound
		if g.most {
			sign, met = "≤", v.median() <= g.bound
		}
		line[2] = sign + " " + fmt.Sprintf(verb, g.bound)
		line[3] = map[bool]string{true: "yes", false: "no"}[met]
	}
	r.lines = append(r.lines, line)
	say("  %s: %s, goal %s %s", line[0], line[1], line[2], line[3])
}

// answers adds a line about answers that were looked at.
func (r *report) answers(what string, looked, wrong int) {
	r.wrong += wrong
	r.add(fmt.Sprintf("%s: wrong answers of %d", what, looked), spread{float64(wrong)}, "%.0f", atMost(0))
}

func (r *report) print(out io.Writer) {
	fmt.Fprintln(out, "| what | measured | goal | met |\n|---|---|---|---|")
	for _, l := range r.lines {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", l[0], l[1], l[2], l[3])
	}
}

// milliseconds is d as a figure.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// percentile returns the p-th percentile in milliseconds.
func percentile(times []time.Duration, p int) float64 {
	s := slices.Sorted(slices.Values(times))
	return milliseconds(s[min(len(s)*p/100, len(s)-1)])
}
