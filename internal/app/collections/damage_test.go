package collections_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/importfile/sqlitefile"
	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// openAt returns a service over the file at path, and what closes it.
func openAt(t *testing.T, path string) (svc *app.Service, store *sqlite.Store) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if svc, err = app.New(app.Config{Repository: store, Flat: flat.Engine{}}); err != nil {
		t.Fatal(err)
	}
	return svc, store
}

func closed(t *testing.T, svc *app.Service) {
	t.Helper()
	if err := svc.Close(); err != nil {
		t.Fatal(err)
	}
}

// behind runs SQL on a file that is not open.
func behind(t *testing.T, path, script string) {
	t.Helper()
	db, err := sql.Open(sqlitefile.DriverName, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
}

// overwrite destroys the first page of a table.
func overwrite(t *testing.T, path, table string) {
	t.Helper()
	db, err := sql.Open(sqlitefile.DriverName, path)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int
	if err := db.QueryRow("SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = ?", table).Scan(&page, &size); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := (page - 1) * size; i < page*size; i++ {
		raw[i] = 0xa5
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// damaged reports whether the store says that a database is damaged; "" is the registry.
func damaged(s *sqlite.Store, database string) bool {
	for _, p := range s.Problems() {
		if errors.Is(p.Kind, domain.ErrCorrupt) && p.Database == database {
			return true
		}
	}
	return false
}

func search(ctx context.Context, svc *app.Service, database string) error {
	_, err := svc.Search(ctx, app.Search{Database: database, Queries: []app.Query{{Embedding: []float32{1, 2}, K: 1}}})
	return err
}

// TestDatabasesOutliveTheirNames has the table of names destroyed: databases are searched,
// written and dropped by their ids all the same.
func TestDatabasesOutliveTheirNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	svc, _ := openAt(t, path)
	ctx := t.Context()
	if err := inserted(ctx, svc, "plain", "x"); err != nil {
		t.Fatal(err)
	}
	col := create(t, svc.Collections(), named("points"))
	create(t, svc.Collections(), named("My Docs"))
	alias(t, svc.Collections(), "now", "plain")
	closed(t, svc)
	overwrite(t, path, "names")

	svc, store := openAt(t, path)
	defer closed(t, svc)
	if err := search(ctx, svc, "plain"); err != nil {
		t.Errorf("Search = %v", err)
	}
	if err := inserted(ctx, svc, "plain", "y"); err != nil {
		t.Errorf("Insert = %v", err)
	}
	if got, err := svc.Collections().Find(ctx, collection.DefaultName("points")); err != nil || got != col {
		t.Errorf("Find by a name that is the id = %+v, %v; want %+v", got, err, col)
	}
	if !damaged(store, "") {
		t.Errorf("Problems() = %+v; want the damage", store.Problems())
	}
	// What only the names know is damaged, and not missing; nothing new takes its place.
	for _, name := range []string{"now", "new"} {
		if err := search(ctx, svc, name); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("Search(%s) = %v; want ErrCorrupt", name, err)
		}
		if err := inserted(ctx, svc, name, "z"); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("Insert(%s) = %v; want ErrCorrupt", name, err)
		}
	}
	if _, err := svc.Collections().Find(ctx, collection.DefaultName("My Docs")); !errors.Is(err, domain.ErrCorrupt) {
		t.Errorf("Find by a name that is no id = %v; want ErrCorrupt", err)
	}
	for _, id := range []string{"plain", "points"} {
		if _, err := svc.Drop(ctx, id); err != nil {
			t.Errorf("Drop(%s) = %v", id, err)
		}
	}
}

// TestARowThatIsDamagedIsAlone has the row of one collection damaged: the others of its space
// are listed, and its database can be dropped.
func TestARowThatIsDamagedIsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	svc, _ := openAt(t, path)
	ctx := t.Context()
	bad := create(t, svc.Collections(), named("bad"))
	create(t, svc.Collections(), named("good"))
	closed(t, svc)
	behind(t, path, "UPDATE collections SET uuid = x'00' WHERE name = 'bad'")

	svc, store := openAt(t, path)
	defer closed(t, svc)
	report, err := store.Verify(ctx, false, nil)
	if err != nil || len(report.Findings) == 0 {
		t.Errorf("Verify = %+v, %v; want the row found", report, err)
	}
	list, err := svc.Collections().List(ctx, listOf(collection.DefaultSpace))
	if err != nil || len(list) != 1 || list[0].Name != "good" {
		t.Errorf("List = %+v, %v; want the other one", list, err)
	}
	if !damaged(store, "bad") {
		t.Errorf("Problems() = %+v; want the damage", store.Problems())
	}
	if _, err := svc.Drop(ctx, bad.ID); err != nil {
		t.Errorf("Drop = %v", err)
	}
	report, err = store.Verify(ctx, true, nil)
	if err != nil || report.Left() != 0 {
		t.Errorf("Verify and repair after the drop = %+v, %v", report, err)
	}
	if _, created, err := svc.Collections().Create(ctx, named("bad")); err != nil || !created {
		t.Errorf("Create after the drop = %v, %v", created, err)
	}
}

// TestASpaceWithAStrayNameIsDropped has a name in a space that leads to no database.
func TestASpaceWithAStrayNameIsDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	svc, _ := openAt(t, path)
	space := collection.Space{Tenant: "t", Database: "d"}
	if err := errors.Join(svc.Collections().CreateTenant(t.Context(), "t"), svc.Collections().CreateSpace(t.Context(), space)); err != nil {
		t.Fatal(err)
	}
	closed(t, svc)
	behind(t, path, "INSERT INTO names VALUES (1, 't', 'd', 'stray', 999)")
	svc, store := openAt(t, path)
	defer closed(t, svc)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := svc.Collections().DropSpace(ctx, space, nil); err != nil {
		t.Errorf("DropSpace = %v after %d commits", err, store.Stats().Commits)
	}
	if err := svc.Collections().FindSpace(t.Context(), space); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("FindSpace = %v; want ErrNotFound", err)
	}
}

func listOf(s collection.Space) collections.List { return collections.List{Space: s} }
