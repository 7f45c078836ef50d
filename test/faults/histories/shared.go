//go:build unix

package histories

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"
)

// sharing is one database that all write to without any order: keys that all patch, and
// keys that one of them wins. Databases come and go beside it.
type sharing struct {
	*server
	drops chaos

	mu     sync.Mutex               // guards all below
	fields map[string]map[int]int64 // by key and client: the last value that was acknowledged
	tried  map[string]map[int]int64 // and the last one that was sent
	races  map[string][]int         // by key: who was told to have won
	race   int
}

// sharedKeys is how many keys all patch.
const sharedKeys = 3

func newSharing(s *server) *sharing {
	sh := &sharing{server: s, fields: map[string]map[int]int64{}, tried: map[string]map[int]int64{}, races: map[string][]int{}}
	sh.drops = newChaos(s)
	return sh
}

// begin stores the chunks that all patch.
func (sh *sharing) begin() {
	for i := range sharedKeys {
		key := fmt.Sprint("shared", i)
		sh.fields[key], sh.tried[key] = map[int]int64{}, map[int]int64{}
		sh.insist("POST", "/v1/databases/shared/chunks", object{"chunks": []any{object{"key": key, "embedding": []int{1, i + 1}}}})
	}
}

func (sh *sharing) step(c *caller) {
	switch c.rng.IntN(4) {
	case 0, 1:
		sh.patch(c)
	case 2:
		sh.win(c)
	default:
		sh.drops.step(c)
	}
}

func field(id int) string { return fmt.Sprint("f", id) }

// patch sets a field of one's own in a chunk that all patch.
func (sh *sharing) patch(c *caller) {
	key := fmt.Sprint("shared", c.rng.IntN(sharedKeys))
	sh.mu.Lock()
	n := sh.tried[key][c.id] + 1
	sh.tried[key][c.id] = n
	acked := maps.Clone(sh.fields[key])
	sh.mu.Unlock()
	a := sh.call("PATCH", "/v1/databases/shared/keys/"+key, object{"metadata": object{field(c.id): n}})
	if a.none() {
		return
	}
	var m struct{ Metadata map[string]int64 }
	if !a.ok() || json.Unmarshal(a.body, &m) != nil {
		sh.fault("patch", "%s: %d %.200s", key, a.status, a.body)
		return
	}
	sh.mu.Lock()
	sh.fields[key][c.id] = n
	sh.mu.Unlock()
	acked[c.id] = n
	for id, v := range acked {
		if got := m.Metadata[field(id)]; got < v {
			sh.fault("lost patch", "%s: the field of client %d is %d; acknowledged was %d", key, id, got, v)
		}
	}
	sh.count("shared patches", 1)
}

// win races the others for a key.
func (sh *sharing) win(c *caller) {
	sh.mu.Lock()
	if c.rng.IntN(6) == 0 {
		sh.race++
	}
	key := fmt.Sprint("race", sh.race)
	sh.mu.Unlock()
	a := sh.call("POST", "/v1/databases/shared/chunks", object{"on_conflict": "error", "chunks": []any{
		object{"key": key, "embedding": []int{1, 1}, "metadata": object{"by": c.id}}, object{"embedding": []int{2, 1}, "text": "beside " + key}}})
	switch {
	case a.ok():
		sh.mu.Lock()
		sh.races[key] = append(sh.races[key], c.id)
		sh.mu.Unlock()
		sh.count("races won", 1)
	case !a.none() && a.status != 409:
		sh.fault("race", "%d %.200s", a.status, a.body)
	}
}

// churn makes and drops databases, so that the schema never rests.
func (sh *sharing) churn(ctx context.Context) {
	for n := 0; pause(ctx, 30*time.Millisecond); n++ {
		path := fmt.Sprint("/v1/databases/tmp-", n%7)
		var chunks []any
		for i := range 1 + n%90 {
			chunks = append(chunks, object{"key": fmt.Sprint(n, "/", i), "embedding": []int{n, i + 1}})
		}
		if sh.call("POST", path+"/chunks", object{"chunks": chunks}).ok() {
			a := sh.call("POST", path+"/count", nil)
			var got struct{ Count int }
			if a.ok() && json.Unmarshal(a.body, &got) == nil && got.Count < len(chunks) {
				sh.fault("churn", "%s: %d chunks; want at least %d", path, got.Count, len(chunks))
			}
		}
		if n%3 != 0 {
			sh.call("DELETE", path, nil)
			sh.call("POST", path+"/count", nil)
		}
	}
}

// last compares what is there in the end.
func (sh *sharing) last() {
	for key, acked := range sh.fields {
		a := sh.insist("GET", "/v1/databases/shared/keys/"+key, nil)
		var m struct{ Metadata map[string]int64 }
		if !a.ok() || json.Unmarshal(a.body, &m) != nil {
			sh.fault("shared", "%s: %d %.200s", key, a.status, a.body)
			continue
		}
		for id, v := range acked {
			if got := m.Metadata[field(id)]; got < v || got > sh.tried[key][id] {
				sh.fault("lost patch", "%s in the end: the field of client %d is %d; acknowledged %d, sent %d", key, id, got, v, sh.tried[key][id])
			}
		}
	}
	for key, winners := range sh.races {
		if len(winners) > 1 {
			sh.fault("race", "%s was won by %v", key, winners)
		}
		a := sh.insist("GET", "/v1/databases/shared/keys/"+key, nil)
		var m struct{ Metadata struct{ By int } }
		if !a.ok() || json.Unmarshal(a.body, &m) != nil || len(winners) == 1 && m.Metadata.By != winners[0] {
			sh.fault("race", "%s: %d %.200s; won by %v", key, a.status, a.body, winners)
		}
	}
}
