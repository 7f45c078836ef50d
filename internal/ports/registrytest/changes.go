package registrytest

import (
	"fmt"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// change changes col, which must be possible.
func (s *suite) change(col collection.Collection, how func(*collection.Collection)) collection.Collection {
	s.Helper()
	got, err := s.tryChange(col, how)
	s.must("ChangeCollection("+col.Name+")", err)
	return got
}

func (s *suite) tryChange(col collection.Collection, how func(*collection.Collection)) (collection.Collection, error) {
	return s.reg.ChangeCollection(s.ctx, col.Number, func(c *collection.Collection) error {
		how(c)
		return nil
	}, nil)
}

func rename(to string) func(*collection.Collection) {
	return func(c *collection.Collection) { c.Name = to }
}

var changeRules = []rule{
	{"a change keeps the database and the UUID, and lasts", func(s *suite) {
		col := s.make("docs")
		want := col
		want.Name, want.Config, want.Surface, want.Keys = "my papers", `{"b":2}`, collection.Chroma, collection.RawKeys
		got := s.change(col, func(c *collection.Collection) {
			if diff := cmp.Diff(col, *c); diff != "" {
				s.Errorf("change got (-want +got):\n%s", diff)
			}
			*c = want
			c.ID, c.Number, c.UUID, c.Tenant = "other", 99, collection.UUID{1}, "other"
		})
		if diff := cmp.Diff(want, got); diff != "" {
			s.Errorf("ChangeCollection (-want +got):\n%s", diff)
		}
		s.is("my papers", want)
		s.gone("docs")
		s.reopen()
		s.is("my papers", want)
	}},
	{"a database without a row gets one and keeps its UUID", func(s *suite) {
		want := collection.Of(s.plain("own"))
		want.Surface, want.Config = collection.Chroma, `{"x":1}`
		got := s.change(want, func(c *collection.Collection) { c.Surface, c.Config = collection.Chroma, `{"x":1}` })
		if diff := cmp.Diff(want, got); diff != "" {
			s.Errorf("ChangeCollection (-want +got):\n%s", diff)
		}
		s.is("own", want)
		s.listed(collection.DefaultSpace, "own")
	}},
	{"a name that is taken is refused", func(s *suite) {
		col := s.make("docs")
		s.make("papers")
		s.plain("own")
		s.alias("current", "papers")
		for _, to := range []string{"papers", "own"} {
			_, err := s.tryChange(col, rename(to))
			s.names("rename to "+to, err, domain.ErrConflict, collection.ACollection, to)
		}
		_, err := s.tryChange(col, rename("current"))
		s.names("rename to an alias", err, domain.ErrConflict, collection.AnAlias, "current")
		_, err = s.tryChange(col, rename(""))
		s.kind("rename to nothing", err, domain.ErrInvalid)
		s.is("docs", col)
	}},
	{"a change that is refused leaves all, and is not told", func(s *suite) {
		col := s.make("docs")
		_, err := s.reg.ChangeCollection(s.ctx, col.Number, func(c *collection.Collection) error {
			c.Name = "other"
			return errRefused
		}, func() { s.Error("told of a change that was refused") })
		s.kind("ChangeCollection", err, errRefused)
		s.is("docs", col)
		_, err = s.reg.ChangeCollection(s.ctx, col.Number+100, func(*collection.Collection) error { return nil }, nil)
		s.kind("ChangeCollection of none", err, domain.ErrNotFound)
	}},
	{"a name that was given up is free, and its database keeps its id", func(s *suite) {
		first := s.change(s.make("docs"), rename("old docs"))
		second := s.make("docs")
		if second.ID == "docs" || second.Number == first.Number {
			s.Errorf("the new collection has the database %q of the old one", second.ID)
		}
		s.is("docs", second)
		s.is("old docs", first)
		byID, err := s.reg.OfDatabase(s.ctx, "docs")
		if byID != first || err != nil {
			s.Errorf("OfDatabase(docs) = %+v, %v; want %+v", byID, err, first)
		}
	}},
	{"of many that make one name at once one makes it", func(s *suite) {
		var wg sync.WaitGroup
		made := make([]bool, 8)
		cols := make([]collection.Collection, len(made))
		for i := range made {
			wg.Go(func() {
				var err error
				cols[i], made[i], err = s.reg.CreateCollection(s.ctx, wanted("a name"), domain.Settings{}, nil, nil)
				if err != nil {
					s.Errorf("CreateCollection = %v", err)
				}
			})
		}
		wg.Wait()
		n := 0
		for i := range made {
			if made[i] {
				n++
			}
			if cols[i] != cols[0] {
				s.Errorf("two of them: %+v and %+v", cols[i], cols[0])
			}
		}
		if n != 1 {
			s.Errorf("%d of 8 made it; want 1", n)
		}
	}},
}

// space makes a tenant and a database of it.
func (s *suite) space(tenant, database string) collection.Space {
	s.Helper()
	s.must("CreateTenant", s.reg.CreateTenant(s.ctx, tenant, nil))
	space := collection.Space{Tenant: tenant, Database: database}
	s.must("CreateSpace", s.reg.CreateSpace(s.ctx, space, nil))
	return space
}

var spaceRules = []rule{
	{"the default tenant and database are always there", func(s *suite) {
		list, err := s.reg.TenantSpaces(s.ctx, collection.DefaultTenant)
		want := []collection.Space{collection.DefaultSpace}
		if diff := cmp.Diff(want, list); err != nil || diff != "" {
			s.Errorf("TenantSpaces: %v (-want +got):\n%s", err, diff)
		}
		s.names("CreateTenant", s.reg.CreateTenant(s.ctx, collection.DefaultTenant, nil), domain.ErrConflict, collection.ATenant, collection.DefaultTenant)
		s.names("CreateSpace", s.reg.CreateSpace(s.ctx, want[0], nil), domain.ErrConflict, collection.ASpace, collection.DefaultDatabase)
		s.kind("DropSpace", s.reg.DropSpace(s.ctx, collection.DefaultSpace, nil), domain.ErrConflict)
	}},
	{"tenants and databases are made once and last", func(s *suite) {
		space := s.space("t", "d")
		s.must("CreateSpace", s.reg.CreateSpace(s.ctx, collection.Space{Tenant: collection.DefaultTenant, Database: "a"}, nil))
		s.names("CreateTenant again", s.reg.CreateTenant(s.ctx, "t", nil), domain.ErrConflict, collection.ATenant, "t")
		s.names("CreateSpace again", s.reg.CreateSpace(s.ctx, space, nil), domain.ErrConflict, collection.ASpace, "d")
		s.names("CreateSpace of no tenant", s.reg.CreateSpace(s.ctx, collection.Space{Tenant: "x", Database: "d"}, nil), domain.ErrNotFound, collection.ATenant, "x")
		_, err := s.reg.TenantSpaces(s.ctx, "x")
		s.names("TenantSpaces", err, domain.ErrNotFound, collection.ATenant, "x")
		s.kind("CreateTenant without a name", s.reg.CreateTenant(s.ctx, "", nil), domain.ErrInvalid)
		s.reopen()
		list, err := s.reg.TenantSpaces(s.ctx, "t")
		if diff := cmp.Diff([]collection.Space{space}, list); err != nil || diff != "" {
			s.Errorf("TenantSpaces: %v (-want +got):\n%s", err, diff)
		}
		list, err = s.reg.TenantSpaces(s.ctx, collection.DefaultTenant)
		if err != nil || len(list) != 2 || list[0].Database != "a" || list[1] != collection.DefaultSpace {
			s.Errorf("TenantSpaces of the default tenant = %v, %v; want a and the default one", list, err)
		}
	}},
	{"a collection needs its space, which stays while it is there", func(s *suite) {
		in := wanted("docs")
		in.Space = collection.Space{Tenant: "t", Database: "d"}
		_, _, err := s.reg.CreateCollection(s.ctx, in, domain.Settings{}, nil, nil)
		s.names("CreateCollection in no tenant", err, domain.ErrNotFound, collection.ATenant, "t")
		space := s.space("t", "d")
		in.Database = "other"
		_, _, err = s.reg.CreateCollection(s.ctx, in, domain.Settings{}, nil, nil)
		s.names("CreateCollection in no database", err, domain.ErrNotFound, collection.ASpace, "other")
		in.Space = space
		col := s.makeIn(in)
		if col.ID == "docs" {
			s.Errorf("a collection outside the default space has the id %q", col.ID)
		}
		s.gone("docs")
		s.make("docs") // the same name elsewhere
		s.names("DropSpace", s.reg.DropSpace(s.ctx, space, nil), domain.ErrConflict, collection.ASpace, "d")
		s.must("DropCollection", s.reg.DropCollection(s.ctx, in.FullName(), nil, nil))
		s.must("DropSpace", s.reg.DropSpace(s.ctx, space, nil))
		s.names("DropSpace again", s.reg.DropSpace(s.ctx, space, nil), domain.ErrNotFound, collection.ASpace, "d")
	}},
}

// alias makes an alias for a collection.
func (s *suite) alias(alias, name string) {
	s.Helper()
	s.must("alias "+alias, s.aliases(collection.AliasAction{Do: collection.CreateAlias, Alias: alias, Collection: name}))
}

func (s *suite) aliases(actions ...collection.AliasAction) error {
	return s.reg.ChangeAliases(s.ctx, actions, nil, nil)
}

// aliasList checks which aliases there are, as "alias=name".
func (s *suite) aliasList(want ...string) {
	s.Helper()
	list, err := s.reg.AllAliases(s.ctx)
	s.must("AllAliases", err)
	got := []string{}
	for _, a := range list {
		got = append(got, fmt.Sprintf("%s=%s(%s)", a.Alias, a.Collection, a.ID))
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		s.Errorf("aliases (-want +got):\n%s", diff)
	}
}

var aliasRules = []rule{
	{"an alias leads to its collection, moves, is renamed and deleted, and lasts", func(s *suite) {
		a, b := s.make("a"), s.make("b")
		s.alias("now", "a")
		a.Alias = "now"
		s.is("now", a)
		s.must("move", s.aliases(collection.AliasAction{Do: collection.CreateAlias, Alias: "now", Database: "b"}))
		b.Alias = "now"
		s.is("now", b)
		s.must("rename", s.aliases(collection.AliasAction{Do: collection.RenameAlias, Alias: "now", To: "Ж 1"}))
		s.gone("now")
		b.Alias = "Ж 1"
		s.is("Ж 1", b)
		s.aliasList("Ж 1=b(b)")
		s.must("delete", s.aliases(collection.AliasAction{Do: collection.DeleteAlias, Alias: "never"}))
		s.alias("x", "a")
		s.must("rename onto another", s.aliases(collection.AliasAction{Do: collection.RenameAlias, Alias: "Ж 1", To: "x"}))
		s.aliasList("x=b(b)")
		s.reopen()
		s.aliasList("x=b(b)")
		s.must("delete", s.aliases(collection.AliasAction{Do: collection.DeleteAlias, Alias: "x"}))
		s.aliasList()
	}},
	{"a list of actions is done whole or not at all", func(s *suite) {
		s.make("a")
		s.make("b")
		s.alias("now", "a")
		told := 0
		err := s.reg.ChangeAliases(s.ctx, []collection.AliasAction{
			{Do: collection.CreateAlias, Alias: "now", Collection: "b"},
			{Do: collection.CreateAlias, Alias: "then", Collection: "a"},
			{Do: collection.RenameAlias, Alias: "missing", To: "x"},
		}, nil, func() { told++ })
		s.names("ChangeAliases", err, domain.ErrNotFound, collection.AnAlias, "missing")
		s.aliasList("now=a(a)")
		s.must("ChangeAliases", s.reg.ChangeAliases(s.ctx, []collection.AliasAction{
			{Do: collection.CreateAlias, Alias: "now", Collection: "b"},
			{Do: collection.RenameAlias, Alias: "now", To: "then"},
			{Do: collection.CreateAlias, Alias: "now", Collection: "a"},
		}, nil, func() { told++ }))
		s.aliasList("now=a(a)", "then=b(b)")
		if told != 1 {
			s.Errorf("told %d times; want once", told)
		}
	}},
	{"an alias needs a collection, and a name that is free", func(s *suite) {
		col := s.make("my docs")
		s.plain("own")
		create := func(alias, name, id string) error {
			return s.aliases(collection.AliasAction{Do: collection.CreateAlias, Alias: alias, Collection: name, Database: id})
		}
		s.names("for none", create("x", "none", ""), domain.ErrNotFound, collection.ACollection, "none")
		s.kind("for no database", create("x", "", "none"), domain.ErrNotFound)
		s.alias("now", "my docs")
		s.names("for an alias", create("x", "now", ""), domain.ErrNotFound, collection.ACollection, "now")
		for _, taken := range []string{"my docs", "own", col.ID} {
			s.names("named "+taken, create(taken, "own", ""), domain.ErrConflict, collection.ACollection, taken)
			s.names("renamed "+taken, s.aliases(collection.AliasAction{Do: collection.RenameAlias, Alias: "now", To: taken}), domain.ErrConflict, collection.ACollection, taken)
		}
		_, _, err := s.reg.CreateCollection(s.ctx, wanted("now"), domain.Settings{}, nil, nil)
		s.names("a collection named as an alias", err, domain.ErrConflict, collection.AnAlias, "now")
		for _, bad := range []collection.AliasAction{
			{}, {Do: "drop", Alias: "x"}, {Do: collection.CreateAlias, Alias: "x"}, {Do: collection.CreateAlias, Collection: "own"},
			{Do: collection.CreateAlias, Alias: "x", Collection: "own", Database: "own"}, {Do: collection.RenameAlias, Alias: "now"},
		} {
			s.kind(fmt.Sprintf("%+v", bad), s.aliases(bad), domain.ErrInvalid)
		}
		s.aliasList("now=my docs(" + col.ID + ")")
	}},
	{"a check in the transaction is asked for the databases", func(s *suite) {
		s.make("my docs")
		var asked []string
		err := s.reg.ChangeAliases(s.ctx, []collection.AliasAction{{Do: collection.CreateAlias, Alias: "x", Collection: "my docs"}}, func(id string) error {
			asked = append(asked, id)
			return errRefused
		}, nil)
		s.kind("ChangeAliases", err, errRefused)
		col, err := s.reg.Named(s.ctx, collection.DefaultName("my docs"))
		if err != nil || len(asked) != 1 || asked[0] != col.ID {
			s.Errorf("asked for %q, %v; want %q", asked, err, col.ID)
		}
		s.aliasList()
	}},
}
