package migrate

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// phase is how far the migration of a database is.
type phase string

// The phases, in their order.
const (
	creating  phase = "creating" // the database at the target, which may be there
	copying   phase = "copying"
	following phase = "following" // what changed since
	moved     phase = "moved"
)

// progress is what is kept of the migration of one database, so that another process goes on
// with it. All of it may be older than what was done: doing that again changes nothing.
type progress struct {
	Phase   phase  `json:"phase"`
	Cursor  string `json:"cursor,omitempty"` // up to which change the target has all, once it has all chunks
	After   int64  `json:"after"`            // the last chunk that was copied
	Copied  int64  `json:"copied"`
	Changes int64  `json:"changes"` // that were copied after the chunks
	// Sweep says that changes were lost: what the source does not have any more is looked for.
	Sweep bool `json:"sweep,omitempty"`
}

// note is the file that has the progress of all databases between one source and one target.
type note struct {
	path      string // "": there is no place for it
	Source    string `json:"source"`
	Target    string `json:"target"`
	Databases map[string]*progress
}

// noteOf returns the note of migrations between two stores, in the cache of the user.
func noteOf(source, target string) *note {
	n := &note{Source: source, Target: target, Databases: map[string]*progress{}}
	dir, err := os.UserCacheDir()
	if err != nil {
		return n
	}
	for _, name := range []*string{&source, &target} {
		if abs, err := filepath.Abs(*name); err == nil {
			*name = abs
		}
	}
	sum := sha256.Sum256([]byte(source + "\x00" + target))
	n.path = filepath.Join(dir, "memista", "migrations", fmt.Sprintf("%x.json", sum[:12]))
	return n
}

// read reads what an earlier process has noted.
func (n *note) read() error {
	if n.path == "" {
		return nil
	}
	raw, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, n); err != nil {
		return fmt.Errorf("the note of an earlier migration, %s, is damaged: remove it, and drop what was copied: %w", n.path, err)
	}
	return nil
}

// save replaces the file whole, so that a crash leaves the old or the new one.
func (n *note) save() error {
	if n.path == "" {
		return nil
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(n.path), 0o700); err != nil {
		return err
	}
	tmp := n.path + ".tmp"
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, n.path)
}

// forget removes the progress of a database, and the file with the last one.
func (n *note) forget(id string) error {
	delete(n.Databases, id)
	if len(n.Databases) > 0 || n.path == "" {
		return n.save()
	}
	if err := os.Remove(n.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
