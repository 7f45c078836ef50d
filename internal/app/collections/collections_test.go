package collections_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

// counting counts what is asked of the registry of a store.
type counting struct {
	*sqlite.Store
	asked *atomic.Int64
}

func (c counting) Collections() ports.Collections {
	return countingRegistry{c.Store.Collections(), c.asked}
}

type countingRegistry struct {
	ports.Collections
	asked *atomic.Int64
}

func (c countingRegistry) Named(ctx context.Context, n collection.Name) (collection.Collection, error) {
	c.asked.Add(1)
	return c.Collections.Named(ctx, n)
}

func (c countingRegistry) WithUUID(ctx context.Context, u collection.UUID) (collection.Collection, error) {
	c.asked.Add(1)
	return c.Collections.WithUUID(ctx, u)
}

func (c countingRegistry) OfDatabase(ctx context.Context, id string) (collection.Collection, error) {
	c.asked.Add(1)
	return c.Collections.OfDatabase(ctx, id)
}

func (c countingRegistry) TenantSpaces(ctx context.Context, tenant string) ([]collection.Space, error) {
	c.asked.Add(1)
	return c.Collections.TenantSpaces(ctx, tenant)
}

func (c countingRegistry) AllAliases(ctx context.Context) ([]collection.Alias, error) {
	c.asked.Add(1)
	return c.Collections.AllAliases(ctx)
}

// open returns a service over a new file, its collections, and how often the registry was
// read.
func open(t testing.TB) (*app.Service, *collections.Collections, *atomic.Int64) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := new(atomic.Int64)
	svc, err := app.New(app.Config{Repository: counting{store, asked}, Flat: flat.Engine{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return svc, svc.Collections(), asked
}

func named(name string) collections.New {
	return collections.New{Name: collection.DefaultName(name), Surface: collection.Qdrant, Keys: collection.PointKeys, Config: "{}"}
}

func create(t testing.TB, c *collections.Collections, in collections.New) collection.Collection {
	t.Helper()
	col, created, err := c.Create(t.Context(), in)
	if err != nil || !created {
		t.Fatalf("Create(%q) = %v, %v; want it made", in.Name.Name, created, err)
	}
	return col
}

func alias(t testing.TB, c *collections.Collections, name, database string) {
	t.Helper()
	if err := c.ChangeAliases(t.Context(), []collection.AliasAction{{Do: collection.CreateAlias, Alias: name, Database: database}}, nil); err != nil {
		t.Fatal(err)
	}
}

// inserted stores a chunk with that text in a database, or says why not.
func inserted(ctx context.Context, svc *app.Service, database, text string) error {
	_, err := svc.Insert(ctx, app.Insert{Database: database, Chunks: []domain.Chunk{{Text: text, Embedding: []float32{1, 2}}}})
	return err
}

func TestWhatIsKnownIsNotReadAgain(t *testing.T) {
	svc, c, asked := open(t)
	col := create(t, c, named("my docs"))
	if err := c.CreateTenant(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	alias(t, c, "now", col.ID)
	look := func() {
		t.Helper()
		byName, err1 := c.Find(t.Context(), collection.DefaultName("my docs"))
		byUUID, err2 := c.FindUUID(t.Context(), col.UUID)
		byID, err3 := c.FindID(t.Context(), col.ID)
		byAlias, err4 := c.Find(t.Context(), collection.DefaultName("now"))
		_, err5 := c.Spaces(t.Context(), "t")
		id, err6 := c.Database(t.Context(), "now")
		if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
			t.Fatal(err)
		}
		want := col
		want.Alias = "now"
		if byName != col || byUUID != col || byID != col || byAlias != want || id != col.ID {
			t.Fatalf("found %+v, %+v, %+v, %+v, %q; want %+v", byName, byUUID, byID, byAlias, id, col)
		}
	}
	look()
	before := asked.Load()
	for range 100 {
		look()
	}
	if n := asked.Load() - before; n != 0 {
		t.Errorf("the registry was read %d times for what is known; want 0", n)
	}
	for what, change := range map[string]func() error{
		"a new configuration": func() (err error) {
			col, err = c.Update(t.Context(), col, collections.Update{Config: func(old string) (string, error) {
				return strings.Replace(old, "{", `{"a":1`, 1), nil
			}})
			return err
		},
		"a collection more": func() error { _, _, err := c.Create(t.Context(), named("other")); return err },
	} {
		before := asked.Load()
		if err := change(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		look()
		if asked.Load() == before {
			t.Errorf("after %s the registry was not read again", what)
		}
	}
	if _, err := svc.Drop(t.Context(), col.ID); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"my docs", "now"} {
		if got, err := c.Find(t.Context(), collection.DefaultName(name)); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Find(%q) after a drop = %+v, %v; want ErrNotFound", name, got, err)
		}
	}
	if id, err := c.Database(t.Context(), "now"); id != "now" || err != nil {
		t.Errorf("Database(now) after a drop = %q, %v; want now", id, err)
	}
}

// TestFindBesideChanges looks names up while they change, and wants what was so when a change
// was acknowledged, or later.
func TestFindBesideChanges(t *testing.T) {
	_, c, _ := open(t)
	col := create(t, c, named("docs"))
	var acked atomic.Int64
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := acked.Load()
				got, err := c.FindUUID(t.Context(), col.UUID)
				var n int64
				if _, serr := fmt.Sscanf(got.Config, `{"n":%d}`, &n); err != nil || serr != nil && least > 0 || n < least {
					t.Errorf("FindUUID = %q, %v; want at least number %d", got.Config, err, least)
					return
				}
			}
		})
	}
	for n := range int64(300) {
		if _, err := c.Update(t.Context(), col, collections.Update{Config: func(string) (string, error) { return fmt.Sprintf(`{"n":%d}`, n), nil }}); err != nil {
			t.Fatal(err)
		}
		acked.Store(n)
	}
	close(done)
	wg.Wait()
}

func TestCreateMakesAndGets(t *testing.T) {
	svc, c, _ := open(t)
	in := named("docs")
	in.Settings = domain.Settings{Dims: 2, Metric: domain.L2}
	col := create(t, c, in)
	again, created, err := c.Create(t.Context(), in)
	if again != col || created || err != nil {
		t.Errorf("Create again = %+v, %v, %v; want %+v, false", again, created, err, col)
	}
	set, err := c.Settings(t.Context(), col)
	if err != nil || set.Dims != 2 || set.Metric != domain.L2 {
		t.Errorf("Settings = %+v, %v; want 2 dims and l2", set, err)
	}
	if err := inserted(t.Context(), svc, "docs", "one"); err != nil {
		t.Fatal(err)
	}
	d, err := c.Describe(t.Context(), col)
	if err != nil || d.State.Chunks != 1 || d.Collection != col {
		t.Errorf("Describe = %+v, %v; want a chunk", d, err)
	}
	in.Settings.Metric, in.Name.Name = "manhattan", "other"
	if _, _, err := c.Create(t.Context(), in); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Create with an unknown metric = %v; want ErrInvalid", err)
	}
	if existed, err := c.Drop(t.Context(), collection.DefaultName("docs"), nil); !existed || err != nil {
		t.Errorf("Drop = %v, %v; want true", existed, err)
	}
	if existed, err := c.Drop(t.Context(), collection.DefaultName("docs"), nil); existed || err != nil {
		t.Errorf("Drop again = %v, %v; want false", existed, err)
	}
	if _, err := c.Describe(t.Context(), col); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Describe after the drop = %v; want ErrNotFound", err)
	}
	in = named("docs")
	create(t, c, in)
	if _, err := c.Settings(t.Context(), col); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Settings of an earlier life = %v; want ErrNotFound", err)
	}
}

func TestReach(t *testing.T) {
	_, c, _ := open(t)
	none := func(string) bool { return false }
	in := named("docs")
	in.Reach = none
	if _, _, err := c.Create(t.Context(), in); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Create out of reach = %v; want ErrNotFound", err)
	}
	col := create(t, c, named("docs"))
	other := create(t, c, named("other"))
	if _, _, err := c.Create(t.Context(), in); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Create of one out of reach = %v; want ErrNotFound", err)
	}
	if existed, err := c.Drop(t.Context(), col.FullName(), none); existed || err != nil {
		t.Errorf("Drop out of reach = %v, %v; want false", existed, err)
	}
	only := func(id string) bool { return id == other.ID }
	list, err := c.List(t.Context(), collections.List{Space: collection.DefaultSpace, Reach: only})
	if err != nil || len(list) != 1 || list[0].Collection != other {
		t.Errorf("List = %+v, %v; want %+v", list, err, other)
	}
	if n, err := c.Count(t.Context(), collections.List{Space: collection.DefaultSpace, Limit: 1}); n != 2 || err != nil {
		t.Errorf("Count = %d, %v; want 2", n, err)
	}
	list, err = c.List(t.Context(), collections.List{Space: collection.DefaultSpace, Offset: 1, Limit: 5})
	if err != nil || len(list) != 1 || list[0].Collection != other {
		t.Errorf("List from 1 = %+v, %v; want %+v", list, err, other)
	}
	to := func(a, database string, reach func(string) bool) error {
		return c.ChangeAliases(t.Context(), []collection.AliasAction{{Do: collection.CreateAlias, Alias: a, Database: database}}, reach)
	}
	if err := to("now", col.ID, func(name string) bool { return name == "now" }); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("an alias for a database out of reach = %v; want ErrNotFound", err)
	}
	if err := to("now", col.ID, func(name string) bool { return name == col.ID }); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("an alias out of reach = %v; want ErrNotFound", err)
	}
	if err := to("now", col.ID, func(name string) bool { return name == col.ID || name == "now" }); err != nil {
		t.Errorf("an alias within reach = %v", err)
	}
}

func TestSpaces(t *testing.T) {
	_, c, _ := open(t)
	space := collection.Space{Tenant: "acme", Database: "d"}
	if err := c.FindTenant(t.Context(), "acme"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("FindTenant = %v; want ErrNotFound", err)
	}
	if err := errors.Join(c.CreateTenant(t.Context(), "acme"), c.CreateSpace(t.Context(), space), c.FindTenant(t.Context(), "acme"),
		c.FindSpace(t.Context(), space), c.FindSpace(t.Context(), collection.DefaultSpace)); err != nil {
		t.Fatal(err)
	}
	if err := c.FindSpace(t.Context(), collection.Space{Tenant: "acme", Database: "x"}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("FindSpace = %v; want ErrNotFound", err)
	}
	if err := c.DropSpace(t.Context(), collection.DefaultSpace, nil); !errors.Is(err, domain.ErrConflict) {
		t.Errorf("DropSpace of the default one = %v; want ErrConflict", err)
	}
	in := named("docs")
	var made []collection.Collection
	for _, name := range []string{"docs", "papers"} {
		in.Name = collection.Name{Space: space, Name: name}
		made = append(made, create(t, c, in))
	}
	outside := create(t, c, named("docs"))
	if err := c.DropSpace(t.Context(), space, func(id string) bool { return id != made[1].ID }); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("DropSpace beyond reach = %v; want ErrNotFound", err)
	}
	if n, err := c.Count(t.Context(), collections.List{Space: space}); n != 2 || err != nil {
		t.Errorf("Count = %d, %v; want 2", n, err)
	}
	if err := c.DropSpace(t.Context(), space, nil); err != nil {
		t.Errorf("DropSpace = %v", err)
	}
	all, err := c.Spaces(t.Context(), "acme")
	if len(all) != 0 || err != nil {
		t.Errorf("Spaces = %v, %v; want none", all, err)
	}
	list, err := c.List(t.Context(), collections.List{Space: collection.DefaultSpace})
	if err != nil || !slices.ContainsFunc(list, func(d collections.Described) bool { return d.Collection == outside }) || len(list) != 1 {
		t.Errorf("what is left: %+v, %v; want %+v", list, err, outside)
	}
}

func BenchmarkFind(b *testing.B) {
	_, c, _ := open(b)
	col := create(b, c, named("my docs"))
	alias(b, c, "now", col.ID)
	for name, fn := range map[string]func(){
		"name":     func() { _, _ = c.Find(b.Context(), col.FullName()) },
		"uuid":     func() { _, _ = c.FindUUID(b.Context(), col.UUID) },
		"alias":    func() { _, _ = c.Database(b.Context(), "now") },
		"database": func() { _, _ = c.Database(b.Context(), col.ID) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					fn()
				}
			})
		})
	}
}

// TestReachOfNewNames has a caller who reaches mine-… rename, and make an alias.
func TestReachOfNewNames(t *testing.T) {
	svc, c, _ := open(t)
	mine := create(t, c, named("mine-1"))
	create(t, c, named("theirs"))
	create(t, c, named("My Docs"))
	reach := func(id string) bool { return strings.HasPrefix(id, "mine-") }
	var said []string
	for _, name := range []string{"theirs", "free", "No Docs", "My Docs"} {
		_, err := c.Update(t.Context(), mine, collections.Update{Name: &name, Reach: reach})
		if !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("renamed to %q = %v; want ErrNotFound", name, err)
		}
		said = append(said, strings.ReplaceAll(fmt.Sprint(err), name, "NAME"))
	}
	for _, name := range []string{"My Docs", "No Docs", "theirs"} {
		err := c.ChangeAliases(t.Context(), []collection.AliasAction{{Do: collection.CreateAlias, Alias: "mine-now", Collection: name}}, reach)
		said = append(said, strings.ReplaceAll(fmt.Sprint(err), name, "NAME"))
	}
	for _, text := range said[1:4] {
		if text != said[0] {
			t.Errorf("errors tell what exists: %q, %q", said[0], text)
		}
	}
	if said[4] != said[5] || said[5] != said[6] {
		t.Errorf("errors of aliases tell what exists: %q", said[4:])
	}
	name := "mine-2"
	if _, err := c.Update(t.Context(), mine, collections.Update{Name: &name, Reach: reach}); err != nil {
		t.Errorf("renamed within reach = %v", err)
	}
	hidden := "mine is hidden"
	if _, err := c.Update(t.Context(), mine, collections.Update{Name: &hidden}); err != nil {
		t.Fatal(err)
	}
	other := "name-of-mine"
	if _, err := c.Update(t.Context(), mine, collections.Update{Name: &other}); err != nil {
		t.Fatal(err)
	}
	if err := inserted(t.Context(), svc, other, "x"); !errors.Is(err, domain.ErrConflict) || strings.Contains(err.Error(), mine.ID) {
		t.Errorf("Insert into a database with the name of another's collection = %v; want ErrConflict without the id", err)
	}
}

// TestAnUnknownUUIDIsLookedForOnce asks for UUIDs of nothing, which takes a look at every
// database, until the registry changes.
func TestAnUnknownUUIDIsLookedForOnce(t *testing.T) {
	_, c, asked := open(t)
	create(t, c, named("docs"))
	unknown := collection.NewUUID()
	ask := func(want int64) {
		t.Helper()
		before := asked.Load()
		for range 3 {
			if _, err := c.FindUUID(t.Context(), unknown); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("FindUUID of nothing = %v; want ErrNotFound", err)
			}
		}
		if n := asked.Load() - before; n != want {
			t.Errorf("the registry was asked %d times; want %d", n, want)
		}
	}
	ask(1)
	ask(0)
	create(t, c, named("others"))
	ask(1)
	for range 10_000 {
		if _, err := c.FindUUID(t.Context(), collection.NewUUID()); !errors.Is(err, domain.ErrNotFound) {
			t.Fatal(err)
		}
	}
	ask(1) // as many as these are all that is kept
}

// BenchmarkUnknownUUID asks for a UUID of nothing among 5,000 databases, the same again and
// another one each time.
func BenchmarkUnknownUUID(b *testing.B) {
	_, c, _ := open(b)
	for i := range 5000 {
		create(b, c, named(fmt.Sprint("docs", i)))
	}
	u := collection.NewUUID()
	for name, next := range map[string]func() collection.UUID{"the same": func() collection.UUID { return u }, "others": collection.NewUUID} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.FindUUID(b.Context(), next()); !errors.Is(err, domain.ErrNotFound) {
					b.Fatal(err)
				}
			}
		})
	}
}
