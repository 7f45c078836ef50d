package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
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

func TestLimitOfNames(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "m.db"), &sqlite.Options{MaxDatabases: 2})
	put(t, s, "db", plain(1, 2)...)
	r := s.Collections()
	space := func(name string) collection.Space { return collection.Space{Tenant: "one", Database: name} }
	alias := func(do collection.AliasDo, name, to string) error {
		return r.ChangeAliases(ctx, []collection.AliasAction{{Do: do, Alias: name, Database: to, To: to}}, nil, nil)
	}
	if err := errors.Join(
		r.CreateTenant(ctx, "one", nil), r.CreateTenant(ctx, "two", nil), r.CreateSpace(ctx, space("a"), nil), r.CreateSpace(ctx, space("b"), nil),
		alias(collection.CreateAlias, "first", "db"), alias(collection.CreateAlias, "second", "db"),
	); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "CreateTenant of one more", r.CreateTenant(ctx, "three", nil), domain.ErrLimit)
	wantKind(t, "CreateTenant of one that exists", r.CreateTenant(ctx, "two", nil), domain.ErrConflict)
	wantKind(t, "CreateSpace of one more", r.CreateSpace(ctx, space("c"), nil), domain.ErrLimit)
	wantKind(t, "one alias more", alias(collection.CreateAlias, "third", "db"), domain.ErrLimit)
	if err := errors.Join(alias(collection.CreateAlias, "first", "db"), alias(collection.RenameAlias, "first", "third")); err != nil {
		t.Errorf("an alias that moves, and another name for one = %v", err)
	}
	if err := errors.Join(r.DropSpace(ctx, space("a"), nil), r.CreateSpace(ctx, space("c"), nil)); err != nil {
		t.Errorf("CreateSpace after another was dropped = %v", err)
	}
}
