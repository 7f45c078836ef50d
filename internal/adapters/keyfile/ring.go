// Package keyfile keeps API keys in a file, and knows at any moment which are valid.
package keyfile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Source says where the keys of a Ring come from.
type Source struct {
	Path     string   // of the file; "" is none
	Optional bool     // the file may be missing, and is used from the moment it is there
	Keys     []string // that may do everything, besides those of the file
	// Now tells the time, by which keys expire; nil is time.Now.
	Now func() time.Time
}

// Ring is the set of valid keys. It is safe for concurrent use.
type Ring struct {
	src   Source
	fixed []*domain.Grant // of the keys of src
	sums  []sum
	file  atomic.Pointer[table] // nil while there is no file

	mu   sync.Mutex  // guards seen
	seen os.FileInfo // of the file when it was read last
}

// table is what a file of keys says.
type table map[string]*holder // by id

type holder struct {
	sum     sum
	grant   domain.Grant
	expires time.Time // zero: never
}

// shortestKey is the least length of a key that somebody else made. Nothing keeps
// callers from guessing but its length.
const shortestKey = 20

// Open reads the keys of src.
func Open(src Source) (*Ring, error) {
	if src.Now == nil {
		src.Now = time.Now
	}
	r := &Ring{src: src}
	for _, key := range src.Keys {
		if len(key) < shortestKey || len(key) > longestKey {
			return nil, fmt.Errorf("an API key from outside the file of keys must have %d to %d characters, not %d", shortestKey, longestKey, len(key))
		}
		r.sums = append(r.sums, sumOf(key))
		r.fixed = append(r.fixed, &domain.Grant{Scopes: domain.ScopeAdmin, Databases: []string{"*"}})
	}
	if _, err := r.Refresh(true); err != nil {
		return nil, err
	}
	return r, nil
}

// Required reports whether there is a file of keys, or a key outside it. It never goes
// back to false: a file that vanishes must not open the doors.
func (r *Ring) Required() bool { return len(r.fixed) > 0 || r.file.Load() != nil }

// Len returns how many keys there are, expired ones included.
func (r *Ring) Len() int {
	n := len(r.fixed)
	if t := r.file.Load(); t != nil {
		n += len(*t)
	}
	return n
}

// Grant returns what key lets its holder do, and false if nobody knows it or its time is
// over. What it takes does not tell how much of a key is right.
func (r *Ring) Grant(key string) (*domain.Grant, bool) {
	if len(key) > longestKey {
		return nil, false
	}
	sent := sumOf(key)
	var found *domain.Grant
	for i := range r.sums {
		if equal(&sent, &r.sums[i]) {
			found = r.fixed[i]
		}
	}
	if found != nil {
		return found, true
	}
	t := r.file.Load()
	if t == nil {
		return nil, false
	}
	h, ok := (*t)[idOf(key)] // the id is no secret
	if !ok || !equal(&sent, &h.sum) {
		return nil, false
	}
	if !h.expires.IsZero() && !r.src.Now().Before(h.expires) {
		return nil, false
	}
	return &h.grant, true
}

// Refresh reads the file again if it has changed, or in any case with force, and reports
// whether it did. When that fails, the keys that were valid stay valid, and the same
// failure is not reported again until the file changes or force asks.
func (r *Ring) Refresh(force bool) (bool, error) {
	if r.src.Path == "" {
		return false, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.src.Path)
	if errors.Is(err, fs.ErrNotExist) && r.src.Optional && r.file.Load() == nil {
		return false, nil
	}
	if err != nil {
		if r.seen == nil && !force {
			return false, nil // reported before
		}
		r.seen = nil
		return false, err
	}
	if !force && same(r.seen, info) {
		return false, nil
	}
	r.seen = info
	doc, err := read(r.src.Path)
	if err != nil {
		return false, err
	}
	t, err := parse(&doc)
	if err != nil {
		return false, err
	}
	r.file.Store(&t)
	return true, nil
}

func same(a, b os.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// parse checks a document and turns it into a table.
func parse(doc *document) (table, error) {
	if doc.Format != format {
		return nil, fmt.Errorf("keys of format %d, this memista knows format %d", doc.Format, format)
	}
	t := make(table, len(doc.Keys))
	for i := range doc.Keys {
		h, err := doc.Keys[i].holder()
		if err != nil {
			return nil, fmt.Errorf("keys[%d]: %w", i, err)
		}
		if t[doc.Keys[i].ID] != nil {
			return nil, fmt.Errorf("keys[%d]: the id %s occurs twice", i, doc.Keys[i].ID)
		}
		t[doc.Keys[i].ID] = h
	}
	return t, nil
}

func (e *Entry) holder() (*holder, error) {
	if len(e.ID) != idLength {
		return nil, fmt.Errorf("id %q has not %d characters", e.ID, idLength)
	}
	h := &holder{}
	if n, err := hex.Decode(h.sum[:], []byte(e.SHA256[:min(len(e.SHA256), 2*len(h.sum))])); err != nil || n != len(h.sum) || len(e.SHA256) != 2*n {
		return nil, fmt.Errorf("key %s: sha256 is not 64 hexadecimal digits", e.ID)
	}
	var err error
	if h.grant.Scopes, err = domain.ParseScopes(e.Scopes); err != nil {
		return nil, fmt.Errorf("key %s: %w", e.ID, err)
	}
	if len(e.Databases) == 0 {
		return nil, fmt.Errorf("key %s reaches no database: * stands for all", e.ID)
	}
	for _, p := range e.Databases {
		if err := domain.CheckPattern(p); err != nil {
			return nil, fmt.Errorf("key %s: %w", e.ID, err)
		}
	}
	h.grant.ID = e.ID
	h.grant.Databases = append([]string(nil), e.Databases...)
	if e.ExpiresAt != nil {
		h.expires = *e.ExpiresAt
	}
	return h, nil
}
