package static_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
	"github.com/memista/memista/internal/adapters/filemap"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestTableThatIsCutShortEndsNoProgram(t *testing.T) {
	if !filemap.Mapped {
		t.Skip("tables are read here")
	}
	dir := statictest.New().Write(t)
	path := filepath.Join(dir, static.TableFile)
	e, err := static.Open(dir, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if out, err := e.Embed(t.Context(), []string{"river"}, ports.PurposeDocument); !errors.Is(err, domain.ErrEmbedder) {
		t.Errorf("Embed = %v, %v; want ErrEmbedder", out, err)
	}
}
