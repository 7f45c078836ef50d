package domain_test

import (
	"testing"

	"github.com/memista/memista/internal/domain"
)

func object(t *testing.T, text string) domain.Metadata {
	t.Helper()
	m, err := domain.MetadataObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMergeOfObjects(t *testing.T) {
	for _, c := range []struct{ target, patch, want string }{
		// The test cases of RFC 7396, appendix A, whose target and patch are objects.
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		// Ours.
		{`{"a":1,"b":2,"c":3}`, `{"b":null,"a":4,"d":5}`, `{"a":4,"c":3,"d":5}`},
		{`{"n":123456789012345678901234567890,"f":2.50}`, `{}`, `{"n":123456789012345678901234567890,"f":2.50}`},
		{`{"n":1}`, `{"n":12345678901234567890.10}`, `{"n":12345678901234567890.10}`},
		{`{"a":{"b":1,"c":{"d":2}}}`, `{"a":{"c":{"d":null,"e":[null]}}}`, `{"a":{"b":1,"c":{"e":[null]}}}`},
		{`{"<&>\u2028\"\\":1}`, `{"é":"<&>"}`, `{"<&>\u2028\"\\":1,"é":"<&>"}`},
		{`{"a":null}`, `{"a":{"b":null}}`, `{"a":{}}`},
		{`{"a":1}`, `{"a":null}`, `{}`},
		{`{"\u0061":1}`, `{"a":2}`, `{"a":2}`},
	} {
		got, err := object(t, c.target).Merge(object(t, c.patch))
		if want := (domain.Metadata{Form: domain.ObjectMetadata, Text: c.want}); err != nil || got != want {
			t.Errorf("%s merged with %s = %+v, %v; want %+v", c.target, c.patch, got, err, want)
		}
	}
}

func TestMergeOfOtherForms(t *testing.T) {
	text, patch := domain.MetadataString, object(t, `{"b":{"c":null}}`)
	for name, c := range map[string]struct{ target, patch, want domain.Metadata }{
		"null replaces":                         {object(t, `{"a":1}`), domain.Metadata{}, domain.Metadata{}},
		"a string replaces":                     {object(t, `{"a":1}`), text(`{"b":2}`), text(`{"b":2}`)},
		"an object takes the place of null":     {domain.Metadata{}, patch, object(t, `{"b":{}}`)},
		"an object takes the place of a string": {text("plain"), patch, object(t, `{"b":{}}`)},
		"a string with an object stays one":     {text(` {"a": 1, "a": 2} `), patch, text(`{"a":2,"b":{}}`)},
		"a string with an array has no fields":  {text(`[1]`), patch, object(t, `{"b":{}}`)},
	} {
		if got, err := c.target.Merge(c.patch); err != nil || got != c.want {
			t.Errorf("%s: %+v merged with %+v = %+v, %v; want %+v", name, c.target, c.patch, got, err, c.want)
		}
	}
}
