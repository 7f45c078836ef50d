package httpapi

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// patchChunk answers PATCH of one chunk, with the chunk as it is then.
func (h *Handler) patchChunk(name naming) func(*gin.Context) error {
	return func(c *gin.Context) error {
		database, ref, err := name.named(c)
		if err != nil {
			return err
		}
		p, err := queryParts(c)
		if err != nil {
			return err
		}
		var patch app.Patch
		err = withBody(c, h.opts.InsertBodyLimit, func(body []byte) (err error) {
			patch, err = decodePatch(body)
			return err
		})
		if err != nil {
			return err
		}
		ch, err := h.svc.Patch(c.Request.Context(), database, ref, patch)
		if err != nil {
			return err
		}
		sendChunk(c, &ch, p)
		return nil
	}
}

var patchFields = []string{"embedding", "text", "metadata", "ttl_seconds"}

// decodePatch reads the body of a PATCH. The result holds nothing of body.
func decodePatch(body []byte) (p app.Patch, err error) {
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
