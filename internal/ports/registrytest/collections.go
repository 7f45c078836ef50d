package registrytest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

var errRefused = errors.New("refused")

var collectionRules = []rule{
	{"a collection is found by name, UUID and database, also later", func(s *suite) {
		set := domain.Settings{Dims: 3, Metric: domain.L2}
		told := 0
		col, created, err := s.reg.CreateCollection(s.ctx, wanted("docs"), set, nil, func() { told++ })
		if err != nil || !created || told != 1 {
			s.Fatalf("CreateCollection = %v, %v, told %d times; want it made and told once", created, err, told)
		}
		db, err := s.repo.Find(s.ctx, "docs")
		s.must("Find", err)
		want := wanted("docs")
		want.ID, want.Number, want.UUID = "docs", db.Number, col.UUID
		if diff := cmp.Diff(want, col); diff != "" {
			s.Errorf("CreateCollection (-want +got):\n%s", diff)
		}
		if db.Dims != 3 || db.Metric != domain.L2 || col.UUID == (collection.UUID{}) {
			s.Errorf("database %+v, UUID %v; want 3 dims, l2 and a UUID", db.Settings, col.UUID)
		}
		check := func() {
			s.is("docs", want)
			byUUID, err := s.reg.WithUUID(s.ctx, col.UUID)
			if byUUID != want || err != nil {
				s.Errorf("WithUUID = %+v, %v; want %+v", byUUID, err, want)
			}
			byID, err := s.reg.OfDatabase(s.ctx, "docs")
			if byID != want || err != nil {
				s.Errorf("OfDatabase = %+v, %v; want %+v", byID, err, want)
			}
		}
		check()
		s.reopen()
		check()
	}},
	{"what exists is returned and not changed", func(s *suite) {
		first := s.make("docs")
		again := wanted("docs")
		again.Surface, again.Config = collection.Chroma, "{}"
		got, created, err := s.reg.CreateCollection(s.ctx, again, domain.Settings{Dims: 9}, nil, func() { s.Error("told of a collection that was there") })
		if got != first || created || err != nil {
			s.Errorf("CreateCollection again = %+v, %v, %v; want %+v, false", got, created, err, first)
		}
		s.plain("own")
		got, created, err = s.reg.CreateCollection(s.ctx, wanted("own"), domain.Settings{}, nil, nil)
		if created || err != nil || got.ID != "own" || got.Surface != "" {
			s.Errorf("CreateCollection of a database = %+v, %v, %v; want that database", got, created, err)
		}
	}},
	{"the id of a database is made up where the name cannot be one", func(s *suite) {
		ids := map[string]string{}
		long := strings.Repeat("长", collection.MaxName)
		for i, name := range []string{"docs", "Docs", "DOCS", "my docs", "my-docs", ".hidden", "日本", "日-本", long, strings.Repeat("a", 128), strings.Repeat("a", 129), "a/b", `"`} {
			col := s.make(name)
			if err := domain.CheckID(col.ID); err != nil {
				s.Errorf("id of %q: %v", name, err)
			}
			for other, id := range ids {
				if strings.EqualFold(id, col.ID) {
					s.Errorf("%q and %q have the ids %q and %q", name, other, col.ID, id)
				}
			}
			ids[name] = col.ID
			if own := i == 0 || name == "my-docs" || len(name) == 128; own != (col.ID == name) {
				s.Errorf("id of %q is %q; want its name: %v", name, col.ID, own)
			}
			s.is(name, col)
		}
		if !strings.HasPrefix(ids["my docs"], "q.my-docs-") {
			s.Errorf("id of %q is %q; want it to begin with q.my-docs-", "my docs", ids["my docs"])
		}
		s.gone("q.my-docs")
		s.gone("dOcs")
	}},
	{"a name that has been made up before is free to be a name", func(s *suite) {
		first := s.make("my docs")
		second := s.make(first.ID)
		if second.ID == first.ID || second.Number == first.Number {
			s.Errorf("the collection %q has the database %q of %q", second.Name, second.ID, first.Name)
		}
		s.is("my docs", first)
		s.is(first.ID, second)
	}},
	{"names that no collection can have are refused", func(s *suite) {
		for _, name := range []string{"", "a\x00b", "a\nb", "\x7f", "\xff", strings.Repeat("x", collection.MaxName+1)} {
			_, _, err := s.reg.CreateCollection(s.ctx, wanted(name), domain.Settings{}, nil, nil)
			s.kind(fmt.Sprintf("CreateCollection(%.10q)", name), err, domain.ErrInvalid)
		}
		bad := wanted("x")
		bad.Config = "[]"
		_, _, err := s.reg.CreateCollection(s.ctx, bad, domain.Settings{}, nil, nil)
		s.kind("CreateCollection with a bad configuration", err, domain.ErrInvalid)
		s.listed(collection.DefaultSpace)
	}},
	{"a check in the transaction refuses the whole", func(s *suite) {
		asked := ""
		refuse := func(id string) error { asked = id; return errRefused }
		_, _, err := s.reg.CreateCollection(s.ctx, wanted("docs"), domain.Settings{}, refuse, nil)
		s.kind("CreateCollection that is refused", err, errRefused)
		s.gone("docs")
		if asked != "docs" {
			s.Errorf("asked about %q; want docs", asked)
		}
		col := s.make("docs")
		_, _, err = s.reg.CreateCollection(s.ctx, wanted("docs"), domain.Settings{}, refuse, nil)
		s.kind("CreateCollection of what exists, refused", err, errRefused)
		s.kind("DropCollection that is refused", s.reg.DropCollection(s.ctx, collection.DefaultName("docs"), refuse, nil), errRefused)
		s.is("docs", col)
	}},
	{"a database without a row is found under its id, with a UUID of its life", func(s *suite) {
		db := s.plain("own")
		want := collection.Of(db)
		s.is("own", want)
		byUUID, err := s.reg.WithUUID(s.ctx, want.UUID)
		if byUUID != want || err != nil {
			s.Errorf("WithUUID = %+v, %v; want %+v", byUUID, err, want)
		}
		s.must("Drop", s.repo.Drop(s.ctx, "own", nil))
		s.gone("own")
		_, err = s.reg.WithUUID(s.ctx, want.UUID)
		s.kind("WithUUID after a drop", err, domain.ErrNotFound)
		if again := collection.Of(s.plain("own")); again.UUID == want.UUID {
			s.Errorf("two lives have the UUID %v", want.UUID)
		}
		s.gone("OWN")
		_, err = s.reg.OfDatabase(s.ctx, "OWN")
		s.kind("OfDatabase in other case", err, domain.ErrNotFound)
	}},
	{"dropping the database by any door takes the row and the aliases", func(s *suite) {
		for _, drop := range []func() error{
			func() error { return s.repo.Drop(s.ctx, "docs", nil) },
			func() error { return s.reg.DropCollection(s.ctx, collection.DefaultName("docs"), nil, nil) },
		} {
			col := s.make("docs")
			s.alias("current", "docs")
			s.must("drop", drop())
			s.gone("docs")
			s.gone("current")
			_, err := s.reg.WithUUID(s.ctx, col.UUID)
			s.kind("WithUUID after a drop", err, domain.ErrNotFound)
			_, err = s.repo.Find(s.ctx, "docs")
			s.kind("Find after a drop", err, domain.ErrNotFound)
			if list, err := s.reg.AllAliases(s.ctx); len(list) > 0 || err != nil {
				s.Errorf("AllAliases = %v, %v; want none", list, err)
			}
			s.plain("current")
			s.must("Drop", s.repo.Drop(s.ctx, "current", nil))
		}
	}},
	{"a drop says what was dropped, and does not go by aliases", func(s *suite) {
		col := s.make("my docs")
		s.alias("current", "my docs")
		s.kind("DropCollection of an alias", s.reg.DropCollection(s.ctx, collection.DefaultName("current"), nil, nil), domain.ErrNotFound)
		var told []int64
		s.must("DropCollection", s.reg.DropCollection(s.ctx, collection.DefaultName("my docs"), nil, func(db domain.Database) { told = append(told, db.Number) }))
		if len(told) != 1 || told[0] != col.Number {
			s.Errorf("told of %v; want number %d once", told, col.Number)
		}
		s.names("DropCollection again", s.reg.DropCollection(s.ctx, collection.DefaultName("my docs"), nil, nil), domain.ErrNotFound, collection.ACollection, "my docs")
	}},
	{"a space lists its collections in the order of their making", func(s *suite) {
		s.plain("z")
		s.make("my docs")
		other := s.space("t", "d")
		in := wanted("z")
		in.Space = other
		s.makeIn(in)
		s.plain("a")
		list := s.listed(collection.DefaultSpace, "z", "my docs", "a")
		s.listed(other, "z")
		s.listed(collection.Space{Tenant: "no", Database: "where"})
		if d := list[1]; d.Config != `{"a":1}` || d.State.ID != d.ID || d.State.Metric == "" {
			s.Errorf("listed %+v; want its configuration and database", d)
		}
		s.must("Write", s.write("z", domain.Chunk{Embedding: []float32{1}, ExpiresAt: time.Unix(100, 0)}, domain.Chunk{Embedding: []float32{2}}))
		for at, want := range map[int64]int64{99: 2, 100: 1} {
			list, err := s.reg.InSpace(s.ctx, collection.DefaultSpace, time.Unix(at, 0))
			if err != nil || list[0].State.Chunks != want {
				s.Errorf("at %d s: %d chunks, %v; want %d", at, list[0].State.Chunks, err, want)
			}
		}
	}},
	{"memista's own door makes no database whose name is taken", func(s *suite) {
		col := s.make("docs")
		s.change(col, func(c *collection.Collection) { c.Name = "papers" })
		_, _, err := s.repo.Create(s.ctx, "papers", domain.Settings{}, nil)
		s.kind("Create of the name of another", err, domain.ErrConflict)
		s.kind("Write to it", s.write("papers", domain.Chunk{Embedding: []float32{1}}), domain.ErrConflict)
		s.alias("current", "papers")
		_, _, err = s.repo.Create(s.ctx, "current", domain.Settings{}, nil)
		s.kind("Create of an alias", err, domain.ErrConflict)
		s.kind("Write to an alias", s.write("current", domain.Chunk{Embedding: []float32{1}}), domain.ErrConflict)
		s.listed(collection.DefaultSpace, "papers")
	}},
}

// write inserts chunks into database id, which it may make.
func (s *suite) write(id string, chunks ...domain.Chunk) error {
	_, err := s.repo.Write(s.ctx, domain.Batch{Database: id, Create: &domain.Settings{}, Put: chunks}, nil)
	return err
}
