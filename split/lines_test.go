package split_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista/split"
)

func TestJSONLines(t *testing.T) {
	ps, err := split.JSONLines([]byte("{\"text\":\"a\",\"key\":\"k\",\"metadata\":{\"n\":1}}\n\n{\"text\":\"b\",\"other\":1}\n"))
	if err != nil || len(ps) != 2 || ps[0].Key != "k" || ps[0].Metadata != `{"n":1}` || ps[1].Line != 3 {
		t.Errorf("JSONLines = %+v, %v", ps, err)
	}
	for line, want := range map[string]string{
		"{\"text\":\"a\"}\nrubbish":   "line 2: invalid",
		`{"metadata":{}}`:             "line 1: it has no text",
		`{"text":"a","metadata":[1]}`: "line 1: metadata is no object",
		"{\"text\":\"a\",\"key\":\"k\"}\n{\"text\":\"b\",\"key\":\"k\"}": `line 2: the key "k" is that of line 1`,
	} {
		if _, err := split.JSONLines([]byte(line)); !errors.Is(err, split.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("JSONLines(%q) = %v; want %q", line, err, want)
		}
	}
}
