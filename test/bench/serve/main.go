// Command serve measures the memista binary as a server: memory and time to ready,
// inserts over HTTP with every acknowledgement on disk, and CPU time per search. It
// prints medians of several rounds. It reads /proc, so it runs on Linux.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
)

const seed = 20261122

// settings of the measurement.
type settings struct {
	binary   string
	rounds   int
	chunks   int           // inserted per round by the batch measurement
	duration time.Duration // of a round with single inserts
	searches int           // per round
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "memista", "bin/memista", "the binary")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds; the median counts")
	flag.IntVar(&s.chunks, "chunks", 40_000, "chunks per round of batch inserts")
	flag.DurationVar(&s.duration, "duration", 3*time.Second, "length of a round of single inserts")
	flag.IntVar(&s.searches, "searches", 20_000, "searches per round")
	measure.Main("serve", func(ctx context.Context) error { return run(ctx, s) })
}

func run(ctx context.Context, s settings) error {
	fmt.Printf("%s, medians of %d rounds (smallest–largest)\n\n", measure.Machine(), s.rounds)
	for _, part := range []func(context.Context, settings) error{idle, batches(100), batches(768), singles, search(100), search(768)} {
		if err := part(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// idle measures an empty server.
func idle(ctx context.Context, s settings) error {
	var ready, anon, rss measure.Values
	for range s.rounds {
		err := process.WithMemista(ctx, s.binary, func(srv *process.Memista) error {
			ready = append(ready, measure.Milliseconds(srv.Took))
			time.Sleep(time.Second) // what the start has left over is collected
			a, err := srv.Memory("RssAnon")
			if err != nil {
				return err
			}
			r, err := srv.Memory("VmRSS")
			anon, rss = append(anon, a), append(rss, r)
			return err
		})
		if err != nil {
			return err
		}
	}
	fmt.Printf("ready on an empty directory, from exec to the answer of /readyz   %v ms\n", ready)
	fmt.Printf("idle RssAnon                                                      %v MB\n", anon)
	fmt.Printf("idle VmRSS                                                        %v MB\n\n", rss)
	return nil
}

const (
	batchClients = 4
	batchRows    = 500
)

// batches measures inserts of many chunks each.
func batches(dims int) func(context.Context, settings) error {
	return func(ctx context.Context, s settings) error {
		rows := s.chunks
		if dims > 200 {
			rows /= 4
		}
		bodies := make([][]byte, 8) // sent again and again: the server does not know
		for i := range bodies {
			bodies[i] = insertBody(dims, batchRows, uint64(i))
		}
		var rate, cpu measure.Values
		for range s.rounds {
			err := process.WithMemista(ctx, s.binary, func(srv *process.Memista) error {
				took, err := hammer(srv, batchClients, rows/batchRows, "/v1/insert", func(i int) []byte { return bodies[i%len(bodies)] })
				if err != nil {
					return err
				}
				n := float64(rows / batchRows * batchRows)
				used, err := srv.CPU()
				rate, cpu = append(rate, n/took.Seconds()), append(cpu, float64(used.Microseconds())/n)
				return err
			})
			if err != nil {
				return err
			}
		}
		fmt.Printf("insert, %d clients, batches of %d × %d-d                            %v chunks/s, server CPU %v µs/chunk\n", batchClients, batchRows, dims, rate, cpu)
		return nil
	}
}

// singles measures inserts of one chunk each, by one client and by sixteen.
func singles(ctx context.Context, s settings) error {
	body := insertBody(100, 1, 0)
	rates := map[int]measure.Values{}
	perAck := map[int]measure.Values{}
	err := measure.Turns(s.rounds, []int{1, 16}, func(_, clients int) error {
		srv, err := process.StartMemista(ctx, s.binary)
		if err != nil {
			return err
		}
		began := time.Now()
		acks, err := repeat(srv, clients, s.duration, "/v1/insert", body)
		took := time.Since(began)
		log, stopErr := srv.Stop()
		if err := errors.Join(err, stopErr); err != nil {
			return err
		}
		syncs, err := fsyncs(log)
		rates[clients] = append(rates[clients], float64(acks)/took.Seconds())
		perAck[clients] = append(perAck[clients], float64(syncs)/float64(acks))
		return err
	})
	if err != nil {
		return err
	}
	for _, clients := range []int{1, 16} {
		fmt.Printf("insert, %2d clients, one chunk of 100-d each                        %v chunks/s, %v fsyncs per acknowledgement\n", clients, rates[clients], perAck[clients])
	}
	fmt.Printf("16 clients to one                                                 × %.2f\n\n", rates[16].Median()/rates[1].Median())
	return nil
}

const (
	searchClients = 4
	searchRows    = 100
)

// search measures the server's CPU time per search with ten hits.
func search(dims int) func(context.Context, settings) error {
	return func(ctx context.Context, s settings) error {
		var cpu, qps measure.Values
		queries := make([][]byte, 64)
		for i := range queries {
			queries[i] = searchBody(dims, uint64(i))
		}
		query := func(i int) []byte { return queries[i%len(queries)] }
		for range s.rounds {
			err := process.WithMemista(ctx, s.binary, func(srv *process.Memista) error {
				if _, err := hammer(srv, 1, 1, "/v1/insert", func(int) []byte { return insertBody(dims, searchRows, 1) }); err != nil {
					return err
				}
				if _, err := hammer(srv, searchClients, s.searches/10, "/v1/search", query); err != nil {
					return err // warm up
				}
				before, err := srv.CPU()
				if err != nil {
					return err
				}
				took, err := hammer(srv, searchClients, s.searches, "/v1/search", query)
				if err != nil {
					return err
				}
				after, err := srv.CPU()
				cpu = append(cpu, float64((after-before).Microseconds())/float64(s.searches))
				qps = append(qps, float64(s.searches)/took.Seconds())
				return err
			})
			if err != nil {
				return err
			}
		}
		fmt.Printf("search, %d clients, %d rows of %3d-d, 10 hits                       server CPU %v µs, %v searches/s\n", searchClients, searchRows, dims, cpu, qps)
		return nil
	}
}

func vector(rng *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

func insertBody(dims, rows int, n uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, n))
	type chunk struct {
		Embedding []float32 `json:"embedding"`
		Text      string    `json:"text"`
		Metadata  string    `json:"metadata"`
	}
	chunks := make([]chunk, rows)
	for i := range chunks {
		chunks[i] = chunk{vector(rng, dims), "text of about forty characters, number " + strconv.Itoa(i), `{"source":"bench"}`}
	}
	return encode(map[string]any{"database_id": "bench", "chunks": chunks})
}

func searchBody(dims int, n uint64) []byte {
	rng := rand.New(rand.NewPCG(seed+1, n))
	return encode(map[string]any{"database_id": "bench", "embeddings": [][]float32{vector(rng, dims)}, "num_results": 10})
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // finite numbers and strings
	}
	return raw
}

// hammer sends n requests from the clients together and returns how long all took.
func hammer(srv *process.Memista, clients, n int, path string, body func(i int) []byte) (time.Duration, error) {
	conns := make([]*rest.Conn, clients)
	for i := range conns {
		conns[i] = rest.New(srv.Addr)
		defer conns[i].Close()
	}
	began := time.Now()
	err := measure.Share(clients, 0, n, 1, func(client, i, _ int) error {
		_, err := conns[client].Do(path, body(i))
		return err
	})
	return time.Since(began), err
}

// repeat sends body from the clients for so long and returns how many were answered.
func repeat(srv *process.Memista, clients int, duration time.Duration, path string, body []byte) (int64, error) {
	var acks atomic.Int64
	began := time.Now()
	err := measure.Together(clients, func(int) error {
		c := rest.New(srv.Addr)
		defer c.Close()
		for time.Since(began) < duration {
			if _, err := c.Do(path, body); err != nil {
				return err
			}
			acks.Add(1)
		}
		return nil
	})
	return acks.Load(), err
}

// fsyncs returns how many fsyncs a server has made, as its log says.
func fsyncs(log []byte) (int64, error) {
	for line := range bytes.Lines(log) {
		var l struct {
			Msg    string
			Fsyncs int64
		}
		if json.Unmarshal(line, &l) == nil && l.Msg == "stopped" {
			return l.Fsyncs, nil
		}
	}
	return 0, fmt.Errorf("the log has no line about the end:\n%s", log)
}
