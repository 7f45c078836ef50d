package chromem

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/memista/memista/internal/domain"
)

// document reads a Document: ID, Metadata, Embedding and Content.
func (g *gob) document(of form) (c domain.Chunk, err error) {
	err = g.fields(of, func(f field) (err error) {
		switch f.name {
		case "ID":
			c.Key, err = g.str(f)
		case "Content":
			c.Text, err = g.str(f)
		case "Embedding":
			c.Embedding, err = g.numbers(f)
		case "Metadata":
			c.Metadata, err = g.metadata(f)
		default:
			err = g.skip(f.typ, 0)
		}
		return err
	})
	if err == nil && c.Key == "" {
		err = damaged("a document without an id")
	}
	return c, err
}

// str reads a field that must be a string.
func (g *gob) str(f field) (string, error) {
	if f.typ != stringType {
		return "", damaged("%s is not a string", f.name)
	}
	return g.text()
}

// numbers reads a field that must be a list of floats.
func (g *gob) numbers(f field) ([]float32, error) {
	of, err := g.is(f.typ, 'l')
	if err != nil || of.elem != floatType {
		return nil, damaged("%s is not a list of numbers", f.name)
	}
	n, err := g.uint()
	if err != nil {
		return nil, err
	}
	if n > domain.MaxDims {
		return nil, domain.Errorf(domain.ErrInvalid, "an embedding of %d numbers, at most %d are allowed", n, domain.MaxDims)
	}
	v := make([]float32, n)
	for i := range v {
		x, err := g.float()
		if err != nil {
			return nil, err
		}
		v[i] = float32(x)
	}
	return v, nil
}

// metadata reads a field that must be a map of strings.
func (g *gob) metadata(f field) (domain.Metadata, error) {
	of, err := g.is(f.typ, 'm')
	if err != nil || of.key != stringType || of.elem != stringType {
		return domain.Metadata{}, damaged("%s is not a map of strings", f.name)
	}
	n, err := g.uint()
	fields := map[string]string{}
	for ; n > 0 && err == nil; n-- {
		var name, value string
		if name, err = g.text(); err != nil {
			break
		}
		if value, err = g.text(); err != nil {
			break
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return domain.Metadata{}, domain.Errorf(domain.ErrInvalid, "metadata %q is not valid UTF-8", name)
		}
		fields[name] = value
	}
	if err != nil || len(fields) == 0 {
		return domain.Metadata{}, err
	}
	raw, err := json.Marshal(fields, json.Deterministic(true))
	if err != nil {
		return domain.Metadata{}, err
	}
	return domain.MetadataObject(raw)
}
