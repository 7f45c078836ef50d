package ingest_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/ingest"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
)

// killed is a service that the process does not live to ask a second time to write.
type killed struct {
	memista.Service
	writes int
}

var errKilled = errors.New("killed")

func (k *killed) write() error {
	if k.writes++; k.writes > 1 {
		return errKilled
	}
	return nil
}

func (k *killed) Insert(ctx context.Context, id string, chunks []memista.Chunk, o *memista.InsertOptions) ([]int64, error) {
	if err := k.write(); err != nil {
		return nil, err
	}
	return k.Service.Insert(ctx, id, chunks, o)
}

func (k *killed) Create(ctx context.Context, id string, s *memista.Settings) (memista.DatabaseInfo, error) {
	if err := k.write(); err != nil {
		return memista.DatabaseInfo{}, err
	}
	return k.Service.Create(ctx, id, s)
}

func (k *killed) Update(ctx context.Context, id string, u memista.Update) (memista.DatabaseInfo, error) {
	if err := k.write(); err != nil {
		return memista.DatabaseInfo{}, err
	}
	return k.Service.Update(ctx, id, u)
}

// TestANewDatabaseIsMadeWhole ends an Add after its first write, and adds again.
func TestANewDatabaseIsMadeWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		if _, err := d.s.Create(t.Context(), "words", &memista.Settings{FullText: memista.Words}); errors.Is(err, memista.ErrUnsupported) {
			t.Skip("this build has no full text")
		}
		d.write("a.md", "passage one")
		if _, err := ingest.Add(t.Context(), &killed{Service: d.s}, "d", []string{d.dir}, nil); !errors.Is(err, errKilled) {
			t.Fatalf("Add = %v; want to be killed", err)
		}
		d.add(1, 0, 0)
		info, err := d.s.Describe(t.Context(), "d")
		if err != nil || info.FullText != memista.Words || info.Embedder.Model != "words" {
			t.Errorf("Describe = %+v, %v; want the default embedder and full text", info.Settings, err)
		}
	})
}

func TestPassagesOfANewDatabaseThatTheEmbedderRefuses(t *testing.T) {
	model := statictest.New().Write(t)
	db, err := memista.Open("", &memista.Options{Embedding: memista.Embedding{Default: "static/" + filepath.Base(model), Models: filepath.Dir(model)}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := &desk{t: t, s: db, dir: t.TempDir()}
	d.write("a.md", "ξένος") // no word that the model knows
	got, err := ingest.Add(t.Context(), db, "d", []string{d.dir}, nil)
	if err != nil || len(got.Failed) != 1 || got.Failed[0].Source != "a.md#1" || !errors.Is(got.Failed[0], memista.ErrInvalid) {
		t.Errorf("Add = %+v, %v; want the passage named as refused", got, err)
	}
}
