//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// chromaPath is where the collections of the default database are.
const chromaPath = "/api/v2/tenants/default_tenant/databases/default_database/collections"

// shelf is a collection that one client writes, and what it was told of it.
type shelf struct {
	name, id string
	records  map[string]string // documents by id, of what was acknowledged
	doubt    map[string]string // what the request that was cut off would have made of some; "": deleted
	made     bool
}

// TestKilledServersKeepWhatChromaAcknowledged kills a server among writes to the API of
// Chroma. Collections, records and their changes that were acknowledged must be there, and
// one request that was cut off is done whole or not at all.
func TestKilledServersKeepWhatChromaAcknowledged(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var shelves []*shelf
	var told atomic.Int64
	for cycle := range killCycles {
		s := serve(t, dir, nil)
		var clients sync.WaitGroup
		for i := range 3 {
			sh := &shelf{name: fmt.Sprintf("shelf-%d-%d", cycle, i), records: map[string]string{}}
			shelves = append(shelves, sh)
			own := rand.New(rand.NewPCG(rng.Uint64(), 0))
			clients.Go(func() { sh.writeUntilKilled(t, s.URL, own, &told) })
		}
		for want, deadline := told.Load()+int64(20+rng.IntN(60)), time.Now().Add(ackLimit); told.Load() < want; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d requests were acknowledged; want %d", told.Load(), want)
			}
		}
		s.Kill()
		clients.Wait()
		s = serve(t, dir, nil)
		for _, sh := range shelves {
			sh.check(s)
		}
		s.terminate()
		s.wait()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills, %d acknowledged requests, all there", killCycles, told.Load())
}

// writeUntilKilled makes the collection and changes it until the server is gone.
func (sh *shelf) writeUntilKilled(t *testing.T, url string, rng *rand.Rand, told *atomic.Int64) {
	ask := func(path, body string) (answer string, killed bool) {
		status, answer, err := try("POST", url+path, strings.NewReader(body))
		if err != nil {
			return "", true
		}
		if status != 200 && status != 201 {
			t.Errorf("%s %s = %d %s", path, body, status, answer)
			return answer, true
		}
		told.Add(1)
		return answer, false
	}
	answer, killed := ask(chromaPath, `{"name":"`+sh.name+`","configuration":{"hnsw":{"space":"ip"}}}`)
	var made struct{ ID string }
	if killed || json.Unmarshal([]byte(answer), &made) != nil {
		return
	}
	sh.id, sh.made = made.ID, true
	for n := 0; ; n++ {
		path, body := sh.next(rng, n)
		if _, killed := ask(chromaPath+"/"+sh.id+path, body); killed {
			return
		}
		for id, document := range sh.doubt {
			if document == "" {
				delete(sh.records, id)
			} else {
				sh.records[id] = document
			}
		}
		sh.doubt = nil
	}
}

// next returns a request, and notes what it would do.
func (sh *shelf) next(rng *rand.Rand, n int) (path, body string) {
	sh.doubt = map[string]string{}
	var ids, documents, vectors []string
	for range 1 + rng.IntN(8) {
		id := fmt.Sprintf("r%d", rng.IntN(40))
		if _, twice := sh.doubt[id]; twice {
			continue
		}
		document := fmt.Sprintf("%s in request %d", id, n)
		_, there := sh.records[id]
		switch kind := n % 4; {
		case kind == 3: // delete
			document = ""
		case kind == 0 && there, kind == 2 && !there: // add keeps it, update passes over it
			document = sh.records[id]
		}
		ids, documents, vectors = append(ids, `"`+id+`"`), append(documents, fmt.Sprintf(`"%s in request %d"`, id, n)), append(vectors, fmt.Sprintf("[%d,1]", rng.IntN(9)))
		sh.doubt[id] = document
	}
	list := strings.Join(ids, ",")
	if n%4 == 3 {
		return "/delete", `{"ids":[` + list + `]}`
	}
	return [...]string{"/add", "/upsert", "/update"}[n%4], `{"ids":[` + list + `],"embeddings":[` + strings.Join(vectors, ",") + `],"documents":[` + strings.Join(documents, ",") + `]}`
}

// check compares the collection with what was acknowledged of it.
func (sh *shelf) check(s *server) {
	s.t.Helper()
	status, answer := s.do("GET", chromaPath+"/"+sh.name, "")
	if !sh.made {
		return // it may be there or not
	}
	if status != 200 || !strings.Contains(answer, sh.id) {
		s.t.Errorf("collection %s = %d %s; want id %s", sh.name, status, answer, sh.id)
		return
	}
	status, answer = s.do("POST", chromaPath+"/"+sh.id+"/get", `{"include":["documents"]}`)
	var got struct{ IDs, Documents []string }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 200 {
		s.t.Errorf("records of %s = %d %s", sh.name, status, answer)
		return
	}
	have := map[string]string{}
	for i, id := range got.IDs {
		have[id] = got.Documents[i]
	}
	done := 0 // ids that are as the request that was cut off would have them, and not as before
	for id, after := range sh.doubt {
		switch before := sh.records[id]; {
		case have[id] == after && after != before:
			done++
		case have[id] != before:
			s.t.Errorf("%s of %s is %q; want %q or %q", id, sh.name, have[id], before, after)
		case after != before:
			done--
		}
	}
	changes := 0
	for id, after := range sh.doubt {
		if after != sh.records[id] {
			changes++
		}
	}
	if done != changes && done != -changes {
		s.t.Errorf("a request on %s that was cut off is done by half: %v of %v", sh.name, have, sh.doubt)
	}
	for id, want := range sh.records {
		if _, doubt := sh.doubt[id]; !doubt && have[id] != want {
			s.t.Errorf("%s of %s is %q; want %q", id, sh.name, have[id], want)
		}
	}
	for id := range have {
		_, known := sh.records[id]
		if _, doubt := sh.doubt[id]; !known && !doubt {
			s.t.Errorf("%s of %s is there; it was deleted, or never stored", id, sh.name)
		}
	}
	sh.settle(have)
}

// settle takes what is there for what was acknowledged.
func (sh *shelf) settle(have map[string]string) { sh.records, sh.doubt = have, nil }
