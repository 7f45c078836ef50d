// Package watch tells when files change.
package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/memista/memista/ingest"
)

// Quiet is how long nothing must change before fn is called: editors and copies change a
// file several times.
const Quiet = 300 * time.Millisecond

// Run calls fn at once, and again whenever something at paths has changed and nothing has
// for a moment, until ctx is over or fn returns an error, which Run returns. No change is
// missed, be it made while fn runs. Of folders it watches what ingest.Add reads.
func Run(ctx context.Context, paths []string, fn func(context.Context) error) (err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer func() {
		if closed := w.Close(); err == nil {
			err = closed
		}
	}()
	for _, p := range paths {
		if err := watch(w, p); err != nil {
			return err
		}
	}
	timer := time.NewTimer(0)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.Errors:
			return err
		case e := <-w.Events:
			if ingest.PassesOver(e.Name) {
				continue
			}
			if e.Has(fsnotify.Create) {
				if err := watch(w, e.Name); err != nil && !os.IsNotExist(err) {
					return err
				}
			}
			timer.Reset(Quiet)
		case <-timer.C:
			if err := fn(ctx); err != nil {
				return err
			}
		}
	}
}

// watch watches a folder with all below it, or the folder that a file is in: editors
// replace files, and a watch would stay with the old one.
func watch(w *fsnotify.Watcher, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
		if info, err = os.Stat(path); err != nil {
			return err
		}
	}
	if !info.IsDir() {
		return w.Add(filepath.Dir(path))
	}
	return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return nil //nolint:nilerr // Add tells of what cannot be read
		case p != path && ingest.PassesOver(p):
			return fs.SkipDir
		}
		return w.Add(p)
	})
}
