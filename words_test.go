package memista_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/memista/memista"
)

// JSON cannot carry such bytes, so a server over the same file would send something else
// than what was stored.
func TestTextThatIsNotUTF8IsRefused(t *testing.T) {
	db := openFile(t)
	if _, err := db.Insert(t.Context(), "a", []memista.Chunk{{Text: "è", Metadata: memista.Meta(json.RawMessage(`{"è":1}`)), Embedding: []float32{1}}}, nil); err != nil {
		t.Fatal(err)
	}
	const broken = "caf\xe9"
	text := broken
	for name, c := range map[string]memista.Chunk{
		"key":                  {Key: broken},
		"text":                 {Text: broken},
		"metadata":             {Metadata: memista.Meta(json.RawMessage(`{"a":"` + broken + `"}`))},
		"metadata in a string": {Metadata: memista.Meta(json.RawMessage(`"` + broken + `"`))},
	} {
		c.Embedding = []float32{1}
		if _, err := db.Insert(t.Context(), "a", []memista.Chunk{c}, nil); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("Insert with such a %s: %v; want ErrInvalid", name, err)
		}
		if c.Metadata.IsZero() {
			continue
		}
		if _, err := db.Patch(t.Context(), "a", 1, memista.Patch{Metadata: c.Metadata}); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("Patch with such a %s: %v; want ErrInvalid", name, err)
		}
	}
	if _, err := db.Patch(t.Context(), "a", 1, memista.Patch{Text: &text}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Patch with such a text: %v; want ErrInvalid", err)
	}
	if _, err := db.Create(t.Context(), "b", &memista.Settings{Metadata: memista.Meta(json.RawMessage(`{"a":"` + broken + `"}`))}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Create with such metadata: %v; want ErrInvalid", err)
	}
	c, err := db.Get(t.Context(), "a", 1)
	if err != nil || c.Text != "è" || c.Metadata.String() != `{"è":1}` {
		t.Errorf("Get = %q %s, %v; want the chunk as it was", c.Text, c.Metadata, err)
	}
}
