//go:build unix

package histories

import (
	"fmt"
	"strings"
	"sync"
)

// version is a state of a key: a chunk, or its absence.
type version struct {
	n    int64 // as it stands in the metadata; of a key, the later the higher
	gone bool
	op   int64     // of its client, across all databases; 0: of none
	inv  int64     // when it was sent
	ack  int64     // when it was acknowledged; 0: not known to be carried out
	ttl  int64     // nanoseconds; 0: none
	emb  []float32 // nil if gone
}

// slack is by how much the clocks of both sides may differ, in nanoseconds.
const slack = 50e6

// surelyExpired reports whether v had expired when a read began at s.
func (v *version) surelyExpired(s int64) bool { return v.ttl > 0 && v.ack > 0 && v.ack+v.ttl+slack < s }

// maybeExpired reports whether v may have expired when a read ended at e.
func (v *version) maybeExpired(e int64) bool { return v.ttl > 0 && v.inv+v.ttl-slack <= e }

// alive reports whether what record.stable returned is a chunk that is there.
func (v *version) alive(s int64) bool { return !v.gone && !v.surelyExpired(s) }

// record is the history of one key.
type record struct {
	key      string
	owner    int       // the client that writes it
	versions []version // the first is the oldest that anybody may still see
}

// last is the newest version; of the owner's it is the one that is there.
func (r *record) last() *version { return &r.versions[len(r.versions)-1] }

// possible calls f with each version that a read in [s, e] may see.
func (r *record) possible(s, e int64, f func(*version)) {
	first := 0
	for i := range r.versions {
		if v := &r.versions[i]; v.ack > 0 && v.ack < s {
			first = i
		}
	}
	for i := first; i < len(r.versions); i++ {
		if v := &r.versions[i]; v.inv <= e {
			f(v)
		}
	}
}

// stable returns the only version that reads in [s, e] may see; nil if there are others.
func (r *record) stable(s, e int64) *version {
	var only *version
	n := 0
	r.possible(s, e, func(v *version) { only = v; n++ })
	if n != 1 || only.ack == 0 || only.ack >= s {
		return nil
	}
	if !only.gone && only.maybeExpired(e) && !only.surelyExpired(s) {
		return nil
	}
	return only
}

// describe prints what is known of r around a read.
func (r *record) describe(s, e int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "read in [%.3f %.3f] s, versions", float64(s)/1e9, float64(e)/1e9)
	for i := max(0, len(r.versions)-6); i < len(r.versions); i++ {
		v := &r.versions[i]
		fmt.Fprintf(&b, " {n %d gone %t sent %.3f acknowledged %.3f ttl %.0f}", v.n, v.gone, float64(v.inv)/1e9, float64(v.ack)/1e9, float64(v.ttl)/1e9)
	}
	return b.String()
}

// database is one database and what is in it.
type database struct {
	*Faults
	name   string
	metric string
	life   sync.RWMutex // held for reading by calls, for writing by a drop

	mu   sync.Mutex // guards all below
	keys map[string]*record
	next int64 // version
}

func newDatabase(f *Faults, name, metric string) *database {
	return &database{Faults: f, name: name, metric: metric, keys: map[string]*record{}}
}

// path is where d is found, followed by more.
func (d *database) path(more string) string { return "/v1/databases/" + d.name + more }

// record returns the history of a key; d.mu is held.
func (d *database) record(key string, owner int) *record {
	r := d.keys[key]
	if r == nil {
		r = &record{key: key, owner: owner, versions: []version{{gone: true, ack: 1}}}
		d.keys[key] = r
	}
	return r
}

// begin notes that an operation which makes v of key is about to be sent.
func (d *database) begin(key string, owner int, v version, dims int) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	v.n, v.inv = d.next, d.now()
	if !v.gone {
		v.emb = embedding(key, v.n, dims)
	}
	r := d.record(key, owner)
	r.versions = append(r.versions, v)
	return v.n
}

// remembered is for how long versions are kept after newer ones: longer than any read takes.
const remembered = 90e9

// end notes what became of it.
func (d *database) end(key string, n int64, a answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.keys[key]
	for i := range r.versions {
		if r.versions[i].n != n {
			continue
		}
		switch {
		case a.unknown:
		case a.ok():
			r.versions[i].ack = d.now()
		default:
			r.versions = append(r.versions[:i], r.versions[i+1:]...)
		}
		break
	}
	for len(r.versions) > 1 && r.versions[1].ack > 0 && r.versions[1].ack < d.now()-remembered {
		r.versions = r.versions[1:]
	}
}

// bounds returns between how many chunks there must be, of those that a filter takes, for
// a read in [s, e]; d.mu is held.
func (d *database) bounds(s, e int64, f filter) (least, most int) {
	for key, r := range d.keys {
		if v := r.stable(s, e); v != nil {
			if v.alive(s) && f.take(key, v.n) {
				least++
				most++
			}
			continue
		}
		may := false
		r.possible(s, e, func(v *version) { may = may || !v.gone && !v.surelyExpired(s) && f.take(key, v.n) })
		if may {
			most++
		}
	}
	return least, most
}
