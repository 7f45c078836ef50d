package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

var countFields = []string{"filter"}

// Count reads the body of a count; an empty one counts all.
func Count(body []byte) (f *filterlang.Filter, err error) {
	if len(body) == 0 {
		return nil, nil
	}
	var s wire.Scanner
	s.Reset(body)
	_, err = s.Object(countFields, func(int) error {
		if s.Null() {
			return nil
		}
		f, err = filter(&s)
		return err
	})
	if err == nil {
		err = s.End()
	}
	return f, err
}

var valuesFields = []string{"field", "limit", "filter"}

// CountValues reads the body of a count of values, all but the database.
func CountValues(body []byte) (in app.CountValues, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(valuesFields, func(field int) (err error) {
		switch valuesFields[field] {
		case "field":
			var name []byte
			name, err = s.Text()
			in.Field = string(name)
		case "limit":
			if !s.Null() {
				in.Limit, err = positive(&s)
			}
		case "filter":
			if !s.Null() {
				in.Filter, err = filter(&s)
			}
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil && seen&1 == 0 { // required would call it the field field
		err = domain.Errorf(domain.ErrInvalid, "field is missing: it names what to count the values of")
	}
	return in, err
}

var sampleFields = []string{"n", "filter", "include", "encoding"}

// Sample reads the body of a sample, all but the database, and whether embeddings are to be
// sent in base64; an empty one asks for the defaults.
func Sample(body []byte) (in app.Sample, base64 bool, err error) {
	in.Fields = domain.DefaultFields
	if len(body) == 0 {
		return in, false, nil
	}
	var s wire.Scanner
	s.Reset(body)
	_, err = s.Object(sampleFields, func(field int) (err error) {
		if s.Null() {
			return nil
		}
		switch sampleFields[field] {
		case "n":
			in.N, err = positive(&s)
		case "filter":
			in.Filter, err = filter(&s)
		case "include":
			in.Fields, err = include(&s)
		case "encoding":
			base64, err = encoding(&s)
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	return in, base64, err
}
