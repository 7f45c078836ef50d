package ingest

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/memista/memista/api"
)

// The names of fields that Add sets.
const (
	fieldSource  = "source"
	fieldTitle   = "title"
	fieldHeading = "heading"
	fieldLine    = "line"
	fieldHash    = "content_hash"
	fieldFolder  = "folder"
)

// passage is one that is stored.
type passage struct {
	id                   int64
	metadata             string // JSON
	hash, folder, source string
}

// pageSize is how many passages are listed at once.
const pageSize = 1000

// load lists the passages that Add has stored.
func (r *run) load(ctx context.Context) error {
	r.stored, r.byHash = map[string]passage{}, map[string]int64{}
	o := api.ListOptions{Filter: api.And(api.Exists(fieldHash), api.Exists(fieldFolder)), Limit: pageSize, Include: []api.Part{api.PartMetadata}}
	for {
		page, err := r.s.List(ctx, r.id, &o)
		if err != nil {
			return err
		}
		for i := range page.Chunks {
			r.keep(&page.Chunks[i])
		}
		if o.After = page.Next; o.After == 0 {
			return nil
		}
	}
}

// keep notes a passage.
func (r *run) keep(c *api.Chunk) {
	var fields struct {
		Source string `json:"source"`
		Hash   string `json:"content_hash"`
		Folder string `json:"folder"`
	}
	if c.Key == "" || c.Metadata.Decode(&fields) != nil { // not one of ours
		return
	}
	r.stored[c.Key] = passage{c.ID, c.Metadata.String(), fields.Hash, fields.Folder, fields.Source}
	r.byHash[fields.Hash] = c.ID
}

// embeddings returns the embeddings of stored passages by their content_hash, as far as
// they still have the hash for which they are wanted.
func (r *run) embeddings(ctx context.Context, wanted map[string]int64) (map[string][]float32, error) {
	ids := make([]int64, 0, len(wanted))
	for _, id := range wanted {
		ids = append(ids, id)
	}
	found := make(map[string][]float32, len(wanted))
	for len(ids) > 0 {
		n := min(len(ids), pageSize)
		page, err := r.s.List(ctx, r.id, &api.ListOptions{
			Filter: api.In(api.FieldID, ids[:n]...), Limit: n, Include: []api.Part{api.PartMetadata, api.PartEmbedding},
		})
		if err != nil {
			return nil, err
		}
		for _, c := range page.Chunks {
			var fields map[string]any
			if err := c.Metadata.Decode(&fields); err != nil {
				return nil, err
			}
			if hash, ok := fields[fieldHash].(string); ok && wanted[hash] == c.ID {
				found[hash] = c.Embedding
			}
		}
		ids = ids[n:]
	}
	return found, nil
}

// same reports whether two objects of JSON say the same.
func same(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// remove deletes what is stored of the scopes and no longer in their files.
func (r *run) remove(ctx context.Context) error {
	var gone []string
	for key, p := range r.stored {
		if !r.seen[key] && r.covers(p) && !r.failed(p.source) {
			gone = append(gone, key)
		}
	}
	for len(gone) > 0 {
		n := min(len(gone), pageSize)
		deleted, err := r.s.DeleteKeys(ctx, r.id, gone[:n]...)
		r.result.Deleted += deleted
		if err != nil {
			return err
		}
		gone = gone[n:]
	}
	return nil
}

// covers reports whether p is of a path that was given.
func (r *run) covers(p passage) bool {
	for _, s := range r.scopes {
		if p.folder == s.folder && (s.source == "" || s.source == p.source) {
			return true
		}
	}
	return false
}

// failed reports whether a file, or a folder that it is in, could not be read.
func (r *run) failed(source string) bool {
	for _, f := range r.result.Failed {
		if f.Source == source || f.Source == "." || strings.HasPrefix(source, f.Source+"/") {
			return true
		}
	}
	return false
}
