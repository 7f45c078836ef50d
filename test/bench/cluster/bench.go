package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
	"github.com/memista/memista/test/cluster"
)

// bench is one cluster with a memista in front.
type bench struct {
	settings
	set     *vectors.Set
	truth   [][]int64
	cluster *cluster.Cluster
	memista *process.Memista
	client  *wire.Client
	place   wire.Place // where memista has put the rows
}

func (b *bench) start(ctx context.Context) (err error) {
	b.memista, err = process.StartMemista(ctx, b.binary,
		"MEMISTA_CLUSTER="+strings.Join(b.cluster.Addresses(), ","), "MEMISTA_CLUSTER_GRPC="+strings.Join(b.cluster.GRPC(), ","),
		// Inserts may wait long where the machine has other work.
		"MEMISTA_CLUSTER_REPLICAS="+strconv.Itoa(len(b.cluster.Nodes)), "MEMISTA_CLUSTER_TIMEOUT=2m")
	return err
}

func (b *bench) close() error {
	var errs []error
	if b.client != nil {
		errs = append(errs, b.client.Close())
	}
	if b.memista != nil {
		_, err := b.memista.Stop()
		errs = append(errs, err)
	}
	return errors.Join(append(errs, b.cluster.Close())...)
}

// inserted is what inserts have measured; times of processors are microseconds per row.
type inserted struct{ rate, theirs, ours float64 }

// fill inserts all rows through memista.
func (b *bench) fill(context.Context) (in inserted, err error) {
	type chunk struct {
		Embedding []float32 `json:"embedding"`
		Text      string    `json:"text"`
	}
	bodies := make([][]byte, (b.rows+batchRows-1)/batchRows)
	for i := range bodies {
		var chunks []chunk
		for j := i * batchRows; j < min(b.rows, (i+1)*batchRows); j++ {
			chunks = append(chunks, chunk{b.set.Rows[j], b.set.Words[j]})
		}
		bodies[i] = httpload.Encode(map[string]any{"database_id": "words", "chunks": chunks})
	}
	before, err := b.times()
	if err != nil {
		return in, err
	}
	began := time.Now()
	conns := make([]*rest.Conn, inserters)
	for i := range conns {
		conns[i] = rest.New(b.memista.Addr)
		defer conns[i].Close()
	}
	err = measure.Share(inserters, 0, len(bodies), 1, func(client, i, _ int) error {
		_, err := conns[client].Do("/v1/insert", bodies[i])
		return err
	})
	if err != nil {
		return in, err
	}
	took := time.Since(began)
	after, err := b.times()
	n := float64(b.rows)
	return inserted{n / took.Seconds(), measure.Microseconds(after.theirs-before.theirs) / n, measure.Microseconds(after.ours-before.ours) / n}, err
}

// times are the processor times of all nodes, and of memista.
type times struct{ theirs, ours time.Duration }

func (b *bench) times() (t times, err error) {
	for _, n := range b.cluster.Nodes {
		cpu, err := process.PID(n.PID()).CPU()
		if err != nil {
			return t, err
		}
		t.theirs += cpu
	}
	t.ours, err = b.memista.CPU()
	return t, err
}

// open finds where memista has put the rows: the tenant that has them all.
func (b *bench) open(ctx context.Context) (err error) {
	if b.client, err = wire.New(wire.Options{Addresses: b.cluster.Addresses(), GRPC: b.cluster.GRPC()}); err != nil {
		return err
	}
	classes, err := b.client.Classes(ctx)
	if err != nil {
		return err
	}
	for _, class := range classes {
		tenants := []wire.Tenant{{}}
		if class.MultiTenancy != nil && class.MultiTenancy.Enabled {
			if tenants, err = b.client.Tenants(ctx, class.Name); err != nil {
				return err
			}
		}
		for _, t := range tenants {
			p := wire.Place{Class: class.Name, Tenant: t.Name}
			if n, err := b.client.Count(ctx, p, nil); err != nil {
				return err
			} else if n == int64(b.rows) {
				b.place = p
				return nil
			}
		}
	}
	return fmt.Errorf("no class and no tenant has the %d rows", b.rows)
}

// memory tells what each node takes.
func (b *bench) memory() string {
	return b.each(func(n *cluster.Node) (float64, error) { return process.PID(n.PID()).Memory("RssAnon") })
}

func (b *bench) ownMemory() float64 {
	mb, err := b.memista.Memory("RssAnon")
	if err != nil {
		measure.Say("memory of memista: %v", err)
	}
	return mb
}

// disk tells what each node has on disk.
func (b *bench) disk() string {
	return b.each(func(n *cluster.Node) (mb float64, err error) {
		err = filepath.WalkDir(filepath.Join(n.Dir, "data"), func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, os.ErrNotExist) {
				return nil // it was put together with another one meanwhile
			}
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				mb += float64(info.Size()) / (1 << 20)
			}
			return nil // one that is gone by now is the same
		})
		return mb, err
	})
}

func (b *bench) each(of func(*cluster.Node) (float64, error)) string {
	var parts []string
	for _, n := range b.cluster.Nodes {
		v, err := of(n)
		if err != nil {
			measure.Say("%s: %v", n.Name, err)
		}
		parts = append(parts, strconv.Itoa(int(v+0.5)))
	}
	return strings.Join(parts, ", ")
}

// clock collects how long calls took.
type clock struct {
	mu    sync.Mutex // guards times
	times measure.Times
}

func (c *clock) add(times measure.Times) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = append(c.times, times...)
}
