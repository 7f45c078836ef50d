package memista_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/internal/app/compose"
)

// TestABuildWithoutFullTextSaysHowToGetIt checks the words: who embeds the library has
// neither its Makefile nor its version command.
func TestABuildWithoutFullTextSaysHowToGetIt(t *testing.T) {
	if compose.About().FullText {
		t.Skip("this build has full text")
	}
	db := openFile(t)
	create := func() error {
		_, err := db.Create(t.Context(), "w", &memista.Settings{FullText: memista.Words})
		return err
	}
	search := func() error {
		if _, err := db.Insert(t.Context(), "a", []memista.Chunk{{Text: "cat", Embedding: []float32{1}}}, nil); err != nil {
			t.Fatal(err)
		}
		_, err := db.Search(t.Context(), "a", nil, 1, &memista.SearchOptions{Text: "cat"})
		return err
	}
	for name, call := range map[string]func() error{"Create": create, "Search": search} {
		err := call()
		if !errors.Is(err, memista.ErrUnsupported) {
			t.Errorf("%s = %v; want ErrUnsupported", name, err)
			continue
		}
		for _, word := range []string{"your program", "-tags sqlite_fts5", "CGO_ENABLED=0"} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s = %v; want one that says %s", name, err, word)
			}
		}
		if strings.Contains(err.Error(), "make ") {
			t.Errorf("%s = %v; want nothing about a Makefile", name, err)
		}
	}
}
