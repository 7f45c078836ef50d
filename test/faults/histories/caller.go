//go:build unix

package histories

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"
)

// caller is one client. It alone writes its keys, one operation at a time.
type caller struct {
	*world
	id  int
	rng *rand.Rand
	op  int64
}

// keys is how many keys a client has in each database.
const keys = 30

func key(id, i int) string { return fmt.Sprintf("c%d/k %d", id, i) }

// step does one thing.
func (c *caller) step() {
	d := c.dbs[c.rng.IntN(len(c.dbs))]
	switch roll := c.rng.IntN(1000); {
	case roll < 180:
		c.upsert(d, 1+c.rng.IntN(12))
	case roll < 210:
		c.addNew(d, 1+c.rng.IntN(6))
	case roll < 300:
		c.remove(d, c.pick(1+c.rng.IntN(8)))
	case roll < 380:
		c.patch(d)
	case roll < 480:
		c.get(d)
	case roll < 780:
		c.search(d)
	case roll < 830:
		c.counts(d)
	case roll < 850:
		c.list(d)
	case roll < 880:
		c.wrong(d)
	case roll < 970:
		c.shared.step(c)
	case roll < 990:
		c.rebuild(d)
	case roll < 992:
		c.drop(d)
	default:
		c.look()
	}
}

// pick returns n different keys of this caller.
func (c *caller) pick(n int) (list []string) {
	for _, i := range c.rng.Perm(keys)[:n] {
		list = append(list, key(c.id, i))
	}
	return list
}

// mine returns what is known to be there under a key of this caller; nothing is open about
// it.
func (c *caller) mine(d *database, key string) version {
	d.mu.Lock()
	defer d.mu.Unlock()
	return *d.record(key, c.id).last()
}

// ttl is a time to live for one chunk of eight.
func (c *caller) ttl() int64 {
	if c.rng.IntN(8) > 0 {
		return 0
	}
	return int64(1+c.rng.IntN(3)) * 1e9
}

// rebuild has an index made anew, and sometimes not.
func (c *caller) rebuild(d *database) {
	d.life.RLock()
	defer d.life.RUnlock()
	a := c.call("POST", d.path("/rebuild"), nil)
	var j struct{ ID int64 }
	if a.ok() && json.Unmarshal(a.body, &j) == nil && c.rng.IntN(2) == 0 {
		c.call("DELETE", fmt.Sprintf("/v1/jobs/%d", j.ID), nil)
	}
}

// look asks for what is shown to people.
func (c *caller) look() {
	for _, path := range []string{"/v1/jobs", "/metrics", "/v1/databases"} {
		c.call("GET", path, nil)
	}
}

// drop drops a database while nobody else uses it, and makes it anew.
func (c *caller) drop(d *database) {
	d.life.Lock()
	defer d.life.Unlock()
	d.mu.Lock()
	for _, r := range d.keys {
		d.next++
		r.versions = append(r.versions, version{n: d.next, gone: true, inv: d.now()})
	}
	d.mu.Unlock()
	c.insist("DELETE", d.path(""), nil)
	d.mu.Lock()
	for _, r := range d.keys {
		r.last().ack = d.now()
	}
	d.mu.Unlock()
	c.create(d)
}

// swingBatch is how many chunks a swing adds or removes at a time.
const swingBatch = 200

// swing takes a database across the size at which a graph begins, and back.
func (c *caller) swing(ctx context.Context, d *database) {
	for up := true; ; up = !up {
		for i := 0; i < c.setup.Swing; i += swingBatch {
			if c.lost.Load() {
				return
			}
			var list []string
			for j := i; j < i+swingBatch; j++ {
				list = append(list, fmt.Sprintf("s%d/%04d", c.id, j))
			}
			if up {
				c.swingUp(d, list)
			} else {
				c.remove(d, list)
			}
			if !pause(ctx, time.Duration(c.rng.IntN(100))*time.Millisecond) {
				return
			}
		}
		c.count("swings", 1)
		if !pause(ctx, time.Duration(c.rng.IntN(2000))*time.Millisecond) {
			return
		}
	}
}

func (c *caller) swingUp(d *database, list []string) {
	d.life.RLock()
	defer d.life.RUnlock()
	c.op++
	b := c.batch(d)
	for _, key := range list {
		b.add(key, 0)
	}
	b.send(nil)
}

func escape(key string) string { return url.PathEscape(key) }
