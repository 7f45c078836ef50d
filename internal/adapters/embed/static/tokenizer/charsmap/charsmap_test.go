package charsmap_test

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/charsmap"
	"github.com/memista/memista/internal/domain"
)

// table returns a table in base64: the units of a double array, and texts.
func table(units []uint32, texts string) string {
	raw := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		raw = binary.LittleEndian.AppendUint32(raw, u)
	}
	return base64.StdEncoding.EncodeToString(append(raw, texts...))
}

// oneLetter is a table that makes "yes" of 'a': the root's children are at 1 ^ label, the
// value of 'a' is at 2.
func oneLetter() []uint32 {
	units := make([]uint32, 256)
	units[0] = 1 << 10
	units[1^'a'] = 'a' | 1<<8 | (1^'a'^2)<<10
	units[2] = 1<<31 | 3
	return units
}

func TestAppend(t *testing.T) {
	m, err := charsmap.New(table(oneLetter(), "no\x00yes\x00"))
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"":                    "",
		"bab":                 "byesb",
		"aa":                  "yesyes",
		"a\u0301b":            "yesb",                  // a cluster is replaced whole
		"a\u0301\u0301\u0301": "yes\u0301\u0301\u0301", // unless it is long
		"\r\na漢":              "\r\nyes漢",
	} {
		if got := string(m.Append(nil, []byte(in), 1<<20)); got != want {
			t.Errorf("Append(%q) = %q; want %q", in, got, want)
		}
	}
	t.Run("it stops at the limit", func(t *testing.T) {
		if got := m.Append(nil, []byte("aaaaaaaa"), 5); len(got) != 6 {
			t.Errorf("Append up to 5 = %q", got)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no base64":               "%",
		"no length":               base64.StdEncoding.EncodeToString([]byte{1, 2}),
		"no trie":                 base64.StdEncoding.EncodeToString([]byte{0, 0, 0, 0}),
		"a length that lies":      base64.StdEncoding.EncodeToString([]byte{8, 0, 0, 0, 1, 2, 3, 4}),
		"a part of a unit":        base64.StdEncoding.EncodeToString([]byte{3, 0, 0, 0, 1, 2, 3}),
		"texts that are no UTF-8": table([]uint32{0}, "\xff"),
	} {
		if _, err := charsmap.New(text); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("%s: New = %v; want ErrCorrupt", name, err)
		}
	}
}

func FuzzAppend(f *testing.F) {
	raw, err := base64.StdEncoding.DecodeString(table(oneLetter(), "no\x00yes\x00é\x00"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, "bab a\u0301 漢")
	f.Add(raw[:100], "aé")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		m, err := charsmap.New(base64.StdEncoding.EncodeToString(raw))
		if err != nil || !utf8.ValidString(text) {
			return
		}
		if got := m.Append(nil, []byte(text), 1<<16); !utf8.Valid(got) {
			t.Fatalf("Append(%q) = %q, which is no UTF-8", text, got)
		}
	})
}
