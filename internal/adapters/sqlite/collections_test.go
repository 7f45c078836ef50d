package sqlite_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

// makeCollections makes, renames and drops collections from a few goroutines, and prints what
// was acknowledged: the name of one that is there, or with a minus of one that is not.
func makeCollections(path string) error {
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	began, err := s.Text("SELECT count(*) || '' FROM names")
	if err != nil {
		return err
	}
	last, err := s.Text("SELECT coalesce(max(seq), 0) || '' FROM sqlite_sequence")
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error)
	for w := range 3 {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("of %d after %s and %s number %d", w, began, last, n)
				acks, err := makeOne(s.Collections(), name, n)
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Println(acks)
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

// makeOne makes the n-th collection, with an alias, and does to it what its number says.
func makeOne(reg ports.Collections, name string, n int) (ack string, err error) {
	col, _, err := reg.CreateCollection(ctx, collection.Collection{
		Space: collection.DefaultSpace, Name: name, Surface: collection.Chroma, Keys: collection.RawKeys, Config: "{}",
	}, domain.Settings{}, nil, nil)
	if err != nil {
		return "", err
	}
	err = reg.ChangeAliases(ctx, []collection.AliasAction{{Do: collection.CreateAlias, Alias: "alias " + name, Collection: name}}, nil, nil)
	if err != nil {
		return "", err
	}
	switch n % 3 {
	case 1:
		_, err = reg.ChangeCollection(ctx, col.Number, func(c *collection.Collection) error { c.Name = "renamed " + name; return nil }, nil)
		return "renamed " + name, err
	case 2:
		return "-" + name, reg.DropCollection(ctx, collection.DefaultName(name), nil, nil)
	}
	return name, nil
}

// TestCollectionsSurviveKill finds out whether a kill can come between a database and its
// names.
func TestCollectionsSurviveKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	acked := map[string]bool{}
	for k := range 5 {
		child, out := startChild(t, "collections", path)
		for range 12 + 5*k {
			acked[line(t, out)] = true
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		var last string
		for out.Scan() {
			acked[last], last = last != "", out.Text() // the last one may be cut off
		}
		_ = child.Wait() // killed
	}
	s := open(t, path, nil)
	if lines, _ := verify(t, s, false); len(lines) > 0 {
		t.Errorf("Verify = %q; want databases and names in agreement", lines)
	}
	checkNames(t, s, acked)
	wantText(t, s, "SELECT count(*) FROM databases WHERE number NOT IN (SELECT number FROM collections)", "0")
	t.Logf("%d acknowledged collections", len(acked))
}

// checkNames compares what is there with what was acknowledged.
func checkNames(t *testing.T, s *sqlite.Store, acked map[string]bool) {
	t.Helper()
	for name := range maps.Keys(acked) {
		dropped, gone := strings.CutPrefix(name, "-")
		if name == "" {
			continue
		}
		for _, by := range []string{dropped, "alias " + strings.TrimPrefix(dropped, "renamed ")} {
			col, err := s.Collections().Named(ctx, collection.DefaultName(by))
			if gone {
				wantKind(t, "Named("+by+"), which was dropped,", err, domain.ErrNotFound)
				continue
			}
			if err != nil || col.Name != dropped {
				t.Errorf("Named(%q) = %q, %v; want %q", by, col.Name, err, dropped)
				continue
			}
			if _, err := s.Find(ctx, col.ID); err != nil {
				t.Errorf("Find(%q) of the collection %q = %v", col.ID, by, err)
			}
		}
	}
}

// TestBackupsHaveAllNames restores a backup and looks everything up.
func TestBackupsHaveAllNames(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "memista.db"), nil)
	acked := map[string]bool{}
	for n := range 9 {
		ack, err := makeOne(s.Collections(), fmt.Sprint("collection ", n), n)
		if err != nil {
			t.Fatal(err)
		}
		acked[ack] = true
	}
	space := collection.Space{Tenant: "t", Database: "d"}
	if err := s.Collections().CreateTenant(ctx, "t", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Collections().CreateSpace(ctx, space, nil); err != nil {
		t.Fatal(err)
	}
	before, err := s.Collections().Named(ctx, collection.DefaultName("collection 0"))
	if err != nil {
		t.Fatal(err)
	}
	copied, to := filepath.Join(dir, "copy.db"), filepath.Join(t.TempDir(), "memista.db")
	if _, err := s.BackupTo(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Restore(ctx, copied, to, sqlite.RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	s = open(t, to, nil)
	checkNames(t, s, acked)
	if after, err := s.Collections().Named(ctx, collection.DefaultName("collection 0")); after != before || err != nil {
		t.Errorf("after the restore %+v, %v; want %+v", after, err, before)
	}
	if all, err := s.Collections().TenantSpaces(ctx, "t"); err != nil || len(all) != 1 || all[0] != space {
		t.Errorf("TenantSpaces after the restore = %v, %v; want %v", all, err, space)
	}
	if lines, _ := verify(t, s, false); len(lines) > 0 {
		t.Errorf("Verify after the restore = %q", lines)
	}
}
