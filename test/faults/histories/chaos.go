//go:build unix

package histories

import (
	"encoding/json"
	"fmt"
	"sync"
)

// chaos is one database into which all insert while it is dropped again and again.
type chaos struct {
	*server

	mu     *sync.Mutex // guards all below
	drops  []span
	placed map[string]*span // inserts, by what they stored
	n      int
}

// span is a write: when it was sent, and when it was acknowledged, or 0.
type span struct{ inv, ack int64 }

func newChaos(s *server) chaos {
	return chaos{server: s, mu: new(sync.Mutex), placed: map[string]*span{}}
}

const chaosPath = "/v1/databases/chaos"

func (ch *chaos) step(c *caller) {
	switch roll := c.rng.IntN(36); {
	case roll < 3:
		ch.drop()
	case roll < 25:
		ch.insert()
	default:
		ch.search(c)
	}
}

// acked is now if a write was acknowledged, else 0.
func (ch *chaos) acked(a answer) int64 {
	if a.ok() {
		return ch.now()
	}
	return 0
}

func (ch *chaos) drop() {
	sp := span{inv: ch.now()}
	sp.ack = ch.acked(ch.call("DELETE", chaosPath, nil))
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.drops = append(ch.drops, sp)
}

func (ch *chaos) insert() {
	ch.mu.Lock()
	ch.n++
	uid := fmt.Sprint("u", ch.n)
	sp := &span{inv: ch.now()}
	ch.placed[uid] = sp
	ch.mu.Unlock()
	a := ch.call("POST", chaosPath+"/chunks", object{"chunks": []any{object{"embedding": []int{1, 2}, "text": uid, "metadata": object{"u": uid}}}})
	ch.mu.Lock()
	defer ch.mu.Unlock()
	sp.ack = ch.acked(a)
}

func (ch *chaos) search(c *caller) {
	q := object{"embedding": []int{1, 1}, "k": 10000}
	if c.rng.IntN(2) == 0 {
		q["filter"] = object{"u": object{"$exists": true}}
	}
	s := ch.now()
	a := ch.call("POST", chaosPath+"/search", object{"queries": []any{q}})
	e := ch.now()
	var got struct{ Results [][]struct{ Text string } }
	if !a.ok() || json.Unmarshal(a.body, &got) != nil {
		return
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	seen := map[string]bool{}
	for _, h := range got.Results[0] {
		if seen[h.Text] {
			ch.fault("chaos", "%s comes twice", h.Text)
		}
		seen[h.Text] = true
		ch.checkThere(h.Text, s)
	}
	for uid, p := range ch.placed {
		if p.ack != 0 && p.ack <= s && !seen[uid] && !ch.mayBeDropped(p, e) {
			ch.fault("chaos", "%s acknowledged and not found", uid)
		}
	}
	ch.count("chaos searches", 1)
	ch.forget()
}

// checkThere holds a chunk that a search found, begun at s, against the drops.
func (ch *chaos) checkThere(uid string, s int64) {
	p := ch.placed[uid]
	if p == nil {
		ch.fault("stranger", "chaos: %q", uid)
		return
	}
	for _, d := range ch.drops {
		if p.ack > 0 && p.ack < d.inv && d.ack > 0 && d.ack < s {
			ch.fault("back", "chaos: %s of before a drop", uid)
		}
	}
}

// mayBeDropped reports whether a drop may have taken p before a search ended at e.
func (ch *chaos) mayBeDropped(p *span, e int64) bool {
	for _, d := range ch.drops {
		if d.inv < e && (d.ack > p.inv || d.ack == 0) {
			return true
		}
	}
	return false
}

// forget lets go of what was placed long ago, where a drop has surely taken it.
func (ch *chaos) forget() {
	if len(ch.placed) <= 2000 {
		return
	}
	for uid, p := range ch.placed {
		if p.inv < ch.now()-remembered {
			delete(ch.placed, uid)
		}
	}
}
