package main

import (
	"fmt"
	"io"

	"github.com/memista/memista/test/bench/measure"
)

const (
	own    = "memista, own API"
	qdrant = "memista, Qdrant's API"
	chroma = "memista, Chroma's API"
	theirs = "Chroma, Chroma's API"
)

func (b *bench) print(out io.Writer) {
	var inserts, searches [][]string
	for _, name := range []string{own, qdrant, chroma, theirs} {
		v := b.values[name]
		if v == nil {
			continue
		}
		inserts = append(inserts, []string{name, v["acked"].Format("%.0f"), v["insert cpu"].Format("%.0f")})
		searches = append(searches, []string{name, v["recall"].Format("%.4f"), v["qps 1"].Format("%.0f"), v["qps 4"].Format("%.0f"), v["cpu 1"].Format("%.0f"), v["cpu 4"].Format("%.0f")})
	}
	measure.PrintTable(out, []string{"inserts, 2 clients × 1,000", "acknowledged, rows/s", "server CPU, µs/row"}, inserts...)
	fmt.Fprintln(out)
	measure.PrintTable(out, []string{"searches, 10 hits with text and metadata", "recall@10", "QPS, 1 client", "QPS, 4 clients", "server CPU µs/query, 1 client", "4 clients"}, searches...)
	fmt.Fprint(out, "\nratios of the medians:\n\n")
	b.printGoals(out)
}

func (b *bench) printGoals(out io.Writer) {
	var report measure.Report
	for _, g := range []struct {
		name string
		a, b string
		what string
		goal *measure.Goal
	}{
		{"server CPU per query, Qdrant's API to our own, 1 client", qdrant, own, "cpu 1", measure.AtMost(1.25)},
		{"server CPU per query, Qdrant's API to our own, 4 clients", qdrant, own, "cpu 4", measure.AtMost(1.25)},
		{"server CPU per query, Chroma's API to our own, 1 client", chroma, own, "cpu 1", measure.AtMost(1.25)},
		{"server CPU per query, Chroma's API to our own, 4 clients", chroma, own, "cpu 4", measure.AtMost(1.25)},
		{"QPS, memista to Chroma, 1 client", chroma, theirs, "qps 1", measure.AtLeast(8)},
		{"QPS, memista to Chroma, 4 clients", chroma, theirs, "qps 4", measure.AtLeast(8)},
		{"server CPU per query, Chroma to memista, 1 client", theirs, chroma, "cpu 1", measure.AtLeast(8)},
		{"server CPU per query, Chroma to memista, 4 clients", theirs, chroma, "cpu 4", measure.AtLeast(8)},
		{"inserts acknowledged, memista to Chroma", chroma, theirs, "acked", measure.AtLeast(10)},
	} {
		x, y := b.values[g.a][g.what].Median(), b.values[g.b][g.what].Median()
		if x > 0 && y > 0 {
			report.Add(g.name, measure.Values{x / y}, "%.2f", g.goal)
		}
	}
	report.Print(out)
}
