package ingest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// file is one that is to be read.
type file struct {
	path, folder, source string
	size                 int64
}

// scope is what a path stands for: all of a folder, or one file in it.
type scope struct{ folder, source string }

// find lists the files at paths.
func (r *run) find(paths []string) error {
	if len(paths) == 0 {
		return errors.New("no files were given")
	}
	known := map[string]bool{}
	for _, p := range paths {
		path, err := filepath.Abs(p)
		if err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		if err != nil {
			return err
		}
		if known[path] {
			continue
		}
		known[path] = true
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			r.scopes = append(r.scopes, scope{folder: path})
			r.walk(path)
		case info.Mode().IsRegular():
			f := file{path, filepath.Dir(path), filepath.Base(path), info.Size()}
			r.scopes = append(r.scopes, scope{f.folder, f.source})
			r.found(f)
		default:
			return fmt.Errorf("%s is neither a file nor a folder", p)
		}
	}
	return nil
}

// findAway resolves Options.Away as far as that can be done now.
func (r *run) findAway() error {
	for _, p := range r.o.Away {
		path, err := filepath.Abs(p)
		if err != nil {
			return err
		}
		if led, err := filepath.EvalSymlinks(path); err == nil {
			path = led
		}
		r.away = append(r.away, path)
	}
	return nil
}

// within reports whether path is folder or below it; both are absolute and clean.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// walk lists the files below folder, in the order of their names.
func (r *run) walk(folder string) {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error { // all errors are noted
		rel, _ := filepath.Rel(folder, path) // path is below folder
		source := filepath.ToSlash(rel)
		switch {
		case err != nil:
			r.fail(source, err)
			return fs.SkipDir
		case path == folder:
			return nil
		case PassesOver(path) && d.IsDir():
			return fs.SkipDir
		case !d.Type().IsRegular(), PassesOver(path):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			r.fail(source, err)
			return nil
		}
		r.found(file{path, folder, source, info.Size()})
		return nil
	})
}

// found notes a file.
func (r *run) found(f file) {
	if !utf8.ValidString(f.source) {
		r.fail(strings.ToValidUTF8(f.source, "\ufffd"), errors.New("its name is not UTF-8"))
		return
	}
	r.files = append(r.files, f)
	r.allBytes += f.size
}

// PassesOver reports whether Add passes over what is at path, below a folder that it reads:
// what is hidden, node_modules, the data files of memista with what lies beside them, and
// static models, by the files in them.
func PassesOver(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, ".") || name == "node_modules" || ofMemista(name) || isModel(path)
}

// ofMemista reports whether a file called name is a data file, or one that is made beside it.
func ofMemista(name string) bool {
	for _, end := range []string{"-wal", "-shm", "-journal", ".lock"} {
		if of, is := strings.CutSuffix(name, end); is {
			return filepath.Ext(of) == ".db"
		}
	}
	end := filepath.Ext(name)
	return end == ".db" || end == ".hnsw" || end == ".usearch"
}

// isModel reports whether there is a static model in the folder at path.
func isModel(path string) bool {
	for _, file := range []string{"model.safetensors", "tokenizer.json"} {
		if _, err := os.Lstat(filepath.Join(path, file)); err != nil {
			return false
		}
	}
	return true
}
