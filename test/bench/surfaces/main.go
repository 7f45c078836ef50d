// Command surfaces measures searches of one collection through memista's own API and through
// those of Qdrant and Chroma, and inserts through each of them; beside a Chroma server that is
// running, if it is told where. It prints medians of several turns, recall beside them. It reads
// /proc, so it runs on Linux.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/vectors"
)

const (
	k         = 10 // hits a search asks for
	batchRows = 1000
)

type settings struct {
	binary    string
	rows      int
	slices    int
	slice     time.Duration
	chroma    string
	chromaPID int
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "memista", "bin/memista", "the binary")
	flag.IntVar(&s.rows, "rows", 100_000, "vectors to store")
	flag.IntVar(&s.slices, "slices", 7, "times that each search is measured, in turns; the median counts")
	flag.DurationVar(&s.slice, "slice", 2*time.Second, "length of such a measurement")
	flag.StringVar(&s.chroma, "chroma", "", "host:port of a Chroma server, whose collection \"words\" is made anew; empty: none")
	flag.IntVar(&s.chromaPID, "chroma-pid", 0, "its process id")
	measure.Main("surfaces", func(ctx context.Context) error { return run(ctx, s) })
}

func run(ctx context.Context, s settings) error {
	set, err := vectors.GloVe(ctx, s.rows, true)
	if err != nil {
		return err
	}
	truth, err := set.Truth(domain.InnerProduct, k) // of unit vectors, so cosine's too
	if err != nil {
		return err
	}
	return process.WithMemista(ctx, s.binary, func(m *process.Memista) error {
		b := &bench{settings: s, set: set, truth: truth, server: m, values: map[string]map[string]measure.Values{}}
		if err := b.all(ctx); err != nil {
			return err
		}
		fmt.Printf("%s, %s\n\n", measure.Machine(), set.Name)
		b.print(os.Stdout)
		return nil
	})
}

// bench is one run.
type bench struct {
	settings
	set     *vectors.Set
	truth   [][]int64
	server  *process.Memista
	subject []subject
	values  map[string]map[string]measure.Values // by way and by what was measured
}

// subject is a way to search a server.
type subject struct {
	way    *httpload.Way
	server httpload.Server
	bodies [][]byte
}

func (b *bench) note(w *httpload.Way, what string, v float64) {
	name := w.String()
	if b.values[name] == nil {
		b.values[name] = map[string]measure.Values{}
	}
	b.values[name][what] = append(b.values[name][what], v)
}

// all fills the servers and searches in turns.
func (b *bench) all(ctx context.Context) error {
	if err := b.fillOurs(ctx); err != nil {
		return err
	}
	if b.chroma != "" {
		if err := b.fillChroma(ctx); err != nil {
			return err
		}
	}
	for i := range b.subject {
		s := &b.subject[i]
		s.bodies = httpload.Bodies(s.way, len(b.set.Queries))
		r, err := httpload.Recall(s.way, s.bodies, b.truth) // warms up, too
		if err != nil {
			return err
		}
		b.note(s.way, "recall", r)
	}
	type turn struct {
		subject
		clients int
	}
	var turns []turn
	for _, clients := range []int{1, 4} {
		for _, s := range b.subject {
			turns = append(turns, turn{s, clients})
		}
	}
	return measure.Turns(b.slices, turns, func(_ int, t turn) error {
		got, err := httpload.Search(t.server, t.way, t.bodies, t.clients, b.slice)
		b.note(t.way, fmt.Sprintf("qps %d", t.clients), got.QPS)
		b.note(t.way, fmt.Sprintf("cpu %d", t.clients), got.CPU)
		return err
	})
}

// fillOurs fills one collection through each API, and searches the one of Qdrant through all.
func (b *bench) fillOurs(ctx context.Context) error {
	addr := b.server.Addr
	doors := []door{ownAPI(addr, b.set), qdrantAPI(addr, b.set), chromaAPI("memista", addr, b.set)}
	for _, d := range doors {
		if err := b.fill(ctx, d, d.name, b.server); err != nil {
			return err
		}
	}
	for _, d := range doors {
		w, err := d.search(ctx, doors[1].name)
		if err != nil {
			return err
		}
		b.subject = append(b.subject, subject{way: w, server: b.server})
	}
	return nil
}

func (b *bench) fillChroma(ctx context.Context) error {
	d := chromaAPI("Chroma", b.chroma, b.set)
	pid := process.PID(b.chromaPID)
	if err := b.fill(ctx, d, "words", pid); err != nil {
		return err
	}
	w, err := d.search(ctx, "words")
	if err == nil {
		b.subject = append(b.subject, subject{way: w, server: pid})
	}
	return err
}

// fill makes a collection and fills it.
func (b *bench) fill(ctx context.Context, d door, name string, server httpload.Server) error {
	insert, err := d.create(ctx, name)
	if err != nil {
		return err
	}
	drained := func(ctx context.Context) (bool, error) {
		if server != httpload.Server(b.server) {
			return true, nil // it has no way to tell
		}
		p, err := b.server.Parts(ctx, name)
		return err == nil && p.Indexed(len(b.set.Rows)), err
	}
	in, err := httpload.Load(ctx, server, insert, len(b.set.Rows), batchRows, drained)
	if err != nil {
		return err
	}
	measure.Say("%v: %.0f rows/s acknowledged, %.0f drained, load %s", insert, in.Acked, in.Drained, measure.Load())
	b.note(insert, "acked", in.Acked)
	b.note(insert, "insert cpu", in.CPU)
	return nil
}
