package qdrant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/adapters/importfile/textfield"
	"github.com/memista/memista/internal/domain"
)

// points are those of a collection in the order of their ids. A cursor is the JSON of an id.
type points struct {
	server *Server
	path   string
	vector string // its name; "" has none
	sparse domain.SparseNames
	text   string // field of the payload
}

// scroll is the body of a request for a page.
type scroll struct {
	Limit   int            `json:"limit"`
	Offset  jsontext.Value `json:"offset,omitempty"` // the first id that is wanted
	Payload bool           `json:"with_payload"`
	Vector  any            `json:"with_vector"`
}

// point is a point as it is answered.
type point struct {
	ID      jsontext.Value `json:"id"`
	Payload jsontext.Value `json:"payload"`
	Vector  jsontext.Value `json:"vector"`
}

// Page returns a page. The point that it goes on after is asked for again, since ids that
// follow it cannot be told from it.
func (p *points) Page(ctx context.Context, after string, _ int64, limit int, most int64) (remote.Page, error) {
	body := scroll{Limit: limit, Payload: true, Vector: true}
	if p.vector != "" {
		names := []string{p.vector}
		for name := range p.sparse.All() {
			names = append(names, name)
		}
		body.Vector = names
	}
	if after != "" {
		body.Offset = jsontext.Value(after)
		body.Limit++
	}
	var found *struct {
		Points []point        `json:"points"`
		Next   jsontext.Value `json:"next_page_offset"`
	}
	if err := p.server.ask(ctx, p.path, body, most, &found); err != nil {
		return remote.Page{}, err
	}
	if found == nil {
		return remote.Page{}, errNoResult
	}
	page := remote.Page{More: found.Next.Kind() != 'n' && found.Next.Kind() != 0}
	for i, one := range found.Points {
		if i == 0 && after != "" && string(one.ID) == after {
			continue
		}
		chunk, err := p.chunk(one)
		if err != nil {
			return remote.Page{}, fmt.Errorf("point %s: %w", one.ID, err)
		}
		page.Records = append(page.Records, remote.Record{Cursor: string(one.ID), Chunk: chunk})
	}
	return page, nil
}

// chunk makes a chunk of a point.
func (p *points) chunk(one point) (c domain.Chunk, err error) {
	if c.Key, err = key(one.ID); err != nil {
		return c, err
	}
	if err := p.payload(&c, one.Payload); err != nil {
		return c, err
	}
	return c, p.vectors(&c, one.Vector)
}

// Fields of the payload in which an export of memista keeps what has no place of its own.
const (
	keyField  = "memista_key"
	textField = "memista_text"
)

// payload makes metadata and text of raw, and the key where an export has put it there.
func (p *points) payload(c *domain.Chunk, raw jsontext.Value) (err error) {
	if k := raw.Kind(); k == 'n' || k == 0 {
		return nil
	}
	if bytes.Contains(raw, []byte(`"memista_`)) {
		if raw, err = p.exported(c, raw); err != nil {
			return err
		}
	}
	if c.Text == "" {
		c.Text = textfield.Find(raw, p.text)
	}
	if c.Metadata, err = domain.MetadataObject(raw); err == nil && c.Metadata.Text == "{}" {
		c.Metadata = domain.Metadata{}
	}
	return err
}

// exported takes the fields of an export out of raw, and leaves the others in their order.
func (p *points) exported(c *domain.Chunk, raw jsontext.Value) (jsontext.Value, error) {
	if raw.Kind() != '{' {
		return raw, nil // which is said later
	}
	d := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	rest := jsontext.Value("{")
	for d.PeekKind() == '"' {
		name, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		name = name.Clone() // the next one is read into the same bytes
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		to := map[string]*string{`"` + keyField + `"`: &c.Key, `"` + textField + `"`: &c.Text}[string(name)]
		if to != nil && v.Kind() == '"' {
			if err := json.Unmarshal(v, to); err != nil {
				return nil, err
			}
			continue
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(append(append(rest, name...), ':'), v...)
	}
	return append(rest, '}'), nil
}

// vectors takes the vector that is chosen, and the sparse ones, if the point has them.
func (p *points) vectors(c *domain.Chunk, raw jsontext.Value) (err error) {
	if raw.Kind() == '{' {
		var named map[string]jsontext.Value
		if err := json.Unmarshal(raw, &named); err != nil {
			return err
		}
		if c.Sparse, err = p.sparseOf(named); err != nil {
			return err
		}
		raw = named[p.vector]
	}
	c.Embedding, err = remote.Numbers(raw)
	return err
}

// key returns the key for an id: the digits of an integer, a string as it is.
func key(id jsontext.Value) (string, error) {
	switch id.Kind() {
	case '0':
		if _, err := strconv.ParseUint(string(id), 10, 64); err != nil {
			return "", errors.New("an id must be a whole number of 64 bits or a string")
		}
		return string(id), nil
	case '"':
		var s string
		err := json.Unmarshal(id, &s)
		return s, err
	default:
		return "", errors.New("an id must be a whole number of 64 bits or a string")
	}
}
