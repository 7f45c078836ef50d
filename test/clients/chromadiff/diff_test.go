package chromadiff

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
)

// memista serves Chroma's API from a new data file.
func memista(t *testing.T) *server {
	t.Helper()
	c, err := compose.Open(t.Context(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db")})
	if err != nil {
		t.Fatal(err)
	}
	h := web.New(web.Options{})
	chromaapi.Mount(h, c.Service, c.Service.Collections(), chromaapi.Options{})
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.Close()
		if err := c.Service.Close(); err != nil {
			t.Error(err)
		}
	})
	return &server{name: "memista", url: srv.URL, ids: map[*coll]string{}}
}

// number returns the number in a variable, or def.
func number(t *testing.T, name string, def int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return def
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// report counts what has come of the requests.
type report struct {
	kinds, purpose map[string]int
	statuses       map[int]int
	agreed, differ int
}

func TestAgainstChroma(t *testing.T) {
	url := os.Getenv("CHROMA_URL")
	if url == "" {
		t.Skip("set CHROMA_URL to the address of a server of Chroma, or run make diff-chroma")
	}
	seed, requests := number(t, "CHROMA_SEED", 20261130), number(t, "CHROMA_REQUESTS", 10_000)
	theirs, ours := &server{name: "Chroma", url: url, ids: map[*coll]string{}}, memista(t)
	if a := theirs.send(t.Context(), t, &request{method: "GET", path: "/api/v2/heartbeat"}); a.status != 200 {
		t.Fatalf("there is no server of Chroma at %s: %s", url, a.body)
	}
	m := newMaker(source{rand.New(rand.NewPCG(uint64(seed), 0))}, strconv.FormatInt(time.Now().Unix()%1e7, 36))
	rep := report{kinds: map[string]int{}, purpose: map[string]int{}, statuses: map[int]int{}}
	for i := range requests {
		r := m.next()
		if what := m.ask(t.Context(), t, theirs, ours, r, &rep); what != "" {
			rep.differ++
			if rep.differ <= 40 {
				t.Errorf("seed %d, request %d (%s): %s\n%s %s\n%s", seed, i, r.kind, what, r.method, r.path, r.body)
				if r.uses != nil && os.Getenv("CHROMA_HISTORY") != "" {
					t.Logf("before:\n%s", strings.Join(r.uses.before, "\n"))
				}
			}
		}
	}
	t.Logf("seed %d: %d requests, %d answered alike, %d different on purpose, %d not", seed, requests, rep.agreed, requests-rep.agreed-rep.differ, rep.differ)
	for _, list := range []map[string]int{rep.kinds, rep.purpose} {
		for _, name := range sorted(list) {
			t.Logf("%6d %s", list[name], name)
		}
	}
	t.Logf("statuses of Chroma: %v", rep.statuses)
}

func sorted(m map[string]int) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ask sends r to both servers and returns what is wrong; "": nothing, or a difference on
// purpose.
func (m *maker) ask(ctx context.Context, t *testing.T, theirs, ours *server, r *request, rep *report) string {
	t.Helper()
	if r.uses != nil && !r.reads() {
		r.uses.before = append(r.uses.before, r.kind+" "+r.body)
	}
	a, b := theirs.send(ctx, t, r), ours.send(ctx, t, r)
	rep.kinds[r.kind]++
	rep.statuses[a.status]++
	if r.kind == "create" && (!theirs.learn(r.uses, a) || !ours.learn(r.uses, b)) {
		m.drop(r.uses)
		return fmt.Sprintf("no collection was made: %d %s, ours %d %s", a.status, a.body, b.status, b.body)
	}
	if name := onPurpose(r, a, b); name != "" {
		rep.purpose[name]++
		m.forget(ctx, t, theirs, ours, r)
		return ""
	}
	what := compare(r, a, b)
	if what == "" {
		rep.agreed++
		return ""
	}
	if r.uses != nil && a.status == 200 && withoutStaleLists(r, a, b) && compare(r, a, b) == "" {
		rep.purpose["Chroma showed lists of records that are gone"]++
		return ""
	}
	if r.uses != nil && strings.Contains(r.body, "contains") && hasStaleLists(ctx, t, r, theirs, ours) {
		rep.purpose["Chroma found lists of records that are gone"]++
		m.forget(ctx, t, theirs, ours, r)
		return ""
	}
	if (r.kind == "query" || r.kind == "get") && a.status == 200 && b.status == 200 {
		if fault := faultOfVectors(ctx, t, r, theirs, ours, a, b); fault != "" {
			rep.purpose[fault]++
			m.forget(ctx, t, theirs, ours, r)
			return ""
		}
	}
	if strings.Contains(what, "dimension: ") && strings.HasSuffix(what, "ours null") {
		rep.purpose[lengthOfNothing]++
		return ""
	}
	m.forget(ctx, t, theirs, ours, r)
	return fmt.Sprintf("%s\nChroma: %d %.600s\nours:   %d %.600s", what, a.status, a.body, b.status, b.body)
}

// forget drops the collection of a request that may have left the servers in different
// states.
func (m *maker) forget(ctx context.Context, t *testing.T, theirs, ours *server, r *request) {
	t.Helper()
	if r.uses == nil || r.uses.dead || r.reads() {
		return
	}
	m.drop(r.uses)
	for _, s := range []*server{theirs, ours} {
		s.send(ctx, t, &request{method: "DELETE", path: r.uses.space.path() + "/collections/" + r.uses.name})
	}
}
