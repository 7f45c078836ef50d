package cli

import (
	"errors"

	"github.com/memista/memista/ingest"
	"github.com/memista/memista/internal/domain"
)

// hints say which flag or setting is meant, or which command helps, after messages of the
// library, which knows neither. The first whose kind an error has is shown.
var hints = []struct {
	kind error
	text string
}{
	{domain.ErrOriginalFormat, "choose a new path with --database-path or DATABASE_PATH, and import the file there with `memista import --from-memista FILE`"},
	{domain.ErrForeignFile, "the path is set with --database-path or DATABASE_PATH"},
	{ingest.ErrNoEmbedder, "name one for a new database with --embedder or MEMISTA_EMBEDDER: static/glove after `memista model pull glove`, openai/MODEL with MEMISTA_OPENAI_URL, or ollama/MODEL with MEMISTA_OLLAMA_URL; docs/text.md says more"},
	{ingest.ErrOtherEmbedder, "`memista re-embed DATABASE --embedder PROVIDER/MODEL` gives it that one; without --embedder, add uses the one that it has"},
	{domain.ErrLocked, "the path is set with --database-path or DATABASE_PATH; commands reach a running memista with --server"},
	{domain.ErrCorrupt, "`memista verify` tells what is damaged, and `memista verify --repair` repairs what it can"},
}

// hint returns what to do about err, or "".
func hint(err error) string {
	for _, h := range hints {
		if errors.Is(err, h.kind) {
			return h.text
		}
	}
	return ""
}
