package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// create answers PUT /v1/databases/{id}: 201 where it made the database, 200 where one
// with these settings existed.
func (h *Handler) create(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var set domain.Settings
	err = withBody(c, h.opts.BodyLimit, func(body []byte) (err error) {
		set, err = decodeSettings(body)
		return err
	})
	if err != nil {
		return err
	}
	db, created, err := h.svc.Create(c.Request.Context(), id, set)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return sendValue(c, status, describe(db))
}

var settingsFields = []string{"dimensions", "metric", "engine", "m", "ef_construction", "ef_search", "storage", "ttl_seconds", "full_text", "metadata"}

// decodeSettings reads the body of a create; an empty one means the defaults, and so
// does null for any field.
func decodeSettings(body []byte) (set domain.Settings, err error) {
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
		set.FullText, err = decodeTokenizer(s)
	case "metadata":
		if s.Next() != '{' {
			return s.Errorf("metadata of a database must be a JSON object")
		}
		set.Metadata, err = d.metadata()
	}
	return err
}

var (
	metricNames  = []string{string(domain.InnerProduct), string(domain.Cosine), string(domain.L2)}
	storageNames = []string{"f32", "bf16", "f16", "i8"}

	tokenizerNames = []string{string(domain.Words), string(domain.English), string(domain.Trigram)}
)

// decodeTokenizer reads how texts are indexed: by name, or true for words and false for
// not at all.
func decodeTokenizer(s *wire.Scanner) (domain.Tokenizer, error) {
	if next := s.Next(); next == 't' || next == 'f' {
		if on, err := s.Bool(); err != nil || !on {
			return "", err
		}
		return domain.Words, nil
	}
	name, err := word(s, tokenizerNames)
	return domain.Tokenizer(name), err
}

// positive reads an integer above zero: zero stands for "the default" inside, which is
// said by leaving the field out.
func positive(s *wire.Scanner) (int, error) {
	n, err := decodeCount(s)
	if err == nil && n < 1 {
		err = s.Errorf("must be at least 1: leave it out for the default")
	}
	return n, err
}

// word reads one of the names, or any name that is not empty if names is nil.
func word(s *wire.Scanner, names []string) (string, error) {
	b, err := s.Text()
	if err != nil {
		return "", err
	}
	w := string(b)
	if names == nil && w != "" || slices.Contains(names, w) {
		return w, nil
	}
	if names == nil {
		return "", s.Errorf("cannot be empty: leave it out for the default")
	}
	return "", s.Errorf("must be one of %s", strings.Join(names, ", "))
}
