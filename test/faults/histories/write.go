//go:build unix

package histories

import "encoding/json"

// batch is chunks that a caller stores at once.
type batch struct {
	c      *caller
	d      *database
	sent   map[string]int64 // version by key
	chunks []any
}

func (c *caller) batch(d *database) *batch { return &batch{c: c, d: d, sent: map[string]int64{}} }

// add puts a new version of key into b.
func (b *batch) add(key string, ttl int64) {
	n := b.d.begin(key, b.c.id, version{op: b.c.op, ttl: ttl}, b.c.setup.Dims)
	b.sent[key] = n
	b.chunks = append(b.chunks, chunk(key, n, ttl, b.c.setup.Dims))
}

// send stores b, with more settings of the request, and finds out what became of it.
func (b *batch) send(more object) {
	if len(b.chunks) == 0 {
		return
	}
	body := object{"chunks": b.chunks}
	for name, value := range more {
		body[name] = value
	}
	b.c.settle(b.d, b.sent, b.c.call("POST", b.d.path("/chunks"), body))
}

// upsert stores new versions of some keys.
func (c *caller) upsert(d *database, n int) {
	d.life.RLock()
	defer d.life.RUnlock()
	c.op++
	b := c.batch(d)
	for _, key := range c.pick(n) {
		b.add(key, c.ttl())
	}
	b.send(nil)
}

// addNew stores those of some keys that are not there; what is there has to stay.
func (c *caller) addNew(d *database, n int) {
	d.life.RLock()
	defer d.life.RUnlock()
	c.op++
	b := c.batch(d)
	for _, key := range c.pick(n) {
		switch v := c.mine(d, key); {
		case v.gone:
			b.add(key, 0)
		case v.ttl == 0: // else it may expire meanwhile
			b.chunks = append(b.chunks, chunk(key, -7, 0, c.setup.Dims))
		}
	}
	b.send(object{"on_conflict": "skip"})
}

// remove deletes keys in one of three ways.
func (c *caller) remove(d *database, list []string) {
	d.life.RLock()
	defer d.life.RUnlock()
	c.op++
	sent := map[string]int64{}
	least, most := 0, 0
	for _, key := range list {
		if v := c.mine(d, key); !v.gone {
			most++
			if v.ttl == 0 {
				least++
			}
		}
		sent[key] = d.begin(key, c.id, version{gone: true, op: c.op}, 0)
	}
	var a answer
	switch way := c.rng.IntN(3); {
	case len(list) == 1 && way > 0:
		a = c.call("DELETE", d.path("/keys/"+escape(list[0])), nil)
		if a.status == 404 && !a.unknown {
			a.status, a.body = 200, []byte(`{"deleted":0}`)
		}
	case way == 0:
		a = c.call("POST", d.path("/delete"), object{"filter": object{"$key": object{"$in": list}}})
	default:
		a = c.call("POST", d.path("/delete"), object{"keys": list})
	}
	c.settle(d, sent, a)
	if !a.ok() {
		return
	}
	var got struct{ Deleted int }
	if err := json.Unmarshal(a.body, &got); err != nil || got.Deleted < least || got.Deleted > most {
		c.fault("deleted", "%s: %s; want %d to %d of %v", d.name, a.body, least, most, list)
	}
}

// patch changes all of one chunk but its key.
func (c *caller) patch(d *database) {
	d.life.RLock()
	defer d.life.RUnlock()
	key := c.pick(1)[0]
	before := c.mine(d, key)
	c.op++
	ttl := c.ttl()
	n := d.begin(key, c.id, version{op: c.op, ttl: ttl}, c.setup.Dims)
	body := chunk(key, n, ttl, c.setup.Dims)
	delete(body, "key")
	if ttl == 0 {
		body["ttl_seconds"] = nil
	}
	a := c.call("PATCH", d.path("/keys/"+escape(key)), body)
	if !a.unknown && a.status == 404 && !before.gone && before.ttl == 0 {
		c.fault("lost", "PATCH of %s %s: not found", d.name, key)
	}
	if a.ok() && before.gone {
		c.fault("back", "PATCH of %s %s: found, and it was deleted: %.200s", d.name, key, a.body)
	}
	c.settle(d, map[string]int64{key: n}, a)
}

// wrong sends a batch that must be refused as a whole.
func (c *caller) wrong(d *database) {
	d.life.RLock()
	defer d.life.RUnlock()
	list, dims := c.pick(3), c.setup.Dims
	chunks := []any{chunk(list[0], -1, 0, dims), chunk(list[1], -1, 0, dims), object{"key": list[2], "embedding": []int{1, 2, 3}}}
	if c.rng.IntN(2) == 0 { // a key twice
		chunks[2] = chunk(list[0], -1, 0, dims)
	}
	if a := c.call("POST", d.path("/chunks"), object{"chunks": chunks}); a.ok() {
		c.fault("wrong batch", "stored: %s", a.body)
	}
}
