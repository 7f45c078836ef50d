package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

var settingsFields = []string{"dimensions", "metric", "engine", "m", "ef_construction", "ef_search", "storage", "ttl_seconds", "full_text", "metadata", "embedder", "optional_embeddings", "sparse", "vectors", "target_recall"}

// Settings reads the body of a create; an empty one means the defaults, and so does null
// for any field.
func Settings(body []byte) (set domain.Settings, err error) {
	var d chunkDecoder
	d.Reset(body)
	if len(body) == 0 {
		return set, nil
	}
	_, err = d.Object(settingsFields, func(field int) error {
		if d.Null() {
			return nil
		}
		return d.setting(settingsFields[field], &set)
	})
	if err == nil {
		err = d.End()
	}
	return set, err
}

// setting reads the value of one field of the settings.
func (d *chunkDecoder) setting(name string, set *domain.Settings) (err error) {
	s := &d.Scanner
	switch name {
	case "dimensions":
		set.Dims, err = positive(s)
	case "metric":
		var m string
		m, err = word(s, metricNames)
		set.Metric = domain.Metric(m)
	case "engine":
		set.Engine, err = word(s, nil)
	case "m":
		set.M, err = positive(s)
	case "ef_construction":
		set.EfConstruction, err = positive(s)
	case "ef_search":
		set.EfSearch, err = positive(s)
	case "storage":
		set.Storage, err = word(s, storageNames)
	case "ttl_seconds":
		set.TTL, err = ttl(s)
	case "full_text":
		set.FullText, err = tokenizer(s)
	case "metadata":
		if s.Next() != '{' {
			return s.Errorf("metadata of a database must be a JSON object")
		}
		set.Metadata, err = d.metadata()
	case "embedder":
		set.Embedder.EmbedderRef, err = embedder(s)
	case "optional_embeddings":
		set.OptionalEmbeddings, err = s.Bool()
	case "sparse":
		set.Sparse, err = sparseNames(s)
	case "vectors":
		set.Vectors, err = namedVectors(s)
	case "target_recall":
		if set.TargetRecall, err = decimal(s); err == nil && set.TargetRecall == 0 {
			err = s.Errorf("must be between 0.5 and 0.999: leave it out for none")
		}
	}
	return err
}

var embedderFields = []string{"provider", "model"}

// embedder reads the name of an embedder: an object, or both parts with a slash between, or default.
func embedder(s *wire.Scanner) (ref domain.EmbedderRef, err error) {
	if s.Next() == '"' {
		text, err := s.Text()
		if err != nil {
			return ref, err
		}
		return domain.ParseNewEmbedder(string(text))
	}
	seen, err := s.Object(embedderFields, func(field int) error {
		name, err := word(s, nil)
		if field == 0 {
			ref.Provider = name
		} else {
			ref.Model = name
		}
		return err
	})
	if err == nil {
		err = required(embedderFields, seen, 0b11)
	}
	return ref, err
}

var (
	metricNames  = []string{string(domain.InnerProduct), string(domain.Cosine), string(domain.L2)}
	storageNames = []string{"f32", "bf16", "f16", "i8"}

	tokenizerNames = []string{string(domain.Words), string(domain.English), string(domain.Trigram)}
)

// tokenizer reads how texts are indexed: by name, or true for words and false for
// not at all.
func tokenizer(s *wire.Scanner) (domain.Tokenizer, error) {
	if next := s.Next(); next == 't' || next == 'f' {
		if on, err := s.Bool(); err != nil || !on {
			return "", err
		}
		return domain.Words, nil
	}
	name, err := word(s, tokenizerNames)
	return domain.Tokenizer(name), err
}
