//go:build unix

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/client"
)

// migrateKills is how often a migration, or a server beside it, is killed.
const migrateKills = 8

// TestKilledMigrations kills memista migrate again and again, and both servers, while the
// source is written. In the end the target has all that the source has, and nothing else.
func TestKilledMigrations(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	home := t.TempDir()
	from, to := newStation(t), newStation(t)
	c := from.client()
	fillForMigration(t, c)
	stop := writeMeanwhile(t, c, rng)

	args := []string{"migrate", "d", "--server", from.url, "--to", to.url, "--batch", "20", "--samples", "20"}
	kills, done := 0, false
	for ; kills < migrateKills && !done; kills++ {
		cmd := command(home, nil, args...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+rng.IntN(700)) * time.Millisecond)
		switch kills % 4 {
		case 1: // a server dies; the migration asks again until it is back
			to.restart()
			time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		case 3:
			from.restart()
			time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		}
		_ = cmd.Process.Kill() // it may have come to its end
		_ = cmd.Wait()
		done = strings.Contains(out.String(), "moved to ")
		t.Logf("kill %d: %s", kills, strings.TrimSpace(out.String()))
	}
	if !done {
		if code, out, errOut := ends(t, home, nil, args...); code != 0 || !strings.Contains(out, "moved to ") {
			t.Fatalf("migrate = %d, %s, %s", code, out, errOut)
		}
	}
	acked := stop()
	if acked == 0 {
		t.Error("nothing was written meanwhile; the test says nothing")
	}
	want, got := everyChunk(t, c), everyChunk(t, to.client())
	if diff := cmp.Diff(want, got, cmp.Comparer(client.Metadata.Equal)); diff != "" {
		t.Errorf("after %d kills and %d writes (-source +target):\n%.2000s", kills, acked, diff)
	}
	names, err := to.client().CarriedNames(t.Context())
	if err != nil || len(names.Collections) != 1 || names.Collections[0].Name != "my docs" || len(names.Aliases) != 1 {
		t.Errorf("the target has the names %+v, %v", names, err)
	}
	t.Logf("%d kills, %d acknowledged writes, %d chunks, none differs", kills, acked, len(want))
}

// station is a server that comes back at the same address.
type station struct {
	t    *testing.T
	dir  string
	url  string
	port string
	s    *server
}

func newStation(t *testing.T) *station {
	t.Helper()
	st := &station{t: t, dir: t.TempDir()}
	st.s = serve(t, st.dir, nil)
	st.url = st.s.URL
	u, err := url.Parse(st.url)
	if err != nil {
		t.Fatal(err)
	}
	st.port = u.Port()
	return st
}

// restart kills the server and starts it again.
func (st *station) restart() {
	st.t.Helper()
	st.s.Kill()
	st.s = serve(st.t, st.dir, []string{"SERVER_PORT=" + st.port})
}

func (st *station) client() *client.Client {
	st.t.Helper()
	c, err := client.New(st.url, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	return c
}

// fillForMigration makes the database d, with a collection's name and an alias.
func fillForMigration(t *testing.T, c *client.Client) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	chunks := make([]client.Chunk, 20_000)
	for i := range chunks {
		chunks[i] = client.Chunk{Text: fmt.Sprint("text ", i), Metadata: client.Meta(map[string]any{"n": i}), Embedding: randomVector(rng)}
		if i%2 == 0 {
			chunks[i].Key = fmt.Sprint("key ", i)
		}
	}
	if _, err := c.Insert(t.Context(), "d", chunks, nil); err != nil {
		t.Fatal(err)
	}
	space := client.Space{Tenant: "acme", Database: "library"}
	if err := c.PutNames(t.Context(), client.Names{
		Tenants: []string{"acme"}, Spaces: []client.Space{space}, Aliases: []client.Alias{{Alias: "current", Database: "d"}},
		Collections: []client.Collection{{Space: space, Name: "my docs", ID: "d", UUID: "0b0f3d1e-0000-4000-8000-000000000001", Surface: "chroma", Keys: "raw", Config: "{}"}},
	}); err != nil {
		t.Fatal(err)
	}
}

func randomVector(rng *rand.Rand) []float32 {
	v := make([]float32, 8)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// writeMeanwhile inserts, replaces, patches and deletes until stop is called, which returns how
// many writes were acknowledged.
func writeMeanwhile(t *testing.T, c *client.Client, rng *rand.Rand) (stop func() int64) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var acked atomic.Int64
	for range 2 {
		own := rand.New(rand.NewPCG(rng.Uint64(), 0))
		wg.Go(func() {
			for ctx.Err() == nil {
				var err error
				switch own.IntN(4) {
				case 0:
					_, err = c.Delete(ctx, "d", 1+own.Int64N(25_000))
				case 1:
					text := fmt.Sprint("patched ", own.IntN(1000))
					_, err = c.Patch(ctx, "d", 1+own.Int64N(25_000), client.Patch{Text: &text})
				default:
					_, err = c.Insert(ctx, "d", []client.Chunk{{Key: fmt.Sprint("key ", own.IntN(20_000)), Text: "again", Embedding: randomVector(own)}, {Text: "more", Embedding: randomVector(own)}}, nil)
				}
				if err == nil {
					acked.Add(1)
				} else if ctx.Err() == nil {
					time.Sleep(5 * time.Millisecond) // the server is away, keeps writers out, or has no such chunk
				}
			}
		})
	}
	stop = func() int64 {
		cancel()
		wg.Wait()
		return acked.Load()
	}
	t.Cleanup(func() { stop() })
	return stop
}

// everyChunk returns all chunks of d, whole.
func everyChunk(t *testing.T, c *client.Client) []client.Chunk {
	t.Helper()
	var all []client.Chunk
	o := client.ListOptions{Limit: 1000, Include: []client.Part{client.PartText, client.PartMetadata, client.PartEmbedding, client.PartSparse}}
	for {
		page, err := c.List(t.Context(), "d", &o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Chunks...)
		if page.Next == 0 {
			return all
		}
		o.After = page.Next
	}
}
