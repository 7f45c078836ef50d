package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/memista/memista/ingest"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
	"github.com/memista/memista/internal/app/config"
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
	{ingest.ErrNoEmbedder, "a new database takes one from --embedder or MEMISTA_EMBEDDER, one that is there from `memista re-embed`: static/glove after `memista model pull glove`, openai/MODEL with MEMISTA_OPENAI_URL, or ollama/MODEL with MEMISTA_OLLAMA_URL; docs/text.md says more"},
	{ingest.ErrOtherEmbedder, "`memista re-embed DATABASE --embedder PROVIDER/MODEL` gives it that one; without --embedder, add uses the one that it has"},
	{domain.ErrNoProvider, "MEMISTA_OPENAI_URL is the address of a server with the API of OpenAI, MEMISTA_OLLAMA_URL that of Ollama; docs/text.md says more"},
	{domain.ErrNoReranker, "MEMISTA_RERANK_URL is the address of a server with /rerank and MEMISTA_RERANK_MODEL its model; docs/text.md says more"},
	{domain.ErrNoRerankModel, "set MEMISTA_RERANK_MODEL, or MEMISTA_RERANK_API to tei, which needs none"},
	{domain.ErrLocked, "the path is set with --database-path or DATABASE_PATH; commands reach a running memista with --server"},
	{domain.ErrCorrupt, "`memista verify` tells what is damaged, and `memista verify --repair` repairs what it can"},
}

// hint returns what to do about err, or "".
func hint(err error) string {
	if e, ok := errors.AsType[*modeldir.NoModelError](err); ok {
		return fmt.Sprintf("it was looked for in %s; `memista model pull` brings a model there, and MEMISTA_MODELS or models in the file of settings name another directory", e.Dir)
	}
	for _, h := range hints {
		if errors.Is(err, h.kind) {
			return h.text
		}
	}
	if e, ok := errors.AsType[*config.UnknownVariable](err); ok {
		names := []string{config.FileVariable, config.ServerVariable}
		for _, s := range config.Settings() {
			names = append(names, s.Env)
		}
		if near := similar(e.Name, names); len(near) > 0 {
			return "did you mean " + strings.Join(near, " or ") + "?"
		}
	}
	return ""
}
