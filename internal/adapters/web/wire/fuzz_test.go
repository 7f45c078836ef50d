package wire_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/web/wire"
)

// FuzzValue compares with two other readers of JSON: jsontext, which is as strict, says
// what is valid; encoding/json says what it looks like without white space.
func FuzzValue(f *testing.F) {
	for _, s := range []string{
		`{}`, ` [1, 2.5e-3,"a\u00e9\ud83d\ude00",null,true ,false] `, `{"a":{"a":1},"b":[{}]}`, `{"a":1,"\u0061":2}`,
		`"\ud800"`, "\"\xff\"", `01`, `-`, `1e`, `[1,]`, `{"a":1,}`, "\"\x01\"", `nul`, `"12345678\"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var s wire.Scanner
		s.Reset(body)
		got, err := s.Value()
		if err == nil {
			err = s.End()
		}
		if depth(body) > wire.MaxDepth {
			return // jsontext goes deeper
		}
		if valid := jsontext.Value(body).IsValid(); valid != (err == nil) {
			t.Fatalf("Value(%q): %v; jsontext says valid = %v", body, err, valid)
		}
		if err != nil {
			return
		}
		var want bytes.Buffer
		if err := json.Compact(&want, body); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("Value(%q) = %q; want %q", body, got, want.Bytes())
		}
	})
}

// depth is at least the nesting of body.
func depth(body []byte) int {
	return bytes.Count(body, []byte("[")) + bytes.Count(body, []byte("{"))
}

func FuzzText(f *testing.F) {
	f.Add([]byte(`"a\u00e9\ud83d\ude00 \/\b\f\n\r\t\\\""`))
	f.Add([]byte("\"12345678\xc3\xa912345678\""))
	f.Fuzz(func(t *testing.T, body []byte) {
		var s wire.Scanner
		s.Reset(body)
		got, err := s.Text()
		if err != nil || s.End() != nil {
			return // FuzzValue says whether that is right
		}
		var want string
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("Text(%q) = %q; encoding/json: %v", body, got, err)
		}
		if string(got) != want {
			t.Errorf("Text(%q) = %q; want %q", body, got, want)
		}
	})
}

func FuzzFloat(f *testing.F) {
	for _, s := range []string{"1", "-0.5", "16777217", "1e39", "1e-46", "0.12345678901234567", "1.1754943e-38", "00", "1.", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, lit string) {
		if len(lit) == 0 || lit[0] != '-' && (lit[0] < '0' || lit[0] > '9') {
			return // white space around it is fine, but not for strconv
		}
		got, err := readFloat(lit)
		if !json.Valid([]byte(lit)) {
			if err == nil {
				t.Fatalf("Float(%q) = %v; it is not JSON", lit, got)
			}
			return
		}
		if c := lit[len(lit)-1]; c >= '0' && c <= '9' {
			checkFloat(t, lit)
		}
	})
}
