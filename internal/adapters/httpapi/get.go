package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// chunk answers GET of one chunk.
func (a *api) chunk(name naming) func(*web.Call) error {
	return func(c *web.Call) error {
		database, ref, err := name.named(c)
		if err != nil {
			return err
		}
		p, err := decode.Parts(c)
		if err != nil {
			return err
		}
		ch, err := a.uses.Chunk(c.Context(), database, ref, p.Fields)
		if err != nil {
			return err
		}
		sendChunk(c, &ch, p)
		return nil
	}
}

func sendChunk(c *web.Call, ch *domain.Chunk, p encode.Parts) {
	c.Send(http.StatusOK, append(encode.AppendStored(nil, ch, p), '\n'))
}
