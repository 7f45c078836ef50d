// Package registrytest checks what every ports.Collections promises.
package registrytest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

// Repository is a ChunkRepository with Collections.
type Repository interface {
	ports.ChunkRepository
	ports.CollectionKeeper
}

// Config says how to get the repositories under test.
type Config struct {
	// Open returns a new, empty repository. The suite closes it.
	Open func(tb testing.TB) Repository
	// Reopen closes r and returns a repository with the same data. With nil the rules about
	// what lasts are skipped.
	Reopen func(tb testing.TB, r Repository) Repository
}

// Run checks every rule in a sub-test of its own.
func Run(t *testing.T, c Config) {
	for _, r := range slices.Concat(collectionRules, changeRules, spaceRules, aliasRules) {
		t.Run(r.name, func(t *testing.T) {
			s := &suite{TB: t, config: c, ctx: context.Background()}
			s.use(c.Open(t))
			defer func() {
				if err := s.repo.Close(); err != nil {
					t.Errorf("Close() = %v; want nil", err)
				}
			}()
			r.check(s)
		})
	}
}

// rule is one promise, named in words.
type rule struct {
	name  string
	check func(*suite)
}

// suite is what a rule works with.
type suite struct {
	testing.TB
	config Config
	ctx    context.Context
	repo   Repository
	reg    ports.Collections
}

func (s *suite) use(r Repository) { s.repo, s.reg = r, r.Collections() }

// reopen goes on with the same data, or skips the rule.
func (s *suite) reopen() {
	if s.config.Reopen == nil {
		s.Skip("nothing lasts here")
	}
	s.use(s.config.Reopen(s.TB, s.repo))
}

func (s *suite) kind(call string, err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("%s = %v; want %v", call, err, want)
	}
}

// names checks which name an error is about.
func (s *suite) names(call string, err, kind error, what collection.Kind, name string) {
	s.Helper()
	s.kind(call, err, kind)
	e, ok := errors.AsType[*collection.NameError](err)
	if !ok || e.What != what || e.Name != name {
		s.Errorf("%s = %v, of the name %+v; want that of the %s %q", call, err, e, what, name)
	}
}

func (s *suite) must(call string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s = %v; want nil", call, err)
	}
}

// wanted is a collection of Qdrant with a name in the default space.
func wanted(name string) collection.Collection {
	return collection.Collection{Space: collection.DefaultSpace, Name: name, Surface: collection.Qdrant, Keys: collection.PointKeys, Config: `{"a":1}`}
}

// make makes a collection of Qdrant in the default space.
func (s *suite) make(name string) collection.Collection {
	s.Helper()
	return s.makeIn(wanted(name))
}

func (s *suite) makeIn(want collection.Collection) collection.Collection {
	s.Helper()
	col, created, err := s.reg.CreateCollection(s.ctx, want, domain.Settings{}, nil, nil)
	if err != nil || !created {
		s.Fatalf("CreateCollection(%q) = %v, %v; want it made", want.Name, created, err)
	}
	return col
}

// plain makes a database without a row.
func (s *suite) plain(id string) domain.Database {
	s.Helper()
	db, _, err := s.repo.Create(s.ctx, id, domain.Settings{}, nil)
	s.must("Create("+id+")", err)
	return db
}

// is checks that name leads to want.
func (s *suite) is(name string, want collection.Collection) {
	s.Helper()
	got, err := s.reg.Named(s.ctx, collection.DefaultName(name))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		s.Errorf("Named(%q): %v (-want +got):\n%s", name, err, diff)
	}
}

// gone checks that name leads nowhere.
func (s *suite) gone(name string) {
	s.Helper()
	_, err := s.reg.Named(s.ctx, collection.DefaultName(name))
	s.names("Named("+name+")", err, domain.ErrNotFound, collection.ACollection, name)
}

// listed checks which collections are in a space, by name.
func (s *suite) listed(space collection.Space, want ...string) []collection.Described {
	s.Helper()
	list, err := s.reg.InSpace(s.ctx, space, time.Now())
	s.must("InSpace", err)
	got := make([]string, len(list))
	for i, d := range list {
		got[i] = d.Name
	}
	if !slices.Equal(got, want) {
		s.Errorf("InSpace(%v) = %q; want %q", space, got, want)
	}
	return list
}
