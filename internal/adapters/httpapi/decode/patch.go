package decode

import (
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

var patchFields = []string{"embedding", "text", "metadata", "ttl_seconds"}

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
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	return p, err
}
