// Command ingest measures what the memista binary does while it takes in vectors, over
// HTTP on real files: inserts, how fast the index follows, searches beside inserts, and
// restarts. Beside every speed it prints the recall, and beside every figure its goal. It
// reads /proc, so it runs on Linux.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

const (
	k       = 10 // hits that a search asks for
	seed    = 20261122
	clients = 4   // that insert
	batch   = 500 // chunks in one insert
)

// settings of the measurement.
type settings struct {
	binary   string
	rows     int // word vectors
	wide     int // made vectors of 768 components
	large    int // made vectors of 100 components, for the restarts
	rounds   int
	restarts int
	idle     time.Duration // of searching beside nothing, per round
	searches float64       // per second, beside inserts and beside nothing
	only     string        // the part to measure; "": all
}

func main() {
	var s settings
	quick := flag.Int("rows", 0, "vectors in each set, for a quick look; 0 is what the goals are about")
	flag.StringVar(&s.binary, "memista", "bin/memista", "the binary")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds, each with new servers; the median counts")
	flag.IntVar(&s.restarts, "restarts", 5, "restarts; the median counts")
	flag.DurationVar(&s.idle, "idle", 8*time.Second, "how long searches are measured beside nothing, in each round")
	flag.Float64Var(&s.searches, "searches", 100, "searches per second")
	flag.StringVar(&s.only, "only", "", "measure one part: insert, beside or restart")
	measure.Main("ingest", func(ctx context.Context) error {
		s.rows, s.wide, s.large = 340_000, 40_000, 1_000_000
		if *quick > 0 {
			s.rows, s.wide, s.large = min(*quick, s.rows), min(*quick, s.wide), min(*quick, s.large)
		}
		return run(ctx, s)
	})
}

// bench is one run.
type bench struct {
	settings
	words  *data
	most   measure.Values // chunks/s of word vectors, acknowledged
	steady measure.Values // the same, until the tail was empty
	report report
}

func run(ctx context.Context, s settings) error {
	began := time.Now()
	b := &bench{settings: s}
	set, err := vectors.GloVe(ctx, s.rows/batch*batch, true)
	if err != nil {
		return err
	}
	b.words = newData("words", set)
	machine := measure.Machine() // before it has anything to do
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{"insert", b.inserts}, {"beside", b.besides}, {"restart", b.restart}} {
		if s.only != "" && s.only != part.name {
			continue
		}
		if err = part.measure(ctx); err != nil {
			err = fmt.Errorf("%s: %w", part.name, err)
			break // what was measured until then is shown
		}
	}
	fmt.Printf("%s before, medians of %d rounds (smallest–largest), %v\n\n", machine, s.rounds, time.Since(began).Round(time.Second))
	b.report.Print(os.Stdout)
	if err == nil && b.report.wrong > 0 {
		err = errors.New("there were wrong answers")
	}
	return err
}
