//go:build unix

package histories

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/memista/memista/test/daemon"
)

// backupEvery is how long it is from one backup to the next.
const backupEvery = 12 * time.Second

// backups takes backups and holds them against the oracle.
func (w *world) backups(ctx context.Context) {
	for pause(ctx, min(backupEvery, w.setup.Length/3)) {
		s := w.now()
		a := w.call("GET", "/v1/backup", nil)
		e := w.now()
		if !a.ok() {
			continue
		}
		if err := w.open(ctx, a.body, func(p *daemon.Server) error { return w.compare(p, s, e) }); err != nil && ctx.Err() == nil {
			w.fault("backup", "%v", err)
		}
		w.count("backups compared", 1)
	}
}

// open verifies a backup, and calls look with a server on it.
func (w *world) open(ctx context.Context, raw []byte, look func(*daemon.Server) error) error {
	dir := filepath.Join(w.setup.Dir, "backup")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "memista.db")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return err
	}
	if err := w.verify(ctx, file); err != nil {
		return err
	}
	p, err := w.serve(file)
	if err != nil {
		return err
	}
	defer p.Kill()
	return look(p)
}

// contents returns the versions of all chunks of d at a server, by key.
func (w *world) contents(p *daemon.Server, d *database) (map[string]int64, error) {
	found := map[string]int64{}
	for after := int64(0); ; {
		a := w.callAt(p, "GET", d.path(fmt.Sprintf("/chunks?include=metadata&limit=2000&after=%d", after)), nil)
		if a.status == 404 {
			return found, nil
		}
		next, err := takePage(found, a)
		if err != nil {
			return nil, fmt.Errorf("list of %s: %w: %.200s", d.name, err, a.body)
		}
		if next == nil {
			return found, nil
		}
		after = *next
	}
}

// compare holds a backup that was made in [s, e] against what is known. A client sends its
// next operation when the one before it is settled, so a backup with one has all before.
func (w *world) compare(p *daemon.Server, s, e int64) error {
	in, out := map[int]int64{}, map[int]int64{} // of each client, the last operation that is in it, and the first that is not
	for _, d := range w.dbs {
		found, err := w.contents(p, d)
		if err != nil {
			return err
		}
		d.mu.Lock()
		for key, r := range d.keys {
			n, there := found[key]
			delete(found, key)
			if !r.mayHave(n, there, s, e) {
				w.fault("backup", "%s %s: it has version %d (there: %t); %s", d.name, key, n, there, r.describe(s, e))
			}
			if there {
				r.operations(n, in, out)
			}
		}
		d.mu.Unlock()
		for key := range found {
			w.fault("stranger", "backup of %s: %q", d.name, key)
		}
	}
	for c, last := range in {
		if first := out[c]; first != 0 && first < last {
			w.fault("backup", "of client %d it has operation %d and not %d before it", c, last, first)
		}
	}
	return nil
}

// mayHave reports whether what was made in [s, e] may have version n of r, or none.
func (r *record) mayHave(n int64, there bool, s, e int64) (may bool) {
	r.possible(s, e, func(v *version) {
		if there {
			may = may || !v.gone && v.n == n
		} else {
			may = may || v.gone || v.ttl > 0
		}
	})
	return may
}

// operations takes the operations of r that version n has, and those that came after it,
// into account.
func (r *record) operations(n int64, in, out map[int]int64) {
	for i := range r.versions {
		v := &r.versions[i]
		switch {
		case v.op == 0 || v.ttl > 0:
		case v.n <= n:
			in[r.owner] = max(in[r.owner], v.op)
		case out[r.owner] == 0 || v.op < out[r.owner]:
			out[r.owner] = v.op
		}
	}
}
