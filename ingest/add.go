package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/memista/memista/api"
	"github.com/memista/memista/split"
	"github.com/memista/memista/split/files"
)

// maxFile bounds what is read of a file at once; texts are smaller.
const maxFile = 64 << 20

// maxKey is how long the key of a chunk may be.
const maxKey = 512

// add reads one file and puts what is new in it into the batch.
func (r *run) add(ctx context.Context, f file) error {
	defer func() {
		r.read, r.bytes = r.read+1, r.bytes+f.size
		r.tell()
	}()
	raw, err := load(f)
	switch {
	case err != nil:
		r.fail(f.source, err)
		return nil
	case raw == nil:
		r.result.Binary++
		return nil
	}
	passages, err := files.Passages(ctx, f.source, raw, &r.o.Passages)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.fail(f.source, err)
		return nil
	}
	chunks, err := r.chunks(f, passages)
	if err != nil {
		r.fail(f.source, err)
		return nil
	}
	r.result.Files++
	r.result.Passages += len(chunks)
	if chunks, err = r.changed(ctx, chunks); err != nil {
		return err
	}
	for _, c := range chunks {
		if r.batch = append(r.batch, c); len(r.batch) >= r.o.Batch {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// load returns what is in a file, nil if it is binary.
func load(f file) ([]byte, error) {
	if f.size > maxFile {
		return nil, fmt.Errorf("it has %d bytes, more than %d MiB", f.size, maxFile>>20)
	}
	in, err := open(f.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // only read
	head := make([]byte, 16<<10)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if files.Binary(f.source, head[:n]) {
		return nil, nil
	}
	raw := bytes.NewBuffer(make([]byte, 0, f.size+bytes.MinRead)) // it would grow to twice as much
	raw.Write(head[:n])
	if _, err = raw.ReadFrom(io.LimitReader(in, maxFile)); err != nil {
		return nil, err
	}
	if raw.Len() > maxFile { // it has grown since it was found
		return nil, fmt.Errorf("it has more than %d MiB", maxFile>>20)
	}
	return raw.Bytes(), nil
}

// open opens a file, unless something else has taken its place since it was found: a link
// would lead out of the folder, and a pipe would be waited for.
func open(path string) (*os.File, error) {
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errNoFile
	}
	in, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if now, err := in.Stat(); err != nil || !os.SameFile(before, now) {
		_ = in.Close() // nothing was read
		return nil, errNoFile
	}
	return in, nil
}

var errNoFile = errors.New("it has become something other than a file")

// chunks returns the passages of f as they are to be stored. It notes their keys, which no
// other file may have.
func (r *run) chunks(f file, passages []split.Passage) ([]api.Chunk, error) {
	out := make([]api.Chunk, len(passages))
	for i, p := range passages {
		c := &out[i]
		c.Text, c.Key = p.Text, p.Key
		if c.Key == "" {
			c.Key = f.source + "#" + strconv.Itoa(i+1)
		}
		if len(c.Key) > maxKey {
			c.Key = split.Hash(c.Key)
		}
		remedy := "add the folder above both"
		if p.Key != "" {
			remedy = "give one of the lines another key"
		}
		if r.seen[c.Key] {
			return nil, fmt.Errorf("another file has a passage with the key %q: %s", c.Key, remedy)
		}
		if other := r.stored[c.Key]; other.folder != "" && other.folder != f.folder && r.there(other) {
			return nil, fmt.Errorf("%s has a passage with the key %q: %s", other.folder, c.Key, remedy)
		}
		fields := map[string]any{}
		if p.Metadata != "" {
			dec := json.NewDecoder(strings.NewReader(p.Metadata))
			dec.UseNumber() // numbers keep their digits
			if err := dec.Decode(&fields); err != nil {
				return nil, err
			}
		}
		fields[fieldSource], fields[fieldTitle], fields[fieldLine] = f.source, p.Title, p.Line
		fields[fieldHash], fields[fieldFolder] = p.Hash, f.folder
		if len(p.Headings) > 0 {
			fields[fieldHeading] = strings.Join(p.Headings, " > ")
		}
		c.Metadata = api.Meta(fields)
	}
	for _, c := range out {
		r.seen[c.Key] = true
	}
	return out, nil
}

// there reports whether the folder of a stored passage is still there, or counts as there.
// What cannot be told counts: a passage must not be lost to a disk that fails.
func (r *run) there(p passage) bool {
	path := filepath.Join(p.folder, filepath.FromSlash(p.source))
	if slices.ContainsFunc(r.away, func(away string) bool { return within(away, path) }) {
		return true
	}
	is, known := r.folders[p.folder]
	if !known {
		_, err := os.Stat(p.folder)
		is = !errors.Is(err, fs.ErrNotExist)
		r.folders[p.folder] = is
	}
	return is
}

// changed returns the chunks that are not stored as they are. Those whose text is stored
// get the embedding of that.
func (r *run) changed(ctx context.Context, chunks []api.Chunk) ([]api.Chunk, error) {
	var out []api.Chunk
	wanted := map[string]int64{}
	for _, c := range chunks {
		if p, ok := r.stored[c.Key]; ok && same(p.metadata, c.Metadata.String()) {
			r.result.Unchanged++
			continue
		}
		hash := split.Hash(c.Text)
		if id, ok := r.byHash[hash]; ok {
			wanted[hash] = id
		}
		out = append(out, c)
	}
	if len(wanted) == 0 {
		return out, nil
	}
	found, err := r.embeddings(ctx, wanted)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Embedding = found[split.Hash(out[i].Text)]
	}
	return out, nil
}
