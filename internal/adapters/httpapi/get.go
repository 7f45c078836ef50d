package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/domain"
)

// chunk answers GET of one chunk.
func (h *Handler) chunk(name naming) func(*gin.Context) error {
	return func(c *gin.Context) error {
		database, ref, err := name.named(c)
		if err != nil {
			return err
		}
		p, err := queryParts(c)
		if err != nil {
			return err
		}
		ch, err := h.svc.Chunk(c.Request.Context(), database, ref, p.fields)
		if err != nil {
			return err
		}
		sendChunk(c, &ch, p)
		return nil
	}
}

func sendChunk(c *gin.Context, ch *domain.Chunk, p parts) {
	send(c, http.StatusOK, append(appendStored([]byte{'{'}, ch, p), "}\n"...))
}

// appendStored appends the members of a chunk that is described for its own sake, and not
// as a hit: with the time at which it expires.
func appendStored(b []byte, ch *domain.Chunk, p parts) []byte {
	return appendExpiry(appendChunk(b, ch, p), ch.ExpiresAt)
}
