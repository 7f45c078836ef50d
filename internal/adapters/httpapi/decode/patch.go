package decode

import (
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

var patchFields = []string{"embedding", "text", "metadata", "ttl_seconds", "sparse", "vectors"}

// Patch reads the body of a PATCH of a chunk.
func Patch(body []byte) (p app.Patch, err error) {
	var d chunkDecoder
	d.Reset(body)
	_, err = d.Object(patchFields, func(field int) (err error) {
		switch patchFields[field] {
		case "embedding":
			p.Embedding, err = d.Vector([]float32{})
		case "text":
			var text string
			text, err = d.stringOrNull()
			p.Text = &text
		case "metadata":
			var m domain.Metadata
			m, err = d.metadata()
			p.Metadata = &m
		case "ttl_seconds":
			var left time.Duration
			left, err = ttl(&d.Scanner)
			p.TTL = &left
		case "sparse":
			p.Sparse, err = sparsePatch(&d.Scanner)
		case "vectors":
			var v domain.Vectors
			v, err = vectors(&d.Scanner, true)
			p.Vectors = v
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	return p, err
}

// Patches says what to change about the chunks that Filter selects, or about all where it
// is nil.
type Patches struct {
	Filter *filterlang.Filter
	Patch  app.Patch
}

var patchesFields = []string{"filter", "all", "metadata", "ttl_seconds"}

// Decode reads the body of POST /v1/databases/{id}/patch.
func (p *Patches) Decode(body []byte) error {
	var d chunkDecoder
	d.Reset(body)
	which := 0
	_, err := d.Object(patchesFields, func(field int) (err error) {
		switch patchesFields[field] {
		case "filter":
			which++
			p.Filter, err = filterOfSome(&d.Scanner, `to change all chunks send {"all":true}`)
		case "all":
			which++
			err = justTrue(&d.Scanner)
		case "metadata":
			var m domain.Metadata
			m, err = d.metadata()
			p.Patch.Metadata = &m
		case "ttl_seconds":
			var left time.Duration
			left, err = ttl(&d.Scanner)
			p.Patch.TTL = &left
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	if err == nil && which != 1 {
		err = domain.Errorf(domain.ErrInvalid, "exactly one of filter and all must be there")
	}
	return err
}

// filterOfSome reads a filter that says something; hint is what to do for all.
func filterOfSome(s *wire.Scanner, hint string) (*filterlang.Filter, error) {
	f, err := filter(s)
	if err == nil && f.IsAll() {
		err = s.Errorf("a filter cannot be empty here: %s", hint)
	}
	return f, err
}

// justTrue reads true.
func justTrue(s *wire.Scanner) error {
	yes, err := s.Bool()
	if err == nil && !yes {
		err = s.Errorf("must be true: leave it out otherwise")
	}
	return err
}
