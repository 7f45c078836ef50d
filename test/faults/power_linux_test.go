package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

const powerDims = 8

// promise is an acknowledged batch: the chunks it stored, or the one it deleted.
type promise struct {
	sent, acked int64 // nanoseconds since 1970
	numbers     []int64
	deleted     int64
}

// TestPowerLoss records what the server writes and syncs, and looks at the disk as it may
// be when the power fails at any moment. With durability full everything that was
// acknowledged until then is there. With normal some is not: the test can see a loss.
func TestPowerLoss(t *testing.T) {
	needStrace(t)
	n := rounds(t, 1, 25)
	rng := seeded(t)
	const images = 60
	t.Run("full", func(t *testing.T) {
		lost, looked := 0, 0
		for range n {
			all, promises := record(t, "full", rng)
			for range images {
				lost += failPower(t, all, promises, rng)
				looked++
			}
		}
		if lost > 0 {
			t.Errorf("%d acknowledged changes were lost", lost)
		}
		result(t, looked, "power failures, durability full", lost)
	})
	t.Run("normal loses something", func(t *testing.T) {
		lost := 0
		all, promises := record(t, "normal", rng)
		for range images / 2 {
			lost += failPower(t, all, promises, rng)
		}
		if lost == 0 {
			t.Error("nothing was lost: this test would not see it")
		}
		t.Logf("%d acknowledged changes lost in %d power failures, durability normal", lost, images/2)
	})
}

// record runs a server under load and returns what it did to its files and what it has
// acknowledged.
func record(t *testing.T, durability string, rng *rand.Rand) ([]action, []promise) {
	t.Helper()
	dir, logs := t.TempDir(), filepath.Join(t.TempDir(), "log")
	file := filepath.Join(dir, "memista.db")
	s := start(t, launch{dir: dir, env: []string{"MEMISTA_DURABILITY=" + durability}, under: recorder(logs, file, file+"-wal")})
	s.PID = traced(t, s.PID)
	var mu sync.Mutex // guards promises
	var promises []promise
	next := int64(0)
	number := func() int64 {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next
	}
	var clients sync.WaitGroup
	for range 4 {
		own := rand.New(rand.NewPCG(rng.Uint64(), 3))
		clients.Go(func() {
			made := client(t, s, own, number)
			mu.Lock()
			defer mu.Unlock()
			promises = append(promises, made...)
		})
	}
	clients.Wait()
	_ = syscall.Kill(s.PID, syscall.SIGKILL)
	<-s.Ended()
	return recorded(t, logs), promises
}

// client inserts and deletes, with rests in which the server moves its log into the file.
func client(t *testing.T, s *server, rng *rand.Rand, number func() int64) []promise {
	var made []promise
	var live []int64 // chunk ids
	numbers := map[int64]int64{}
	for i := range 14 {
		if i%5 == 4 {
			<-time.After(300 * time.Millisecond)
		}
		var p promise
		if len(live) > 3 && rng.IntN(4) == 0 {
			at := rng.IntN(len(live))
			p = promise{sent: time.Now().UnixNano(), deleted: numbers[live[at]]}
			if err := s.call(context.Background(), "DELETE", fmt.Sprintf("/v1/databases/p/chunks/%d", live[at]), nil, nil); err != nil {
				t.Error(err)
				return made
			}
			live = slices.Delete(live, at, at+1)
		} else {
			var chunks []chunk
			for range 1 + rng.IntN(3) {
				n := number()
				p.numbers = append(p.numbers, n)
				chunks = append(chunks, content("p", powerDims, n))
			}
			var out struct {
				IDs []int64 `json:"inserted_ids"`
			}
			p.sent = time.Now().UnixNano()
			if err := s.call(context.Background(), "POST", "/v1/insert", map[string]any{"database_id": "p", "chunks": chunks}, &out); err != nil {
				t.Error(err)
				return made
			}
			live = append(live, out.IDs...)
			for i, id := range out.IDs {
				numbers[id] = p.numbers[i]
			}
		}
		p.acked = time.Now().UnixNano()
		made = append(made, p)
	}
	return made
}

// failPower looks at the disk after a power failure at a random moment, half of the time
// right after an acknowledgement, and returns how many acknowledged changes are lost.
func failPower(t *testing.T, all []action, promises []promise, rng *rand.Rand) (lost int) {
	t.Helper()
	at := promises[rng.IntN(len(promises))].acked + 1
	if rng.IntN(2) == 0 {
		from, to := promises[0].acked, all[len(all)-1].end
		at = from + rng.Int64N(max(to-from, 1))
	}
	how := loss(rng.IntN(int(losses)))
	dir := t.TempDir()
	for name, raw := range diskAt(all, at, how, rng) {
		if raw != nil {
			writeFile(t, filepath.Join(dir, name), raw)
		}
	}
	rows := powerRows(t, dir)
	for _, p := range promises {
		lost += p.broken(t, rows, promises, at)
	}
	return lost
}

// powerRows returns the numbers of the chunks on a disk; each must be as it was sent.
func powerRows(t *testing.T, dir string) map[int64]bool {
	t.Helper()
	rows := map[int64]bool{}
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "memista.db"), nil)
	if err != nil {
		t.Fatalf("after a power failure: %v", err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	report, err := store.Verify(t.Context(), false, nil)
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("after a power failure: Verify = %v, %v; want nothing to be wrong", report.Findings, err)
	}
	db, err := store.Find(t.Context(), "p")
	if err != nil {
		return rows // not there yet, or lost: what was acknowledged is missed below
	}
	chunks, err := store.Chunks(t.Context(), db, domain.Selection{Limit: everything}, domain.DefaultFields|domain.FieldEmbedding)
	if err != nil || int64(len(chunks)) != db.Chunks {
		t.Errorf("after a power failure: %d chunks of %d, %v", len(chunks), db.Chunks, err)
	}
	for _, c := range chunks {
		n, _ := numberOf("p", c.Text)
		if want := content("p", powerDims, n); c.Text != want.Text || !slices.EqualFunc(c.Embedding, want.Embedding, sameBits) {
			t.Errorf("after a power failure: chunk %d, %.40q, is not as it was sent", c.ID, c.Text)
		}
		rows[n] = true
	}
	return rows
}

// broken returns how much of p was lost at a time, and complains about half batches.
func (p promise) broken(t *testing.T, rows map[int64]bool, all []promise, at int64) (lost int) {
	t.Helper()
	if p.deleted != 0 {
		if p.acked <= at && rows[p.deleted] {
			return 1
		}
		return 0
	}
	there, free := 0, 0 // free: being deleted, either is right
	for _, n := range p.numbers {
		deleting := slices.ContainsFunc(all, func(q promise) bool { return q.deleted == n && q.sent < at })
		switch {
		case deleting:
			free++
		case rows[n]:
			there++
		}
	}
	missing := len(p.numbers) - free - there
	if p.acked <= at {
		return missing
	}
	if there > 0 && missing > 0 {
		t.Errorf("after a power failure: %d of %d chunks of a batch", there, len(p.numbers))
	}
	return 0
}
