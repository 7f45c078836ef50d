package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// embeddings answers POST /v1/embeddings.
func (a *api) embeddings(c *web.Call) error {
	var in decode.Embeddings
	err := c.Body(func(body []byte) (err error) {
		in, err = decode.ReadEmbeddings(body)
		return err
	})
	if err != nil {
		return err
	}
	made, err := a.uses.Embed(c.Patient(), in.In)
	if err != nil {
		return inInput(err, in.Single)
	}
	limit := a.uses.Limits().Answer
	const perComponent = 4 // bytes, in the shorter form
	if n := int64(len(made.Embeddings)) * int64(made.Model.Dims) * perComponent; n > limit {
		return domain.AnswerTooLarge(limit)
	}
	c.Send(http.StatusOK, encode.AppendEmbeddings(nil, in.In.Texts, made, in.Base64))
	return nil
}

// inInput returns an error about one of the texts in the words of POST /v1/embeddings.
func inInput(err error, single bool) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return err
	}
	own := *e
	own.Place = strings.Replace(own.Place, "texts", "input", 1)
	if single && own.Place != "" {
		own.Place = "input"
	}
	return &own
}
