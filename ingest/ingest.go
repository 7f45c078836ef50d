package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/api"
	"github.com/memista/memista/split"
)

// ErrNoEmbedder is the kind of errors of databases that cannot make embeddings of texts.
var ErrNoEmbedder = errors.New("no embedder")

// ErrOtherEmbedder is the kind of errors of databases that have another embedder than the one
// that Add was told to use.
var ErrOtherEmbedder = errors.New("another embedder")

// Options configure Add. The zero value, and nil, mean the defaults.
type Options struct {
	Passages split.Options // how large passages are
	// Embedder is that of the database. The zero value is the one that it has, or, if Add
	// makes it, the default of the service. Another than it has is ErrOtherEmbedder.
	Embedder api.Embedder
	// FullText is how the database indexes words, if Add makes it; "" is api.Words. A build
	// without full text makes one without.
	FullText api.Tokenizer
	// Away are files and folders that count as there, though they are not among the paths:
	// no passage of theirs is replaced by one of another folder with the same key. Symbolic
	// links in them must be resolved where they cannot be now.
	Away     []string
	Batch    int            // passages that are stored at once; 0: 128
	Progress func(Progress) // nil, or told of each file and batch, by the caller's goroutine
}

// Progress is how far Add is.
type Progress struct {
	Files, AllFiles int   // read so far, and to be read
	Bytes, AllBytes int64 // of them
	Result
}

// Result is what Add has done.
type Result struct {
	Files     int // that have passages, or could have
	Passages  int // in them
	Unchanged int // of the passages: they were stored already
	Moved     int // stored with the embedding of before: only where they stand has changed
	Embedded  int // stored with a new embedding
	Deleted   int // that are no longer in the files
	Binary    int // files passed over
	// Failed are files that could not be read, of which stays what is stored, and passages
	// by their keys that the embedder refused.
	Failed []FileError
}

// FileError is why a file, or a passage of one, was not added.
type FileError struct {
	Source string // as in the metadata, or the key of the passage
	Err    error
}

// Error returns the file and the reason.
func (e FileError) Error() string { return e.Source + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e FileError) Unwrap() error { return e.Err }

// Add brings the database id in step with the files and folders at paths, and makes it if it
// is not there. Of a folder it reads all files but hidden ones, node_modules, data files of
// memista, static models, symbolic links and what is binary. What cannot be read or embedded is told in the result, and is no error.
//
// Only passages whose text has changed are embedded. Each batch is stored whole or not at
// all, and what is gone is removed last: after an error, or a crash, the same call goes on
// where it was. Two calls for the same folder must not run at once. o may be nil.
func Add(ctx context.Context, s api.Service, id string, paths []string, o *Options) (Result, error) {
	r := newRun(s, id, o)
	if err := errors.Join(r.find(paths), r.findAway()); err != nil {
		return r.result, err
	}
	if err := r.prepare(ctx); err != nil {
		return r.result, err
	}
	for _, f := range r.files {
		if err := r.add(ctx, f); err != nil {
			return r.result, err
		}
	}
	if err := r.flush(ctx); err != nil {
		return r.result, err
	}
	return r.result, r.remove(ctx)
}

// Create makes the database id as Add does, and adds nothing: it tells whether Add could. It
// is an error if the database is there with other settings. o may be nil.
func Create(ctx context.Context, s api.Service, id string, o *Options) error {
	return newRun(s, id, o).create(ctx)
}

// defaultBatch is some calls of an embedder over HTTP, and little to do again after a crash.
const defaultBatch = 128

// run is one call of Add.
type run struct {
	s  api.Service
	id string
	o  Options

	files   []file
	scopes  []scope
	stored  map[string]passage // by key; those that Add has stored, whatever the folder
	byHash  map[string]int64   // ids of stored, by content_hash
	seen    map[string]bool    // keys that are in the files
	folders map[string]bool    // of others: whether they are still there
	away    []string           // Options.Away, resolved
	batch   []api.Chunk

	read     int
	bytes    int64
	allBytes int64
	result   Result
}

func newRun(s api.Service, id string, o *Options) *run {
	r := &run{s: s, id: id, seen: map[string]bool{}, folders: map[string]bool{}}
	if o != nil {
		r.o = *o
	}
	if r.o.Batch <= 0 {
		r.o.Batch = defaultBatch
	}
	if r.o.FullText == "" {
		r.o.FullText = api.Words
	}
	return r
}

// prepare finds out what is stored, and makes the database if that can be done now.
func (r *run) prepare(ctx context.Context) error {
	info, err := r.s.Describe(ctx, r.id)
	has, wanted := info.Embedder, r.o.Embedder
	switch {
	case errors.Is(err, api.ErrNotFound):
		return r.create(ctx)
	case err != nil:
		return err
	case has == api.Embedder{}:
		return fmt.Errorf("database %q has %w to make embeddings of texts", r.id, ErrNoEmbedder)
	case wanted != api.Embedder{} && wanted != api.DefaultEmbedder && wanted != has:
		return fmt.Errorf("database %q has %w than %s/%s: %s/%s", r.id, ErrOtherEmbedder, wanted.Provider, wanted.Model, has.Provider, has.Model)
	}
	return r.load(ctx)
}

// create makes the database, whole at once: nothing that a later run could see to tells
// one that is half made from one that is meant so.
func (r *run) create(ctx context.Context) error {
	set := api.Settings{Embedder: r.o.Embedder, FullText: r.o.FullText}
	if set.Embedder == (api.Embedder{}) {
		set.Embedder = api.DefaultEmbedder
	}
	_, err := r.s.Create(ctx, r.id, &set)
	if errors.Is(err, api.ErrUnsupported) { // full text, or the embedder
		set.FullText = ""
		_, err = r.s.Create(ctx, r.id, &set)
	}
	if errors.Is(err, api.ErrUnsupported) && set.Embedder == api.DefaultEmbedder {
		return fmt.Errorf("there is %w to make embeddings of texts for the new database %q: %w", ErrNoEmbedder, r.id, err)
	}
	return err
}

func (r *run) tell() {
	if r.o.Progress != nil {
		r.o.Progress(Progress{Files: r.read, AllFiles: len(r.files), Bytes: r.bytes, AllBytes: r.allBytes, Result: r.result})
	}
}

// fail notes why a file is not added.
func (r *run) fail(source string, err error) {
	r.result.Failed = append(r.result.Failed, FileError{source, err})
}
