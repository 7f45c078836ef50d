// Command many measures the memista binary with thousands of small databases under a
// memory budget: memory, time to ready, and the first search in a database that is
// closed, with and without databases being created meanwhile. It reads /proc, so it runs
// on Linux.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
)

const (
	dims   = 100
	chunks = 100 // per database
	budget = 64 << 20
	seed   = 20261122

	readyGoal  = 2 * time.Second
	firstGoal  = 50 * time.Millisecond
	besideGoal = 150 * time.Millisecond
	memoryGoal = 128 // MB
)

// bench is a server on a directory that outlives it.
type bench struct {
	binary, dir string
	databases   int
	*process.Memista
	conn   *rest.Conn
	pprof  string
	rng    *rand.Rand
	report measure.Report
}

func main() {
	b := bench{rng: rand.New(rand.NewPCG(seed, 0))}
	searches := flag.Int("searches", 1000, "first searches in each part")
	flag.StringVar(&b.binary, "memista", "bin/memista", "the binary")
	flag.IntVar(&b.databases, "databases", 5000, "databases")
	flag.StringVar(&b.dir, "dir", "", "directory to use and to keep; one that a run has filled before is not filled again")
	flag.StringVar(&b.pprof, "pprof", "", "address where the server serves its profiles meanwhile")
	measure.Main("many", func(ctx context.Context) error { return b.run(ctx, *searches) })
}

func (b *bench) run(ctx context.Context, searches int) (err error) {
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "memista-many-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	}
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	fmt.Printf("%s, %d databases of %d chunks × %d, memory_budget %d MB\n", measure.Machine(), b.databases, chunks, dims, budget>>20)
	if _, err := os.Stat(b.data()); errors.Is(err, fs.ErrNotExist) {
		if err := b.filled(ctx); err != nil {
			return err
		}
	}
	if err := b.reopened(ctx, searches); err != nil {
		return err
	}
	fmt.Println()
	b.report.Print(os.Stdout)
	return nil
}

// within notes a time and the one that it must be under.
func (b *bench) within(what string, took, goal time.Duration) {
	b.report.Add(what, measure.Values{measure.Milliseconds(took)}, "%.1f ms", measure.AtMost(measure.Milliseconds(goal)))
}

// filled makes the databases.
func (b *bench) filled(ctx context.Context) (err error) {
	if err := b.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	began := time.Now()
	for i := range b.databases {
		if err := b.insert(b.conn, "tenant-"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	took := time.Since(began)
	fmt.Printf("made and filled one after the other: %.0f databases/s\n", float64(b.databases)/took.Seconds())
	return b.memory("when all are made")
}

// reopened searches in databases that are closed.
func (b *bench) reopened(ctx context.Context, searches int) (err error) {
	if err := b.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	fmt.Printf("ready again %v after the start\n", b.Took.Round(time.Millisecond))
	b.within("ready again", b.Took, readyGoal)
	order := b.rng.Perm(b.databases)
	searches = min(searches, len(order)/2)
	if err := b.searches("", order[:searches], firstGoal); err != nil {
		return err
	}
	creating, cancel := context.WithCancel(ctx)
	made := make(chan int, 1)
	began := time.Now()
	go func() {
		n, conn := 0, rest.New(b.Addr)
		defer conn.Close()
		for ; creating.Err() == nil; n++ {
			if b.insert(conn, "new-"+strconv.Itoa(n)) != nil {
				break
			}
		}
		made <- n
	}()
	err = b.searches(" while databases are created", order[searches:2*searches], besideGoal)
	cancel()
	n := <-made
	fmt.Printf("%d databases were created meanwhile, %.0f a second\n", n, float64(n)/time.Since(began).Seconds())
	if err != nil {
		return err
	}
	began = time.Now()
	for _, i := range order {
		if _, err := b.search(i); err != nil {
			return err
		}
	}
	fmt.Printf("one search in each of %d: %.0f searches/s\n", len(order), float64(len(order))/time.Since(began).Seconds())
	return b.memory("after a search in each")
}

// searches measures the first search in each of the databases.
func (b *bench) searches(when string, order []int, goal time.Duration) error {
	times := make(measure.Times, 0, len(order))
	for _, i := range order {
		took, err := b.search(i)
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	b.within("first search in a closed one"+when+", p99 of "+strconv.Itoa(len(times)), times.At(99), goal)
	const fine = 10 * time.Microsecond
	fmt.Printf("first search in a closed one%s: p50 %v, p99 %v, longest %v, n = %d\n", when,
		times.At(50).Round(fine), times.At(99).Round(fine), times.At(100).Round(fine), len(times))
	return nil
}

func (b *bench) start(ctx context.Context) (err error) {
	b.Memista, err = process.StartMemista(ctx, b.binary,
		"DATABASE_PATH="+b.data(), "MEMISTA_MEMORY_BUDGET="+strconv.Itoa(budget), "MEMISTA_PPROF_ADDRESS="+b.pprof)
	if err == nil {
		b.conn = rest.New(b.Addr)
	}
	return err
}

// data is the data file.
func (b *bench) data() string { return filepath.Join(b.dir, "memista.db") }

func (b *bench) stop() error {
	b.conn.Close()
	_, err := b.Stop()
	return err
}

// memory prints what the server holds.
func (b *bench) memory(when string) error {
	anon, err := b.Memory("RssAnon")
	if err != nil {
		return err
	}
	handles, err := b.Handles()
	if err != nil {
		return err
	}
	fmt.Printf("%s: RssAnon %.0f MB, %d file handles\n", when, anon, handles)
	b.report.Add("RssAnon "+when, measure.Values{anon}, "%.0f MB", measure.AtMost(memoryGoal))
	return nil
}

func (b *bench) insert(c *rest.Conn, database string) error {
	body := fmt.Appendf(nil, `{"database_id":%q,"chunks":[`, database)
	rng := rand.New(rand.NewPCG(seed, uint64(len(database))))
	for i := range chunks {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(appendVector(append(body, `{"embedding":`...), rng), `,"text":"a note of a tenant"}`...)
	}
	_, err := c.Do("/v1/insert", append(body, "]}"...))
	return err
}

// search returns how long a search in database i took, which must find ten chunks.
func (b *bench) search(i int) (time.Duration, error) {
	body := fmt.Appendf(nil, `{"database_id":"tenant-%d","num_results":10,"embeddings":[`, i)
	body = append(appendVector(body, b.rng), "]}"...)
	began := time.Now()
	answer, err := b.conn.Do("/v1/search", body)
	took := time.Since(began)
	if n := bytes.Count(answer, []byte(`"chunk_id"`)); err == nil && n != 10 {
		err = fmt.Errorf("database %d: %d hits", i, n)
	}
	return took, err
}

func appendVector(body []byte, rng *rand.Rand) []byte {
	for d := range dims {
		body = append(body, "[,"[min(d, 1)])
		body = strconv.AppendFloat(body, rng.NormFloat64(), 'g', 7, 32)
	}
	return append(body, ']')
}
