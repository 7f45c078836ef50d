package main

import (
	"fmt"
	"io"
	"slices"
)

// results are all measurements, by subject and by what was measured.
type results struct {
	values map[string]map[string][]float64
	ef     int // that memista was sent; 0: none
}

func newResults() *results { return &results{values: map[string]map[string][]float64{}} }

func (r *results) add(subject, what string, v float64) {
	if r.values[subject] == nil {
		r.values[subject] = map[string][]float64{}
	}
	r.values[subject][what] = append(r.values[subject][what], v)
}

// median returns the median of what was measured of subject, and whether anything was.
func (r *results) median(subject, what string) (float64, bool) {
	v := slices.Sorted(slices.Values(r.values[subject][what]))
	if len(v) == 0 {
		return 0, false
	}
	return v[len(v)/2], true
}

// cell writes a median with its spread.
func (r *results) cell(subject, what, format string) string {
	v := slices.Sorted(slices.Values(r.values[subject][what]))
	if len(v) == 0 {
		return "–"
	}
	return fmt.Sprintf(format+" ("+format+"–"+format+")", v[len(v)/2], v[0], v[len(v)-1])
}

func (r *results) print(out io.Writer) {
	fmt.Fprintln(out, "| inserts, 2 clients × 1,000 | acknowledged and searchable, rows/s | until drained, rows/s | server CPU, µs/row |\n|---|---|---|---|")
	for _, s := range []string{ourInsert, theirInsert, theirGRPC} {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", s, r.cell(s, "acked", "%.0f"), r.cell(s, "drained", "%.0f"), r.cell(s, "insert cpu", "%.0f"))
	}
	sent := "no ef sent"
	if r.ef > 0 {
		sent = fmt.Sprintf("memista with ef %d", r.ef)
	}
	fmt.Fprintf(out, "\n| searches, 10 hits with text, %s | recall@10 | QPS, 1 client | QPS, 4 clients | server CPU µs/query, 1 client | 4 clients |\n|---|---|---|---|---|---|\n", sent)
	for _, s := range []string{ourSearch, ourSearch + " with base64", theirSearch, theirGRPC} {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", s, r.cell(s, "recall", "%.4f"),
			r.cell(s, "qps 1", "%.0f"), r.cell(s, "qps 4", "%.0f"), r.cell(s, "cpu 1", "%.0f"), r.cell(s, "cpu 4", "%.0f"))
	}
	fmt.Fprintln(out, "\n| memory, MB | idle VmRSS | idle RssAnon | full VmRSS | full RssAnon |\n|---|---|---|---|---|")
	for _, s := range []string{"memista", "Weaviate"} {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", s, r.cell(s, "idle VmRSS", "%.0f"), r.cell(s, "idle RssAnon", "%.0f"), r.cell(s, "full VmRSS", "%.0f"), r.cell(s, "full RssAnon", "%.0f"))
	}
	r.printGoals(out)
}

const (
	ourInsert   = "memista, JSON"
	ourSearch   = "memista, JSON"
	theirInsert = "Weaviate, REST"
	theirSearch = "Weaviate, GraphQL"
	theirGRPC   = "Weaviate, gRPC"
)

// printGoals prints the ratios that have goals.
func (r *results) printGoals(out io.Writer) {
	fmt.Fprintln(out, "\n| memista to Weaviate, JSON both, medians | ratio | goal | met |\n|---|---|---|---|")
	for _, g := range []struct {
		name         string
		ours, theirs string
		what         string
		least        float64
		inverse      bool
	}{
		{"server CPU per query, 1 client: Weaviate's to ours", ourSearch, theirSearch, "cpu 1", 10, true},
		{"server CPU per query, 4 clients: Weaviate's to ours", ourSearch, theirSearch, "cpu 4", 10, true},
		{"QPS, 1 client", ourSearch, theirSearch, "qps 1", 7, false},
		{"QPS, 4 clients", ourSearch, theirSearch, "qps 4", 5, false},
		{"inserts acknowledged and searchable", ourInsert, theirInsert, "acked", 10, false},
		{"inserts until drained", ourInsert, theirInsert, "drained", 4, false},
	} {
		a, ok1 := r.median(g.ours, g.what)
		b, ok2 := r.median(g.theirs, g.what)
		if !ok1 || !ok2 || a == 0 || b == 0 {
			continue
		}
		ratio := a / b
		if g.inverse {
			ratio = b / a
		}
		met := "no"
		if ratio >= g.least {
			met = "yes"
		}
		fmt.Fprintf(out, "| %s | %.1f | ≥ %.0f | %s |\n", g.name, ratio, g.least, met)
	}
	if a, ok := r.median(ourSearch, "qps 1"); ok {
		if b, ok := r.median(theirGRPC, "qps 1"); ok && b > 0 {
			fmt.Fprintf(out, "\nBeside Weaviate's gRPC: QPS with 1 client × %.1f.\n", a/b)
		}
	}
}
