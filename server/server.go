// Package server serves an open memista database over HTTP, for programs that embed it:
// the same handler, with the same contract (GET /openapi.json), as in the memista binary.
package server

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/memista/memista"
	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/console"
	"github.com/memista/memista/internal/adapters/httpapi"
	httpkeys "github.com/memista/memista/internal/adapters/httpapi/keys"
	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/qdrantapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/bridge"
)

// Options are the choices of a handler. Zero values work.
type Options struct {
	// Logger receives one line per request and the causes of internal errors; nil:
	// nobody. Bodies, keys and vectors are never logged.
	Logger *slog.Logger
	// OriginalScores makes POST /v1/search send the distance under the name score, as
	// the original memista did.
	OriginalScores bool
	// InsertBodyLimit and BodyLimit bound the bodies of inserts and of all other
	// requests in bytes; 0: 32 MiB and 4 MiB.
	InsertBodyLimit int64
	BodyLimit       int64
	// CompressAbove is how many bytes an answer must exceed to be compressed for callers
	// that take that; 0: 16 KiB, negative: none is. Set it so where something in front
	// compresses. Requests may be compressed in any case.
	CompressAbove int
	// NoQdrant leaves out the REST API of Qdrant, at /collections and the paths beside it.
	NoQdrant bool
	// NoMCP leaves out /mcp, where agents speak the Model Context Protocol; MCPWrite lets
	// them write, with a key that has the scope write where Keys are asked for.
	NoMCP    bool
	MCPWrite bool
	// NoChroma leaves out /api/v2 and /api/v1, where clients of Chroma work; ChromaReset lets
	// them drop all databases with POST /api/v2/reset.
	NoChroma    bool
	ChromaReset bool
	// NoConsole leaves out the console at /console/, pages that call the handler from a
	// browser.
	NoConsole bool
	// Keys, if not nil, are asked for: every request but those to /healthz and the like
	// then needs one. nil: nobody is asked for a key.
	Keys *Keys
	// AllowedHosts are the host names, without ports, that requests may name the server by
	// besides localhost and the IP address that they arrive at; "*" is any. Others are
	// answered 421, so that no web page reaches the handler by a name of its own (DNS
	// rebinding). With Keys every name will do.
	AllowedHosts []string
	// CORSOrigins are the origins, such as https://app.example.org, whose pages may call
	// the handler from a browser and read its answers; "*" is any, and needs Keys.
	CORSOrigins []string
}

// Check returns an error if an entry of AllowedHosts or CORSOrigins is malformed, or would
// let any page read and write everything.
func (o *Options) Check() error {
	_, err := o.policy()
	return err
}

func (o *Options) policy() (*origin.Policy, error) {
	p, err := origin.New(origin.Options{Hosts: o.AllowedHosts, Origins: o.CORSOrigins})
	if err == nil && p.AnyOrigin() && o.Keys == nil {
		err = errors.New("pages of every origin may call only where Keys are asked for")
	}
	return p, err
}

// New returns the HTTP API over db. It serves as long as db is open, and answers 503
// afterwards; closing db stays the caller's part. The handler answers paths from the
// root on: mount it elsewhere with http.StripPrefix. Without Options.Keys it asks nobody
// for a key: serve it then where only those can reach it who may read and write
// everything. opts may be nil; of options that fail Options.Check the handler uses neither
// AllowedHosts nor CORSOrigins, and logs the reason.
func New(db *memista.DB, opts *Options) http.Handler {
	if opts == nil {
		opts = &Options{}
	}
	build := compose.About()
	version, commit := moduleVersion()
	var keys web.Keys
	var book httpkeys.Book
	if opts.Keys != nil {
		keys, book = required{opts.Keys.ring}, required{opts.Keys.ring}
	}
	origins, err := opts.policy()
	if err != nil {
		if opts.Logger != nil {
			opts.Logger.Error("AllowedHosts and CORSOrigins are not used", "error", err)
		}
		origins = nil
	}
	h := web.New(web.Options{
		Origins: origins, Keys: keys, Logger: zapOver(opts.Logger),
		InsertBodyLimit: opts.InsertBodyLimit, BodyLimit: opts.BodyLimit, CompressAbove: opts.CompressAbove,
	})
	var root func(*web.Call) bool
	if !opts.NoQdrant {
		root = qdrantapi.Root(version)
	}
	httpapi.Mount(h, bridge.ServiceOf(db), httpapi.Options{
		Root:           root,
		OriginalScores: opts.OriginalScores,
		Console:        !opts.NoConsole,
		Keys:           book,
		Version: httpapi.Version{
			Version: version, Commit: commit, Engines: build.Engines, SIMD: build.SIMD,
			SQLite:    httpapi.SQLite{Driver: build.SQLiteDriver, Version: build.SQLiteVersion, FullText: build.FullText},
			Embedders: bridge.ServiceOf(db).Providers(), Capabilities: bridge.ServiceOf(db).Capabilities().Names(),
		},
	})
	if !opts.NoConsole {
		console.Mount(h)
	}
	if !opts.NoChroma {
		svc := bridge.ServiceOf(db)
		chromaapi.Mount(h, svc, svc.Collections(), chromaapi.Options{AllowReset: opts.ChromaReset})
	}
	if !opts.NoQdrant {
		svc := bridge.ServiceOf(db)
		qdrantapi.Mount(h, svc, svc.Collections(), qdrantapi.Options{Version: version})
	}
	if !opts.NoMCP {
		mcp.Mount(h, db, mcp.Options{Write: opts.MCPWrite, Version: version})
	}
	return h
}

// required asks for a key even where there is none: whoever sets Options.Keys wants that.
type required struct{ *keyfile.Ring }

func (required) Required() bool { return true }

// module is the path of the module that this package is in.
const module = "github.com/memista/memista"

// moduleVersion returns the version of memista in the running program, and its commit
// where the program is memista's own.
func moduleVersion() (version, commit string) {
	const unknown = "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown, unknown
	}
	if info.Main.Path != module {
		for _, m := range info.Deps {
			if m.Path == module {
				return m.Version, unknown
			}
		}
		return unknown, unknown
	}
	commit = unknown
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return info.Main.Version, commit
}
