// Command peers measures memista beside Weaviate, both as servers with their defaults, on
// 100,000 word vectors: inserts, recall, searches, processor time and memory, in several
// rounds in which the two take turns. It prints medians, and ratios with their goals. It
// reads /proc, so it runs on Linux.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/vectors"
	"github.com/memista/memista/test/cluster"
)

const (
	k         = 10 // hits a search asks for
	batchRows = 1000
)

// peer is a server that is measured.
type peer interface {
	// start runs the server on an empty directory and makes a place for the rows.
	start(ctx context.Context) error
	process() *process.Process
	// insert stores rows, which are acknowledged and searchable when it returns.
	insert() *httpload.Way
	// drained reports whether what was inserted is in the index for good.
	drained(ctx context.Context) (bool, error)
	// searches are the ways to search, the first the one that counts.
	searches() []*httpload.Way
}

// startLimit is how long a server may take to be ready.
const startLimit = time.Minute

// settings of the measurement.
type settings struct {
	binary string
	rows   int
	rounds int
	slices int
	slice  time.Duration
	grpc   bool
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "memista", "bin/memista", "the binary")
	flag.IntVar(&s.rows, "rows", 100_000, "vectors to store")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds, each with new servers; the median counts")
	flag.IntVar(&s.slices, "slices", 2, "times per round that each search is measured, in turns")
	flag.DurationVar(&s.slice, "slice", 2*time.Second, "length of such a measurement")
	flag.BoolVar(&s.grpc, "grpc-inserts", true, "load Weaviate once more in the end, over gRPC")
	measure.Main("peers", func(ctx context.Context) error { return run(ctx, s) })
}

func run(ctx context.Context, s settings) error {
	binary, err := cluster.Install(ctx)
	if err != nil {
		return fmt.Errorf("build Weaviate: %w", err)
	}
	set, err := vectors.GloVe(ctx, s.rows, true)
	if err != nil {
		return err
	}
	truth, err := set.Truth(domain.InnerProduct, k) // of unit vectors, so cosine's too
	if err != nil {
		return err
	}
	b := &bench{settings: s, set: set, truth: truth, results: newResults(), weaviate: binary}
	began := time.Now()
	for round := range s.rounds {
		measure.Say("round %d of %d, load %s", round+1, s.rounds, measure.Load())
		if err := b.round(ctx, round); err != nil {
			return fmt.Errorf("round %d: %w", round+1, err)
		}
	}
	if s.grpc {
		if err := b.insertByGRPC(ctx); err != nil {
			measure.Say("inserts over gRPC, for information only: %v", err) // the rest counts
		}
	}
	fmt.Printf("%s, %s, %d rounds in %v\n\n", measure.Machine(), set.Name, s.rounds, time.Since(began).Round(time.Second))
	b.results.print(os.Stdout)
	return nil
}

// bench is one run.
type bench struct {
	settings
	set      *vectors.Set
	truth    [][]int64
	weaviate string // the binary
	ef       int    // that memista needs for Weaviate's recall; 0: none
	results  *results
}

// round measures everything once, with new servers.
func (b *bench) round(ctx context.Context, n int) (err error) {
	ours := &memista{binary: b.binary, set: b.set, ef: b.ef}
	theirs := &weaviate{binary: b.weaviate, set: b.set}
	peers := []peer{ours, theirs}
	if n%2 == 1 {
		peers = []peer{theirs, ours}
	}
	defer func() {
		for _, p := range peers {
			if proc := p.process(); proc != nil {
				_, stopErr := proc.Stop()
				err = errors.Join(err, stopErr)
			}
		}
	}()
	for _, p := range peers {
		if err := b.fill(ctx, p); err != nil {
			return err
		}
	}
	if n == 0 {
		if err := b.agree(ours, theirs); err != nil {
			return err
		}
	}
	return b.searchAll(peers)
}

// fill starts p and loads it.
func (b *bench) fill(ctx context.Context, p peer) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	time.Sleep(time.Second) // what the start has left over is collected
	name := p.insert().Peer
	if err := b.memory(p, name, "idle"); err != nil {
		return err
	}
	if err := b.load(ctx, p, p.insert()); err != nil {
		return err
	}
	return b.memory(p, name, "full")
}

func (b *bench) memory(p peer, name, when string) error {
	for _, kind := range []string{"VmRSS", "RssAnon"} {
		mb, err := p.process().Memory(kind)
		if err != nil {
			return err
		}
		b.results.add(name, when+" "+kind, mb)
	}
	return nil
}

// agree raises memista's ef until its recall is not below Weaviate's. Where it is above,
// it stays: nothing is set that need not be.
func (b *bench) agree(ours *memista, theirs *weaviate) error {
	w := theirs.searches()[0]
	want, err := httpload.Recall(w, httpload.Bodies(w, len(b.set.Queries)), b.truth)
	if err != nil {
		return err
	}
	const near = 0.001 // one hit in a thousand is noise between two builds
	for _, ef := range []int{0, 160, 180, 200, 225, 250, 280, 320, 400, 512} {
		ours.ef = ef
		w := ours.searches()[0]
		got, err := httpload.Recall(w, httpload.Bodies(w, len(b.set.Queries)), b.truth)
		if err != nil {
			return err
		}
		measure.Say("recall@10: Weaviate %.4f, memista with ef %d (0: none sent) %.4f", want, ef, got)
		if got >= want-near {
			b.ef, b.results.ef = ef, ef
			return nil
		}
	}
	return fmt.Errorf("memista does not reach a recall of %.4f", want)
}

// insertByGRPC loads a new Weaviate over gRPC, once: for information.
func (b *bench) insertByGRPC(ctx context.Context) (err error) {
	w := &weaviate{binary: b.weaviate, set: b.set}
	if err := w.start(ctx); err != nil {
		return err
	}
	defer func() {
		_, stopErr := w.proc.Stop()
		err = errors.Join(err, stopErr)
	}()
	return b.load(ctx, w, w.insertByGRPC())
}

// load loads p and notes how fast that was.
func (b *bench) load(ctx context.Context, p peer, w *httpload.Way) error {
	in, err := httpload.Load(ctx, p.process(), w, len(b.set.Rows), batchRows, p.drained)
	if err != nil {
		return err
	}
	measure.Say("%v: %.0f rows/s acknowledged, %.0f drained", w, in.Acked, in.Drained)
	b.results.add(w.String(), "acked", in.Acked)
	b.results.add(w.String(), "drained", in.Drained)
	b.results.add(w.String(), "insert cpu", in.CPU)
	return nil
}

// searchAll measures recall once and speed in slices, every way to search in its turn.
func (b *bench) searchAll(peers []peer) error {
	type subject struct {
		peer   peer
		way    *httpload.Way
		bodies [][]byte
	}
	type turn struct {
		subject
		clients int
	}
	var all []subject
	for _, p := range peers {
		for _, w := range p.searches() {
			all = append(all, subject{p, w, httpload.Bodies(w, len(b.set.Queries))})
		}
	}
	for _, s := range all {
		r, err := httpload.Recall(s.way, s.bodies, b.truth) // warms up, too
		if err != nil {
			return err
		}
		b.results.add(s.way.String(), "recall", r)
	}
	var turns []turn
	for _, clients := range []int{1, 4} {
		for _, s := range all {
			turns = append(turns, turn{s, clients})
		}
	}
	return measure.Turns(b.slices, turns, func(_ int, t turn) error {
		got, err := httpload.Search(t.peer.process(), t.way, t.bodies, t.clients, b.slice)
		b.results.add(t.way.String(), fmt.Sprintf("qps %d", t.clients), got.QPS)
		b.results.add(t.way.String(), fmt.Sprintf("cpu %d", t.clients), got.CPU)
		return err
	})
}
