package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Embeddings is the body of POST /v1/embeddings, as the API of OpenAI has it.
type Embeddings struct {
	In     app.Embed
	Single bool // input was one text and not a list
	Base64 bool // embeddings are to be sent so
}

// user is what clients of OpenAI may send to say whom they act for; nothing is done with it.
var embeddingsFields = []string{"input", "model", "encoding_format", "dimensions", "user", "input_type"}

// The forms of embeddings that OpenAI has, the default first, and what texts are for.
var (
	encodingFormats = []string{"float", encodingBase64}
	inputTypes      = []string{"document", "query"}
)

// ReadEmbeddings reads body.
func ReadEmbeddings(body []byte) (e Embeddings, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(embeddingsFields, func(field int) error {
		if field > 0 && s.Null() {
			return nil
		}
		return e.field(&s, embeddingsFields[field])
	})
	if err == nil {
		err = s.End()
	}
	if err == nil {
		err = required(embeddingsFields, seen, 0b1)
	}
	return e, err
}

func (e *Embeddings) field(s *wire.Scanner, name string) (err error) {
	switch name {
	case "input":
		err = e.input(s)
	case "model":
		var model []byte
		if model, err = s.Text(); err == nil {
			e.In.Embedder, err = domain.ParseEmbedderRef(string(model))
		}
	case "encoding_format":
		var format string
		format, err = word(s, encodingFormats)
		e.Base64 = format == encodingBase64
	case "dimensions":
		e.In.Dims, err = positive(s)
	case "user":
		_, err = s.Text()
	case "input_type":
		var kind string
		kind, err = word(s, inputTypes)
		e.In.Query = kind == "query"
	}
	return err
}

// input reads a text or a list of texts.
func (e *Embeddings) input(s *wire.Scanner) error {
	if s.Next() != '[' {
		text, err := s.Text()
		e.In.Texts, e.Single = []string{string(text)}, true
		return err
	}
	return s.Array(func(int) error {
		if next := s.Next(); next != '"' {
			return s.Errorf("takes texts only, and no tokens")
		}
		text, err := s.Text()
		e.In.Texts = append(e.In.Texts, string(text))
		return err
	})
}
