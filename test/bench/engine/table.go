package main

import (
	"fmt"
	"io"
	"math"

	"github.com/memista/memista/test/bench/measure"
)

// goal is the recall at which engines are compared besides equal beam widths.
const goal = 0.95

// printTable prints one row per engine as a Markdown table. Ratios are to the row of
// hnswlib: building at equal threads, searching at equal ef, and at equal recall.
func printTable(w io.Writer, c config, results []*result) {
	var base *result
	for _, r := range results {
		if r.Name() == "hnswlib f32" && r.failed == nil {
			base = r
		}
	}
	head := []string{"engine", "MB"}
	for _, t := range c.buildThreads {
		head = append(head, fmt.Sprintf("build vec/s, %d thr", t))
	}
	for _, ef := range c.efs {
		head = append(head, fmt.Sprintf("ef %d: QPS (ratio) recall", ef))
	}
	head = append(head, fmt.Sprintf("QPS at recall %.2f", goal), "no ef sent")
	rows := make([][]string, len(results))
	for i, r := range results {
		if rows[i] = r.cells(c, base); r.failed != nil {
			rows[i] = []string{r.Name(), "failed: " + r.failed.Error()}
		}
	}
	measure.PrintTable(w, head, rows...)
}

func (r *result) cells(c config, base *result) []string {
	cells := []string{r.Name(), fmt.Sprintf("%.0f", float64(r.bytes)/1e6)}
	for _, t := range c.buildThreads {
		cells = append(cells, withRatio(r.build[t].Median(), base, func(b *result) float64 { return b.build[t].Median() }))
	}
	for _, ef := range c.efs {
		cell := withRatio(r.qps[ef].Median(), base, func(b *result) float64 { return b.qps[ef].Median() })
		cells = append(cells, fmt.Sprintf("%s %.3f", cell, r.recall[ef]))
	}
	cells = append(cells, withRatio(r.atGoal(c.efs), base, func(b *result) float64 { return b.atGoal(c.efs) }))
	if q := r.qps[0].Median(); q > 0 {
		return append(cells, fmt.Sprintf("%.0f %.3f", q, r.recall[0]))
	}
	return append(cells, "–")
}

func withRatio(value float64, base *result, of func(*result) float64) string {
	if value == 0 {
		return "–"
	}
	if base == nil || of(base) == 0 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.0f (%.2f)", value, value/of(base))
}

// atGoal returns the speed at the recall goal, by interpolating the logarithm of the
// speed between the two nearest beam widths; 0 if the goal lies outside of what was
// measured. An engine that is above the goal at every width counts with the fastest.
func (r *result) atGoal(efs []int) float64 {
	fastest := 0.0
	for _, ef := range efs {
		fastest = math.Max(fastest, r.qps[ef].Median())
		if r.recall[ef] < goal {
			fastest = math.Inf(1)
			break
		}
	}
	if !math.IsInf(fastest, 1) {
		return fastest
	}
	for i := 1; i < len(efs); i++ {
		lo, hi := r.recall[efs[i-1]], r.recall[efs[i]]
		if lo < goal && hi >= goal {
			f := (goal - lo) / (hi - lo)
			return math.Exp((1-f)*math.Log(r.qps[efs[i-1]].Median()) + f*math.Log(r.qps[efs[i]].Median()))
		}
	}
	return 0
}
