// Command engine measures vector engines against each other: it builds and searches all
// of them in one run, interleaved, so that what the machine does besides hits all alike,
// and prints medians, ratios to hnswlib, and recall beside every speed.
//
//	go run ./test/bench/engine                                # GloVe, 100,000 words, and hard sets
//	go run ./test/bench/engine -set made -dims 768            # the generated set
//	go run ./test/bench/engine -engines 'hnswlib,hnsw' -rounds 5
//
// With a USearch library at hand (env $(go run ./internal/adapters/index/usearch/libusearch) go run
// -tags usearch …) its adapter and a bare C loop over the same library join the table.
package main

import (
	"context"
	"flag"

	"github.com/memista/memista/test/bench/measure"
)

func main() {
	var c config
	var sets, efs, threads, names, metric, shares string
	flag.StringVar(&sets, "set", "glove,crowd,cone,long,lognormal", "data, one after the other: glove (unit length), glove-raw (as trained), made (generated); hard ones: crowd, cone, long, lognormal")
	flag.IntVar(&c.n, "n", 100000, "rows of glove (0: all), glove-raw and made; the hard ones have a size of their own")
	flag.IntVar(&c.dims, "dims", 768, "dimension of the generated set")
	flag.StringVar(&metric, "metric", "", "ip, cosine or l2; empty: that of the set")
	flag.IntVar(&c.m, "m", 16, "links per node")
	flag.IntVar(&c.efc, "efc", 128, "beam width of building")
	flag.IntVar(&c.k, "k", 10, "results per query")
	flag.StringVar(&shares, "allow", "0.5,0.1,0.01,0.001", "parts of the ids that filtered searches allow; empty: no filtered searches")
	flag.StringVar(&efs, "ef", "64,128,256", "beam widths of searching")
	flag.IntVar(&c.builds, "builds", 3, "rounds of building")
	flag.IntVar(&c.rounds, "rounds", 3, "rounds of searching")
	flag.StringVar(&threads, "build-threads", "1,2", "threads of building; searches use what was built last")
	flag.IntVar(&c.searchThreads, "threads", 1, "threads of searching")
	flag.Float64Var(&c.minSeconds, "min", 0.5, "least seconds of one measurement")
	flag.BoolVar(&c.cpu, "cpu", false, "count processor time, all threads together, instead of the clock: for a busy machine")
	flag.StringVar(&names, "engines", "", "engines to run, by the beginnings of their names; empty: all of this build")
	measure.Main("engine", func(ctx context.Context) error {
		if err := c.parse(sets, efs, threads, names, metric, shares); err != nil {
			return err
		}
		return run(ctx, c)
	})
}
