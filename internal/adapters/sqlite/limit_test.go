package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

func TestMostDatabases(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"), &sqlite.Options{MaxDatabases: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(id string) error {
		_, err := s.Write(t.Context(), domain.Batch{Database: id, Create: &domain.Settings{}, Put: []domain.Chunk{{Embedding: []float32{1}}}}, nil)
		return err
	}
	create := func(id string) error {
		_, _, err := s.Create(t.Context(), id, domain.Settings{}, nil)
		return err
	}
	if err := errors.Join(put("a"), create("b")); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"insert": put("c"), "create": create("c")} {
		if !errors.Is(err, domain.ErrLimit) {
			t.Errorf("%s of a third database = %v; want ErrLimit", name, err)
		}
	}
	if err := errors.Join(put("a"), create("b")); err != nil {
		t.Errorf("those that exist: %v", err)
	}
	if err := errors.Join(s.Drop(t.Context(), "a", nil), put("c")); err != nil {
		t.Errorf("after a drop: %v", err)
	}
}
