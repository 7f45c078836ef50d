package httpapi

import (
	"context"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi/keys"
	"github.com/memista/memista/internal/adapters/httpapi/metrics"
	"github.com/memista/memista/internal/adapters/web"
)

// Options are the choices of the API. Zero values work.
type Options struct {
	// OriginalScores makes POST /v1/search send the distance under the name score, as
	// the original memista did.
	OriginalScores bool
	// SlowQuery is how long a search may take before a line in the log explains it; 0:
	// any time.
	SlowQuery time.Duration
	// Version is the answer to GET /version.
	Version Version
	// Root, if not nil, may answer GET / in place of the page that is there, and reports
	// whether it did.
	Root func(*web.Call) bool
	// NoExplain says that the backend cannot tell how it has answered: explain is refused.
	NoExplain bool
	// Keys lists, makes and revokes API keys; nil: there are none.
	Keys keys.Book
	// Console says that there is a console beside the API, which GET / links to then.
	Console bool
	// Ready reports why the service cannot serve yet, or any more; nil: it always can.
	Ready func(context.Context) error
}

// Version describes the program behind the API.
type Version struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit"`
	Engines []string `json:"engines"` // in this build
	SQLite  SQLite   `json:"sqlite"`
	SIMD    string   `json:"simd"` // instruction set in use
	// Embedders are the providers of embeddings that are configured, sorted.
	Embedders []string `json:"embedders"`
	// Capabilities are the names of what the backend can do, of what some cannot, sorted.
	Capabilities []string `json:"capabilities"`
}

// SQLite names the driver in this build and the version of the library.
type SQLite struct {
	Driver   string `json:"driver"`
	Version  string `json:"version"`
	FullText bool   `json:"full_text"` // it has FTS5, without which texts cannot be searched
}

// api is the HTTP API over its use cases.
type api struct {
	uses UseCases
	opts Options
	web  *web.Handler
}

// Mount adds the API over uses to h, and its figures to the metrics of h.
func Mount(h *web.Handler, uses UseCases, o Options) {
	if o.Version.Engines == nil {
		o.Version.Engines = []string{}
	}
	if o.Version.Embedders == nil {
		o.Version.Embedders = []string{}
	}
	if o.Version.Capabilities == nil {
		o.Version.Capabilities = []string{}
	}
	a := &api{uses: uses, opts: o, web: h}
	h.Collect(metrics.NewCollector(uses, buildOf(o.Version)))
	a.route()
}

// buildOf describes the program in its metrics.
func buildOf(v Version) metrics.Build {
	b := metrics.Build{
		Version: v.Version, Commit: v.Commit, SIMD: v.SIMD,
		SQLiteDriver: v.SQLite.Driver, SQLiteVersion: v.SQLite.Version,
	}
	if len(v.Engines) > 0 {
		b.Engine = v.Engines[0]
	}
	return b
}
