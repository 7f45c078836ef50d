package chroma

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/domain"
)

// records are those of a collection in the order in which they were inserted. A cursor is an
// id.
type records struct {
	server *Server
	path   string
}

// get is the body of a request for a page.
type get struct {
	Limit   int      `json:"limit"`
	Offset  int64    `json:"offset"`
	Include []string `json:"include"`
}

var include = []string{"embeddings", "documents", "metadatas", "uris"}

// columns is a page as it is answered.
type columns struct {
	IDs        []string         `json:"ids"`
	Embeddings []jsontext.Value `json:"embeddings"`
	Documents  []*string        `json:"documents"`
	URIs       []*string        `json:"uris"`
	Metadatas  []jsontext.Value `json:"metadatas"`
}

// check refuses columns of different lengths.
func (c *columns) check() error {
	for _, one := range []struct {
		name string
		n    int
	}{{"embeddings", len(c.Embeddings)}, {"documents", len(c.Documents)}, {"metadatas", len(c.Metadatas)}, {"uris", len(c.URIs)}} {
		if one.n != 0 && one.n != len(c.IDs) {
			return fmt.Errorf("the server answered %d %s for %d ids", one.n, one.name, len(c.IDs))
		}
	}
	return nil
}

// Page returns a page. It begins with the last record of the page before: where that is
// another one now, records before it were deleted, and the offset leads too far.
func (r *records) Page(ctx context.Context, after string, row int64, limit int, most int64) (remote.Page, error) {
	body := get{Limit: limit, Include: include}
	if row > 0 {
		body.Offset = row - 1
		body.Limit++
	}
	var got columns
	if err := r.server.ask(ctx, r.path, body, most, &got); err != nil {
		return remote.Page{}, err
	}
	if err := got.check(); err != nil {
		return remote.Page{}, err
	}
	first := 0
	if row > 0 {
		if len(got.IDs) == 0 || got.IDs[0] != after {
			return remote.Page{Moved: true}, nil
		}
		first = 1
	}
	// A server may answer fewer than it was asked for: only a page with none is the end.
	page := remote.Page{More: len(got.IDs) > first}
	for i := first; i < len(got.IDs); i++ {
		chunk, err := got.chunk(i)
		if err != nil {
			return remote.Page{}, fmt.Errorf("record %q: %w", got.IDs[i], err)
		}
		page.Records = append(page.Records, remote.Record{Cursor: got.IDs[i], Chunk: chunk})
	}
	return page, nil
}

// chunk makes a chunk of record i.
func (c *columns) chunk(i int) (out domain.Chunk, err error) {
	if c.IDs[i] == "" {
		return out, errors.New("its id is empty")
	}
	out.Key = c.IDs[i]
	if len(c.Documents) > i && c.Documents[i] != nil {
		out.Text = *c.Documents[i]
	}
	var metadata jsontext.Value
	if len(c.Metadatas) > i {
		metadata = c.Metadatas[i]
	}
	if len(c.URIs) > i && c.URIs[i] != nil {
		if metadata, err = withURI(metadata, *c.URIs[i]); err != nil {
			return out, err
		}
	}
	if k := metadata.Kind(); k != 'n' && k != 0 && !bytes.Equal(metadata, []byte("{}")) {
		if out.Metadata, err = domain.MetadataObject(metadata); err != nil {
			return out, err
		}
	}
	if len(c.Embeddings) > i {
		out.Embedding, err = remote.Numbers(c.Embeddings[i])
	}
	return out, err
}

// withURI returns metadata with the field uri, if it has none of that name.
func withURI(metadata jsontext.Value, uri string) (jsontext.Value, error) {
	var fields map[string]jsontext.Value
	if metadata.Kind() == '{' {
		if err := json.Unmarshal(metadata, &fields); err != nil {
			return nil, err
		}
	}
	if _, ok := fields["uri"]; ok {
		return metadata, nil
	}
	raw, err := json.Marshal(uri)
	if err != nil {
		return nil, err
	}
	if fields == nil {
		fields = map[string]jsontext.Value{}
	}
	fields["uri"] = raw
	return json.Marshal(fields, json.Deterministic(true))
}
