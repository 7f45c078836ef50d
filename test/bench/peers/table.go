package main

import (
	"fmt"
	"io"

	"github.com/memista/memista/test/bench/measure"
)

// results are all measurements, by subject and by what was measured.
type results struct {
	values map[string]map[string]measure.Values
	ef     int // that memista was sent; 0: none
}

func newResults() *results { return &results{values: map[string]map[string]measure.Values{}} }

func (r *results) add(subject, what string, v float64) {
	if r.values[subject] == nil {
		r.values[subject] = map[string]measure.Values{}
	}
	r.values[subject][what] = append(r.values[subject][what], v)
}

// row returns what stands in a table about a subject: the medians of what was measured, each
// behind the verb that writes it.
func (r *results) row(subject string, whatAndVerb ...string) []string {
	row := []string{subject}
	for i := 0; i < len(whatAndVerb); i += 2 {
		row = append(row, r.values[subject][whatAndVerb[i]].Format(whatAndVerb[i+1]))
	}
	return row
}

func (r *results) print(out io.Writer) {
	var rows [][]string
	for _, s := range []string{ourInsert, theirInsert, theirGRPC} {
		rows = append(rows, r.row(s, "acked", "%.0f", "drained", "%.0f", "insert cpu", "%.0f"))
	}
	measure.PrintTable(out, []string{"inserts, 2 clients × 1,000", "acknowledged and searchable, rows/s", "until drained, rows/s", "server CPU, µs/row"}, rows...)
	sent := "no ef sent"
	if r.ef > 0 {
		sent = fmt.Sprintf("memista with ef %d", r.ef)
	}
	rows = nil
	for _, s := range []string{ourSearch, ourSearch + " with base64", theirSearch, theirGRPC} {
		rows = append(rows, r.row(s, "recall", "%.4f", "qps 1", "%.0f", "qps 4", "%.0f", "cpu 1", "%.0f", "cpu 4", "%.0f"))
	}
	fmt.Fprintln(out)
	measure.PrintTable(out, []string{"searches, 10 hits with text, " + sent, "recall@10", "QPS, 1 client", "QPS, 4 clients", "server CPU µs/query, 1 client", "4 clients"}, rows...)
	rows = nil
	for _, s := range []string{"memista", "Weaviate"} {
		rows = append(rows, r.row(s, "idle VmRSS", "%.0f", "idle RssAnon", "%.0f", "full VmRSS", "%.0f", "full RssAnon", "%.0f"))
	}
	fmt.Fprintln(out)
	measure.PrintTable(out, []string{"memory, MB", "idle VmRSS", "idle RssAnon", "full VmRSS", "full RssAnon"}, rows...)
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
	var report measure.Report
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
		a, b := r.values[g.ours][g.what].Median(), r.values[g.theirs][g.what].Median()
		if g.inverse {
			a, b = b, a
		}
		if a > 0 && b > 0 {
			report.Add(g.name, measure.Values{a / b}, "%.1f", measure.AtLeast(g.least))
		}
	}
	fmt.Fprint(out, "\nmemista to Weaviate, JSON both, ratios of the medians:\n\n")
	report.Print(out)
	if a, b := r.values[ourSearch]["qps 1"].Median(), r.values[theirGRPC]["qps 1"].Median(); a > 0 && b > 0 {
		fmt.Fprintf(out, "\nBeside Weaviate's gRPC: QPS with 1 client × %.1f.\n", a/b)
	}
}
