package keyfile

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/domain"
)

// Entry is a key as the file has it.
type Entry struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"` // what people know it by; need not be unique
	SHA256    string     `json:"sha256"`
	Scopes    []string   `json:"scopes"`
	Databases []string   `json:"databases"` // patterns
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"` // nil: never
}

// Expired reports whether the key's time is over at now.
func (e *Entry) Expired(now time.Time) bool { return e.ExpiresAt != nil && !now.Before(*e.ExpiresAt) }

// Request says what a new key is to be.
type Request struct {
	Name      string
	Scopes    []string
	Databases []string  // patterns; none is all databases
	ExpiresAt time.Time // zero: never
}

const format = 1

type document struct {
	Format int     `json:"format"`
	Keys   []Entry `json:"keys"`
}

// Create adds a key to the file at path, which it makes if need be, and returns the key:
// the file has only its hash, so nobody can be shown it again.
func Create(path string, want Request) (key string, e Entry, err error) {
	if want.Databases == nil {
		want.Databases = []string{"*"}
	}
	now := time.Now().UTC().Truncate(time.Second)
	if !want.ExpiresAt.IsZero() && !want.ExpiresAt.After(now) {
		return "", e, domain.Errorf(domain.ErrInvalid, "a key cannot expire in the past")
	}
	err = change(path, true, func(doc *document) error {
		var id string
		for {
			key, id = newKey()
			if !slices.ContainsFunc(doc.Keys, func(e Entry) bool { return e.ID == id }) {
				break
			}
		}
		hash := sumOf(key)
		e = Entry{
			ID: id, Name: want.Name, SHA256: hex.EncodeToString(hash[:]), CreatedAt: now,
			Scopes: want.Scopes, Databases: want.Databases,
		}
		if !want.ExpiresAt.IsZero() {
			at := want.ExpiresAt.UTC()
			e.ExpiresAt = &at
		}
		doc.Keys = append(doc.Keys, e)
		_, err := parse(doc) // what is written must be read again
		return err
	})
	if err != nil {
		return "", Entry{}, err
	}
	return key, e, nil
}

// List returns the keys of the file at path in the order in which they were made.
func List(path string) ([]Entry, error) {
	doc, err := read(path)
	return doc.Keys, err
}

// Revoke removes the keys with the given ids from the file at path: all of them or, if
// one is unknown, none.
func Revoke(path string, ids ...string) error {
	return change(path, false, func(doc *document) error {
		for _, id := range ids {
			i := slices.IndexFunc(doc.Keys, func(e Entry) bool { return e.ID == id })
			if i < 0 {
				return domain.Errorf(domain.ErrNotFound, "there is no key with the id %s in %s", id, path)
			}
			doc.Keys = slices.Delete(doc.Keys, i, i+1)
		}
		return nil
	})
}

// change lets fn change the file at path, while no other process does the same.
func change(path string, create bool, fn func(*document) error) (err error) {
	if create {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("%s.lock: %w", path, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	doc, err := read(path)
	if create && errors.Is(err, fs.ErrNotExist) {
		doc, err = document{Format: format}, nil
	}
	if err != nil {
		return err
	}
	if err := fn(&doc); err != nil {
		return err
	}
	return write(path, doc)
}

// read reads and checks the file at path.
func read(path string) (doc document, err error) {
	f, err := os.Open(path)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return doc, err
	}
	// Whoever can write the file can give out keys. (Windows has no such bits.)
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return doc, fmt.Errorf("%s can be written by others (mode %04o): chmod 600 %s", path, info.Mode().Perm(), path)
	}
	const largest = 16 << 20
	raw, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return doc, err
	}
	if len(raw) > largest {
		return doc, fmt.Errorf("%s is larger than %d bytes, so it is no file of keys", path, largest)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return document{}, fmt.Errorf("%s is not a file of keys: %w", path, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return document{}, fmt.Errorf("%s is not a file of keys: there is something after its end", path)
	}
	if _, err := parse(&doc); err != nil {
		return document{}, fmt.Errorf("%s: %w", path, err)
	}
	return doc, nil
}

// write replaces the file at path in one step: a reader, and a crash, find the old file
// or the new one.
func write(path string, doc document) (err error) {
	raw, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(append(raw, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return diskfile.SyncDir(filepath.Dir(path))
}
