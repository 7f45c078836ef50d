// Package watch tells when files change.
package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/memista/memista/ingest"
)

// Quiet is how long nothing must change before fn is called: editors and copies change a
// file several times.
const Quiet = 300 * time.Millisecond

// Return is how often Run looks whether a path that is away has come back.
const Return = time.Second

// Run calls fn at once, and again whenever something at paths has changed and nothing has
// for a moment, until ctx is over or fn returns an error, which Run returns. fn is given
// those of paths that are there: one that is away is waited for, but must be there when Run
// begins. No change is missed, be it made while fn runs. Of folders it watches what
// ingest.Add reads.
func Run(ctx context.Context, paths []string, fn func(ctx context.Context, there []string) error) (err error) {
	w, err := newWatcher(paths)
	if err != nil {
		return err
	}
	defer func() {
		if closed := w.Close(); err == nil {
			err = closed
		}
	}()
	var before []string
	changed, timer := true, time.NewTimer(0)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) { // more has changed than is told
				return err
			}
			changed = true
			timer.Reset(Quiet)
		case e := <-w.Events:
			if w.concerns(e.Name) {
				changed = true
				timer.Reset(Quiet)
			}
		case <-timer.C:
			there, err := w.watch()
			if err != nil {
				return err
			}
			if len(there) < len(paths) {
				timer.Reset(Return)
			}
			if !changed && slices.Equal(there, before) {
				continue
			}
			changed, before = false, there
			if err := fn(ctx, there); err != nil {
				return err
			}
		}
	}
}

// watcher watches paths.
type watcher struct {
	*fsnotify.Watcher
	paths []string
	found []string // for each path, what it led to when it was last there
}

// newWatcher returns a watcher of paths, which must be there, that watches nothing yet.
func newWatcher(paths []string) (*watcher, error) {
	found := make([]string, len(paths))
	for i, p := range paths {
		var err error
		if found[i], err = resolve(p); err != nil {
			return nil, err
		}
	}
	w, err := fsnotify.NewWatcher()
	return &watcher{w, paths, found}, err
}

func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// concerns reports whether fn is to be told of a change of name.
func (w *watcher) concerns(name string) bool {
	if slices.Contains(w.found, name) {
		return true
	}
	return !ingest.PassesOver(name) && slices.ContainsFunc(w.found, func(path string) bool {
		return strings.HasPrefix(name, path+string(filepath.Separator))
	})
}

// watch watches what is at the paths now, and returns those that are there. What has been
// watched already still is: a folder that was replaced, or is new, is found by this.
func (w *watcher) watch() (there []string, err error) {
	for i, p := range w.paths {
		path, err := resolve(p)
		if err == nil {
			err = w.add(path)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		w.found[i] = path
		there = append(there, p)
	}
	return there, nil
}

// add watches a folder with all below it, or the folder that a file is in: editors replace
// files, and a watch would stay with the old one.
func (w *watcher) add(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return w.Add(filepath.Dir(path))
	}
	return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return nil //nolint:nilerr // Add tells of what cannot be read
		case p == path:
			return w.Add(p)
		case ingest.PassesOver(p):
			return fs.SkipDir
		}
		if err := w.Add(p); !errors.Is(err, fs.ErrNotExist) { // it may have gone meanwhile
			return err
		}
		return nil
	})
}
