//go:build unix

package histories

import "encoding/json"

// settle notes how a write ended, and finds out where that is not known.
func (c *caller) settle(d *database, sent map[string]int64, a answer) {
	for key, n := range sent {
		d.end(key, n, a)
	}
	if a.unknown {
		c.resolve(d, sent)
	}
}

// outcome counts which versions of a batch whose answer was lost are there.
type outcome struct{ done, not int }

// resolve finds out whether a write whose answer was lost was carried out: whole or not at
// all.
func (c *caller) resolve(d *database, sent map[string]int64) {
	c.count("unknown outcomes", 1)
	var o outcome
	for key, n := range sent {
		a := c.insist("GET", d.path("/keys/"+escape(key)+"?include=metadata"), nil)
		if a.none() {
			return // there is no server any more
		}
		var m member
		if a.status != 404 && (!a.ok() || json.Unmarshal(a.body, &m) != nil) {
			c.fault("resolve", "GET %s: %d %.200s", key, a.status, a.body)
			return
		}
		if !d.resolve(key, n, a.ok(), m.Metadata.N, &o) {
			c.force(d, key)
		}
	}
	if o.done > 0 && o.not > 0 {
		c.fault("half a batch", "%s: %d of %d were stored", d.name, o.done, o.done+o.not)
	}
}

// resolve settles version n of key, the last one, when version now is there, or none. It
// reports false where that does not tell: the one before, or the one that was sent, may
// have expired.
func (d *database) resolve(key string, n int64, there bool, now int64, o *outcome) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.keys[key]
	at := len(r.versions) - 1
	last, before := &r.versions[at], version{gone: true}
	if at > 0 {
		before = r.versions[at-1]
	}
	tells := before.ttl == 0 && last.ttl == 0 && (!last.gone || !before.gone)
	was := func(count *int) {
		if tells {
			*count++
		}
	}
	switch {
	case there && now == n:
		last.ack = d.now()
		was(&o.done)
	case there && now == before.n && !before.gone:
		r.versions = r.versions[:at]
		was(&o.not)
	case there:
		d.fault("resolve", "%s %s has version %d; %s", d.name, key, now, r.describe(0, d.now()))
	case last.gone: // by this, or from before
		last.ack = d.now()
		was(&o.done)
		if !tells {
			last.op = 0
		}
	case last.ttl > 0 || before.ttl > 0:
		return false
	default:
		r.versions = r.versions[:at]
		was(&o.not)
		if !before.gone {
			d.fault("lost", "%s %s is gone; %s", d.name, key, r.describe(0, d.now()))
		}
	}
	return true
}

// force deletes a key until that is acknowledged.
func (c *caller) force(d *database, key string) {
	c.op++
	n := d.begin(key, c.id, version{gone: true, op: c.op}, 0)
	d.end(key, n, c.insist("POST", d.path("/delete"), object{"keys": []string{key}}))
}
