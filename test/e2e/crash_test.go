//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chunk is what is stored, and read back.
type chunk struct {
	Embedding []float32 `json:"embedding"`
	Text      string    `json:"text"`
	Metadata  string    `json:"metadata"`
}

// journal holds what was acknowledged.
type journal struct {
	mu     sync.Mutex // guards chunks
	chunks map[int64]chunk
}

// killCycles is how often a server is killed.
const killCycles = 5

func TestKilledServersKeepWhatTheyAcknowledged(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	j := journal{chunks: map[int64]chunk{}}
	for cycle := range killCycles {
		s := serve(t, dir, nil)
		before := len(j.chunks)
		var clients sync.WaitGroup
		for range 4 {
			own := rand.New(rand.NewPCG(rng.Uint64(), 0))
			clients.Go(func() { j.insertUntilKilled(t, s.URL, own) })
		}
		j.waitFor(t, before+50+rng.IntN(200))
		s.Kill()
		clients.Wait()
		j.checkAll(t, dir, cycle)
	}
	if len(j.chunks) < 50*killCycles {
		t.Errorf("only %d chunks were acknowledged", len(j.chunks))
	}
	t.Logf("%d kills, %d acknowledged chunks, all there", killCycles, len(j.chunks))
}

// insertUntilKilled sends batches until the server is gone, and notes what it has
// acknowledged.
func (j *journal) insertUntilKilled(t *testing.T, url string, rng *rand.Rand) {
	for {
		batch := make([]chunk, 1+rng.IntN(20))
		for i := range batch {
			v := make([]float32, 8)
			for d := range v {
				v[d] = float32(rng.NormFloat64())
			}
			batch[i] = chunk{Embedding: v, Text: strings.Repeat("å€ \x00\"", rng.IntN(20)), Metadata: strconv.FormatUint(rng.Uint64(), 36)}
		}
		body, err := json.Marshal(map[string]any{"database_id": "d", "chunks": batch})
		if err != nil {
			t.Error(err)
			return
		}
		status, answer, err := try("POST", url+"/v1/insert", bytes.NewReader(body))
		if err != nil {
			return // killed: nobody was told anything
		}
		var ids struct {
			IDs []int64 `json:"inserted_ids"`
		}
		if err := json.Unmarshal([]byte(answer), &ids); err != nil || status != http.StatusOK || len(ids.IDs) != len(batch) {
			t.Errorf("insert = %d %s", status, answer)
			return
		}
		j.mu.Lock()
		for i, id := range ids.IDs {
			if _, twice := j.chunks[id]; twice {
				t.Errorf("chunk id %d was given twice", id)
			}
			j.chunks[id] = batch[i]
		}
		j.mu.Unlock()
	}
}

// ackLimit is how long the chunks of one cycle may take: a machine with other work has
// acknowledged three in a second.
const ackLimit = 5 * time.Minute

// waitFor returns when n chunks have been acknowledged.
func (j *journal) waitFor(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(ackLimit); ; {
		got := j.acknowledged()
		if got >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d chunks acknowledged in %v; want %d", got, ackLimit, n)
		}
		time.Sleep(time.Millisecond)
	}
}

func (j *journal) acknowledged() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.chunks)
}

// checkAll compares every acknowledged chunk with what a new server has, and searches
// for one of them.
func (j *journal) checkAll(t *testing.T, dir string, cycle int) {
	t.Helper()
	s := serve(t, dir, nil)
	wrong := 0
	for id, want := range j.chunks {
		status, answer := s.do("GET", fmt.Sprintf("/v1/databases/d/chunks/%d?include=text,metadata,embedding", id), "")
		var got chunk
		if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK {
			t.Errorf("cycle %d: chunk %d: %d %s", cycle, id, status, answer)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cycle %d: chunk %d (-sent +got):\n%s", cycle, id, diff)
		} else {
			continue
		}
		if wrong++; wrong == 10 {
			t.Fatal("and more")
		}
	}
	var info struct{ Chunks int }
	if _, answer := s.do("GET", "/v1/databases/d", ""); json.Unmarshal([]byte(answer), &info) != nil || info.Chunks < len(j.chunks) {
		t.Errorf("cycle %d: %s; want at least %d chunks", cycle, answer, len(j.chunks))
	}
	s.terminate()
	if code := s.wait(); code != 0 {
		t.Errorf("cycle %d: exit code %d:\n%s", cycle, code, s.Log())
	}
}

func TestAKilledImportGoesOn(t *testing.T) {
	dir := t.TempDir()
	const rows = 20_000
	var lines bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&lines, `{"embedding":[%d,1],"text":"row %d"}`+"\n", i, i+1)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.jsonl"), lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "d", "rows.jsonl", "--metric", "l2", "--batch", "20"}
	cmd := command(dir, nil, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForFile(t, filepath.Join(dir, "cache", "memista", "imports", "*.json"))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Fatal("the import had ended before it was killed")
	}

	code, out, errOut := ends(t, dir, nil, args...)
	if code != 0 || !strings.Contains(errOut, "going on after row ") || strings.HasPrefix(out, fmt.Sprintf("rows.jsonl: %d ", rows)) {
		t.Errorf("second import: exit code %d, %q, stderr %q; want it to go on", code, out, errOut)
	}
	s := serve(t, dir, nil)
	_, answer := s.do("GET", "/v1/databases/d", "")
	var info struct{ Chunks int }
	if err := json.Unmarshal([]byte(answer), &info); err != nil || info.Chunks != rows {
		t.Errorf("database = %s; want %d chunks, no more, no less", answer, rows)
	}
	for _, row := range []int{1, 20, 21, 9_999, rows} {
		_, answer := s.do("POST", "/v1/search", fmt.Sprintf(`{"database_id":"d","embeddings":[[%d,1]],"num_results":1}`, row-1))
		if !strings.Contains(answer, fmt.Sprintf(`"key":"rows.jsonl:%d","text":"row %d"`, row, row)) {
			t.Errorf("search for row %d = %s", row, answer)
		}
	}
	code, out, errOut = ends(t, dir, nil, append(args, "--server", s.URL, "--batch", "5000")...)
	if code != 0 || out != fmt.Sprintf("rows.jsonl: %d rows stored\n", rows) {
		t.Errorf("import into the server: exit code %d, %q, stderr %q", code, out, errOut)
	}
	if _, answer := s.do("GET", "/v1/databases/d", ""); json.Unmarshal([]byte(answer), &info) != nil || info.Chunks != rows {
		t.Errorf("after the third import: %s; want %d chunks", answer, rows)
	}
}

// TestAKilledImportFromAnotherStoreGoesOn reads a server through the APIs of Qdrant and
// Chroma, is killed, and reads on.
func TestAKilledImportFromAnotherStoreGoesOn(t *testing.T) {
	const records = 10_000
	there := serve(t, t.TempDir(), nil)
	var chunks []string
	for i := range records {
		chunks = append(chunks, fmt.Sprintf(`{"key":"%d","embedding":[%d,1],"text":"row %d"}`, i+1, i, i+1))
	}
	if status, answer := there.do("PUT", "/v1/databases/d", `{"metric":"l2"}`); status/100 != 2 {
		t.Fatal(answer)
	}
	if status, answer := there.do("POST", "/v1/databases/d/chunks", `{"chunks":[`+strings.Join(chunks, ",")+`]}`); status/100 != 2 {
		t.Fatal(answer)
	}
	for _, kind := range []string{"qdrant", "chroma"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"import", "copy", "--from", kind, there.URL + "/d", "--batch", "20"}
			cmd := command(dir, nil, args...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitForFile(t, filepath.Join(dir, "cache", "memista", "imports", "*.json"))
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if cmd.Wait() == nil {
				t.Fatal("the import had ended before it was killed")
			}
			code, out, errOut := ends(t, dir, nil, args...)
			if code != 0 || !strings.Contains(errOut, "going on after row ") || strings.HasPrefix(out, fmt.Sprintf("d: %d ", records)) {
				t.Errorf("second import: exit code %d, %q, stderr %q; want it to go on", code, out, errOut)
			}
			if _, out, _ := ends(t, dir, nil, "count", "copy"); out != fmt.Sprintf("%d\n", records) {
				t.Errorf("%s chunks; want each record once", out)
			}
			for _, row := range []int{1, 20, 21, 9_999, records} {
				if _, out, errOut := ends(t, dir, nil, "get", "copy", "--key", fmt.Sprint(row)); !strings.Contains(out, fmt.Sprintf(`"text":"row %d"`, row)) {
					t.Errorf("record %d is %s, %s", row, out, errOut)
				}
			}
		})
	}
}

// waitForFile returns when a file of the pattern exists.
func waitForFile(t *testing.T, pattern string) {
	t.Helper()
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if files, _ := filepath.Glob(pattern); len(files) > 0 {
			return
		}
	}
	t.Fatalf("no file %s", pattern)
}
