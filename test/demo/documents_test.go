package main

import (
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static/statictest"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/test/daemon"
)

// TestDocuments adds the documentation with a model of 200 words, which needs no network:
// then it is the words of the questions that find the answers.
func TestDocuments(t *testing.T) {
	if !compose.About().FullText {
		t.Skip("this build has no full text")
	}
	dir := t.TempDir()
	binary, err := daemon.Build(t.Context(), dir, "-tags=sqlite_fts5")
	if err != nil {
		t.Fatal(err)
	}
	m := memista{binary: binary, data: filepath.Join(dir, "data", "memista.db")}
	if out, err := m.command(t.Context(), "model", "pull", statictest.New().Write(t), "--name", "tiny").Output(); err != nil {
		t.Fatalf("model pull: %v\n%s", err, out)
	}
	for range 2 { // again it finds all there
		if err := m.documents(t.Context(), "../../docs", "tiny"); err != nil {
			t.Fatal(err)
		}
	}
}
