//go:build unix

package e2e_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// models is a provider whose models are named by the dimensions of their embeddings, in
// which no two texts are near each other.
type models struct {
	*httptest.Server
	calls atomic.Int64
	slow  atomic.Int64 // nanoseconds that a call takes
}

func newModels(t *testing.T) *models {
	t.Helper()
	m := &models{}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *models) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Model string
		Input []string
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	dims, nonsense := strconv.Atoi(in.Model)
	if err != nil || nonsense != nil {
		http.Error(w, `{"error":{"message":"no such model"}}`, http.StatusNotFound)
		return
	}
	m.calls.Add(1)
	time.Sleep(time.Duration(m.slow.Load()))
	data := make([]any, len(in.Input))
	for i, text := range in.Input {
		data[i] = map[string]any{"index": i, "embedding": hashed(dims, text)}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

// hashed is the embedding of a text by the model of so many dimensions.
func hashed(dims int, text string) []float32 {
	r := rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, dims, text))))
	v, sum := make([]float32, dims), 0.0
	for i := range v {
		v[i] = float32(r.NormFloat64())
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// reembedding is a server over texts, whose embedder is changed while it is killed.
type reembedding struct {
	*models
	t     *testing.T
	dir   string
	env   []string
	texts map[string]string // what was acknowledged, by key
	*server
}

const reembeddedTexts = 6000

func newReembedding(t *testing.T) *reembedding {
	m := newModels(t)
	x := &reembedding{models: m, t: t, dir: t.TempDir(), texts: map[string]string{},
		env: []string{"MEMISTA_OPENAI_URL=" + m.Server.URL + "/v1", "MEMISTA_EMBEDDER=openai/16"}}
	x.server = serve(t, x.dir, x.env)
	for i := 0; i < reembeddedTexts; i += 500 {
		x.insert(i, 500, "text")
	}
	return x
}

// insert stores n texts from i on.
func (x *reembedding) insert(i, n int, prefix string) {
	x.t.Helper()
	var chunks []map[string]string
	for ; n > 0; i, n = i+1, n-1 {
		key := fmt.Sprint("k", i)
		x.texts[key] = fmt.Sprint(prefix, " ", i)
		chunks = append(chunks, map[string]string{"key": key, "text": x.texts[key]})
	}
	body, err := json.Marshal(map[string]any{"chunks": chunks})
	if err != nil {
		x.t.Fatal(err)
	}
	if status, answer := x.do("POST", "/v1/databases/notes/chunks", string(body)); status != 200 {
		x.t.Fatalf("insert = %d %s", status, answer)
	}
}

// job returns the state of the job that re-embeds, or "" if there is none.
func (x *reembedding) job() (state, failure string, percent float64) {
	x.t.Helper()
	var list struct {
		Jobs []struct {
			Kind, State string
			Percent     float64 `json:"progress_percent"`
			Error       string
		}
	}
	status, answer := x.do("GET", "/v1/jobs", "")
	if err := json.Unmarshal([]byte(answer), &list); err != nil || status != 200 {
		x.t.Fatalf("jobs = %d %s", status, answer)
	}
	for _, j := range list.Jobs {
		if j.Kind == "re-embed" {
			state, failure, percent = j.State, j.Error, j.Percent
		}
	}
	return state, failure, percent
}

// dims asks for the dimensions of the database.
func (x *reembedding) dims() int {
	x.t.Helper()
	var d struct{ Dimensions, Chunks int }
	status, answer := x.do("GET", "/v1/databases/notes", "")
	if err := json.Unmarshal([]byte(answer), &d); err != nil || status != 200 || d.Chunks != len(x.texts) {
		x.t.Fatalf("the database is %d %s; want %d chunks", status, answer, len(x.texts))
	}
	return d.Dimensions
}

// finds checks that some texts are found, with an embedding of the model of that many
// dimensions.
func (x *reembedding) finds(n, dims int) {
	x.t.Helper()
	for key, text := range x.texts {
		if n--; n < 0 {
			return
		}
		var found struct {
			Results [][]struct {
				Key       string
				Score     float64
				Embedding []float32
			}
		}
		body := fmt.Sprintf(`{"queries":[{"near_text":%q,"k":1,"ef":800}],"include":["embedding"]}`, text)
		status, answer := x.do("POST", "/v1/databases/notes/search", body)
		if err := json.Unmarshal([]byte(answer), &found); err != nil || status != 200 || len(found.Results) != 1 || len(found.Results[0]) != 1 {
			x.t.Fatalf("search = %d %.300s", status, answer)
		}
		if h := found.Results[0][0]; h.Key != key || h.Score < 0.999 || fmt.Sprint(h.Embedding) != fmt.Sprint(hashed(dims, text)) {
			x.t.Fatalf("search for %q finds %+v; want %s with its embedding of %d dimensions", text, h, key, dims)
		}
	}
}

// TestKilledReembedGoesOn kills a server at random moments of a change of its embedder, the
// last ones about the moment of the swap.
func TestKilledReembedGoesOn(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	x := newReembedding(t)
	x.slow.Store(int64(2 * time.Millisecond))
	status, answer := x.do("POST", "/v1/databases/notes/reembed", `{"embedder":"openai/40"}`)
	if status != 202 || !strings.Contains(answer, `"kind":"re-embed"`) {
		t.Fatalf("reembed = %d %s", status, answer)
	}
	kills := 0
	for state := "running"; state != "done"; kills++ {
		until := rng.Float64() * 70
		if kills > 3 { // from the end of the texts to the swap and the moments after it
			until = 70 + rng.Float64()*30
		}
		x.insert(rng.IntN(reembeddedTexts-20), 20, fmt.Sprint("changed after kill ", kills))
		for percent := 0.0; state == "running" && percent < until; {
			var failure string
			if state, failure, percent = x.job(); state == "failed" || state == "canceled" {
				t.Fatalf("the job is %s: %s", state, failure)
			}
		}
		time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
		x.Kill()
		x.server = serve(t, x.dir, x.env)
		dims := x.dims()
		x.finds(5, dims)
		if state, _, _ = x.job(); state == "" && dims == 40 {
			state = "done"
		} else if state == "" {
			t.Fatalf("after kill %d nothing goes on, and the database has %d dimensions", kills, dims)
		}
		if kills == 12 { // let it end
			for deadline := time.Now().Add(2 * time.Minute); state == "running"; state, _, _ = x.job() {
				if time.Now().After(deadline) {
					t.Fatal("the job does not end")
				}
			}
		}
	}
	x.finds(300, 40)
	t.Logf("%d kills, %d calls of the embedder", kills, x.calls.Load())
	x.terminate()
	if code := x.wait(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if code, out, errOut := ends(t, x.dir, x.env, "verify"); code != 0 {
		t.Errorf("verify = %d, %s, %s", code, out, errOut)
	}
}

// TestReembedCommand changes an embedder from the command line, on a file and on a server.
func TestReembedCommand(t *testing.T) {
	for _, on := range []string{"data file", "server"} {
		t.Run(on, func(t *testing.T) {
			x := newReembedding(t)
			var where []string
			if on == "server" {
				where = []string{"--server", x.server.URL}
			} else {
				x.terminate()
				x.wait()
			}
			run := func(code int, args ...string) (string, string) {
				t.Helper()
				got, out, errOut := ends(t, x.dir, x.env, append(args, where...)...)
				if got != code {
					t.Errorf("memista %s = %d, %s, %s; want %d", strings.Join(args, " "), got, out, errOut, code)
				}
				return out, errOut
			}
			if out, _ := run(0, "re-embed", "notes", "--embedder", "openai/40", "--metric", "cosine"); !strings.HasPrefix(out, `"notes" re-embedded by openai/40 in `) {
				t.Errorf("re-embed printed %q", out)
			}
			if _, errOut := run(1, "re-embed", "notes", "--embedder", "openai/40"); !strings.Contains(errOut, "by openai/40 already") {
				t.Errorf("re-embed by the same embedder printed %q", errOut)
			}
			run(2, "re-embed", "notes")
			run(2, "re-embed", "notes", "--embedder", "nonsense")
			run(1, "re-embed", "none", "--embedder", "openai/16")
			if on == "data file" {
				run(2, "re-embed", "notes", "--embedder", "openai/16", "--detach")
				x.server = serve(t, x.dir, x.env)
			} else if out, _ := run(0, "re-embed", "notes", "--embedder", "openai/20", "--detach"); !strings.HasPrefix(out, "job ") {
				t.Errorf("re-embed --detach printed %q", out)
			}
			for deadline := time.Now().Add(time.Minute); on == "server" && x.dims() != 20; {
				if time.Now().After(deadline) {
					t.Fatal("the job does not end")
				}
			}
			x.finds(50, map[string]int{"server": 20, "data file": 40}[on])
		})
	}
}

// TestInterruptedReembedGoesOn interrupts the command on a file.
func TestInterruptedReembedGoesOn(t *testing.T) {
	x := newReembedding(t)
	x.terminate()
	x.wait()
	x.slow.Store(int64(5 * time.Millisecond))
	before := x.calls.Load()
	cmd := command(x.dir, x.env, "re-embed", "notes", "--embedder", "openai/40")
	var errOut strings.Builder
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for x.calls.Load() < before+80 { // of 188
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(errOut.String(), "to go on") {
		t.Errorf("the interrupted command ended with %v and said %q; want how to go on", err, errOut.String())
	}
	if code, out, errOut := ends(t, x.dir, x.env, "re-embed", "notes", "--embedder", "openai/40"); code != 0 {
		t.Fatalf("re-embed = %d, %s, %s", code, out, errOut)
	}
	if n := x.calls.Load() - before; n > 188+40 {
		t.Errorf("both tries made %d calls; want about 188", n)
	}
	x.server = serve(t, x.dir, x.env)
	x.finds(50, 40)
}
