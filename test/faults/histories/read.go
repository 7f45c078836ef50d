//go:build unix

package histories

import (
	"encoding/json"
	"fmt"
)

// member is a chunk in an answer.
type member struct {
	Key      string
	Metadata struct{ N int64 }
}

// get reads a key of anybody.
func (c *caller) get(d *database) {
	d.life.RLock()
	defer d.life.RUnlock()
	key := key(c.rng.IntN(c.setup.Clients), c.rng.IntN(keys))
	s := d.now()
	a := c.call("GET", d.path("/keys/"+escape(key)+"?include=text,metadata,embedding&encoding=base64"), nil)
	e := d.now()
	if a.none() {
		return
	}
	var m struct {
		member
		Text, Embedding string
	}
	if a.status != 404 && (!a.ok() || json.Unmarshal(a.body, &m) != nil) {
		c.fault("get", "%s %s: %d %.200s", d.name, key, a.status, a.body)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.keys[key]
	if r == nil {
		if a.ok() {
			c.fault("stranger", "GET %s %s: found", d.name, key)
		}
		return
	}
	match := false
	r.possible(s, e, func(v *version) {
		if !a.ok() {
			match = match || v.gone || v.maybeExpired(e)
			return
		}
		match = match || !v.gone && v.n == m.Metadata.N && !v.surelyExpired(s) && m.Text == text(key, v.n) && m.Embedding == packed(v.emb)
	})
	if !match {
		c.fault("get", "%s %s: %d version %d %.60q; %s", d.name, key, a.status, m.Metadata.N, m.Text, r.describe(s, e))
	}
}

// counts counts all chunks, or those that a filter takes.
func (c *caller) counts(d *database) {
	d.life.RLock()
	defer d.life.RUnlock()
	f, body := all, object{}
	if c.rng.IntN(3) > 0 {
		f = randomFilter(c.rng, c.pick(5))
		body["filter"] = f.body
	}
	s := d.now()
	a := c.call("POST", d.path("/count"), body)
	e := d.now()
	if a.none() {
		return
	}
	var got struct{ Count int }
	if !a.ok() || json.Unmarshal(a.body, &got) != nil {
		c.fault("count", "%d %.200s", a.status, a.body)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if least, most := d.bounds(s, e, f); got.Count < least || got.Count > most {
		c.fault("count", "%s %s: %d; want %d to %d", d.name, encoded(body), got.Count, least, most)
	}
	c.count("counts checked", 1)
}

// pages reads all pages of a list, and returns the versions found by key.
func (c *caller) pages(d *database, filtered string) (found map[string]int64, ok bool) {
	found = map[string]int64{}
	for after := int64(0); ; {
		a := c.call("GET", d.path(fmt.Sprintf("/chunks?include=metadata&limit=%d&after=%d%s", 100+c.rng.IntN(900), after, filtered)), nil)
		if a.none() {
			return nil, false
		}
		next, err := takePage(found, a)
		if err != nil {
			c.fault("list", "%d %.200s", a.status, a.body)
			return nil, false
		}
		if next == nil {
			return found, true
		}
		after = *next
	}
}

// list reads all chunks, or those that a filter takes.
func (c *caller) list(d *database) {
	d.life.RLock()
	defer d.life.RUnlock()
	f, filtered := all, ""
	if c.rng.IntN(2) == 0 {
		f = randomFilter(c.rng, c.pick(5))
		filtered = "&filter=" + escape(string(encoded(f.body)))
	}
	s := d.now()
	found, ok := c.pages(d, filtered)
	e := d.now()
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, r := range d.keys {
		n, there := found[key]
		delete(found, key)
		if v := r.stable(s, e); v != nil {
			if want := v.alive(s) && f.take(key, v.n); want != there || there && n != v.n {
				c.fault("list", "%s%s: %s there %t version %d; want %t %d; %s", d.name, filtered, key, there, n, want, v.n, r.describe(s, e))
			}
			continue
		}
		match := !there
		r.possible(s, e, func(v *version) { match = match || !v.gone && v.n == n && f.take(key, n) })
		if !match {
			c.fault("list", "%s%s: %s version %d; %s", d.name, filtered, key, n, r.describe(s, e))
		}
	}
	for key := range found {
		c.fault("stranger", "list of %s: %q", d.name, key)
	}
}

// takePage takes the chunks of one page into found, and returns where the next begins; nil
// if there is none. A key whose chunk was deleted and inserted again meanwhile may come
// twice.
func takePage(found map[string]int64, a answer) (next *int64, err error) {
	var page struct {
		Chunks    []member
		NextAfter *int64 `json:"next_after"`
	}
	if !a.ok() {
		return nil, fmt.Errorf("status %d", a.status)
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return nil, err
	}
	for _, m := range page.Chunks {
		found[m.Key] = m.Metadata.N
	}
	return page.NextAfter, nil
}
