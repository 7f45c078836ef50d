// Command cluster measures what memista adds to the cluster that it serves from: the same
// searches, by turns, asked of Weaviate itself and through memista, on one, two and three
// nodes, with processor time, memory and disk of both. It reads /proc, so it runs on Linux.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
	"github.com/memista/memista/test/cluster"
)

const (
	k         = 10 // hits a search asks for
	batchRows = 500
	inserters = 2
)

// settings of the measurement.
type settings struct {
	binary  string
	sizes   string
	rows    int
	rounds  int
	slice   time.Duration
	clients string
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "memista", "bin/memista", "the binary")
	flag.StringVar(&s.sizes, "nodes", "1,2,3", "numbers of nodes of Weaviate; the copies are as many")
	flag.IntVar(&s.rows, "rows", 20_000, "word vectors to store")
	flag.IntVar(&s.rounds, "rounds", 5, "times that each search is measured, in turns; the median counts")
	flag.DurationVar(&s.slice, "slice", 3*time.Second, "length of such a measurement")
	flag.StringVar(&s.clients, "clients", "1,4", "numbers of clients that search at the same time")
	measure.Main("cluster", func(ctx context.Context) error { return run(ctx, s) })
}

func run(ctx context.Context, s settings) error {
	weaviate, err := cluster.Binary()
	if err != nil {
		return err
	}
	sizes, err := numbers(s.sizes)
	if err != nil {
		return err
	}
	clients, err := numbers(s.clients)
	if err != nil {
		return err
	}
	set, err := vectors.GloVe(ctx, s.rows, true)
	if err != nil {
		return err
	}
	truth, err := set.Truth(domain.InnerProduct, k) // of unit vectors, so cosine's too
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s, Weaviate %s\n\n", measure.Machine(), set.Name, cluster.Version)
	for _, n := range sizes {
		b := &bench{settings: s, set: set, truth: truth}
		if err := b.on(ctx, weaviate, n, clients); err != nil {
			return fmt.Errorf("%d nodes: %w", n, err)
		}
	}
	return nil
}

// numbers reads a list of them, with commas.
func numbers(list string) (out []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number from 1 on", text)
		}
		out = append(out, n)
	}
	return out, nil
}

// on measures everything on a new cluster of n nodes, and prints it.
func (b *bench) on(ctx context.Context, weaviate string, n int, clients []int) (err error) {
	if b.cluster, err = cluster.New(ctx, cluster.Options{Nodes: n, Binary: weaviate}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.start(ctx); err != nil {
		return err
	}
	measure.Say("%d nodes, load %s", n, measure.Load())
	in, err := b.fill(ctx)
	if err != nil {
		return err
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	agree, err := b.agree()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, c := range clients {
		part, err := b.search(c)
		if err != nil {
			return err
		}
		rows = append(rows, part...)
	}
	b.print(n, in, agree, rows)
	return nil
}

func (b *bench) print(n int, in inserted, agree agreement, rows [][]string) {
	fmt.Printf("**%d of Weaviate, %d copies** (load %s): %.0f rows/s inserted through memista, %.0f µs of Weaviate and %.0f of memista per row; "+
		"recall@%d %.4f through memista and %.4f of Weaviate, the same hits for %d of %d queries; memory (RssAnon) of the nodes %s MB, of memista %.0f; disk of the nodes %s MB\n\n",
		n, n, measure.Load(), in.rate, in.theirs, in.ours, k, agree.ours, agree.theirs, agree.same, agree.queries, b.memory(), b.ownMemory(), b.disk())
	measure.PrintTable(os.Stdout, []string{"searches", "p50, µs", "p99, µs", "QPS", "CPU of Weaviate, µs", "CPU of memista, µs", "p50 to Weaviate's", "CPU of memista to Weaviate's"}, rows...)
	fmt.Println()
}
