package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/memista/memista/internal/adapters/web/wire"
)

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                     `""`,
		`a"b\c/`:               `"a\"b\\c/"`,
		"\x00\n\r\t\x1f\x7f":   "\"\\u0000\\n\\r\\t\\u001f\x7f\"",
		"é😀":                   `"é😀"`,
		"a\u2028b\u2029c":      `"a\u2028b\u2029c"`,
		"\xffa\xc3":            `"\ufffda\ufffd"`,
		"\ufffd<script>&":      "\"\ufffd<script>&\"",
		"\xed\xa0\x80":         `"\ufffd\ufffd\ufffd"`,
		"long enough text\xf0": `"long enough text\ufffd"`,
	} {
		got := string(wire.AppendString(nil, in))
		if got != want {
			t.Errorf("AppendString(%q) = %s; want %s", in, got, want)
		}
	}
}

func TestAppendJSONReplacesWhatIsNotUTF8(t *testing.T) {
	if got := string(wire.AppendJSON(nil, "{\"a\":\"\xff\"}")); got != "{\"a\":\"\ufffd\"}" {
		t.Errorf("AppendJSON = %s", got)
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\u2028\xff\x00é")
	f.Fuzz(func(t *testing.T, s string) {
		var got, want string
		if err := json.Unmarshal(wire.AppendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(s)
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("AppendString(%q) reads back as %q; want %q", s, got, want)
		}
	})
}
