// Package arch_test proves who imports whom, over what the go command itself reports,
// once for every set of build tags: a file behind a tag is invisible without it.
package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/memista/memista"

// pkg is what "go list -json" says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// tagSets are the builds that exist: each file of the repository is in at least one.
var tagSets = []struct {
	name string
	tags string
	cgo  string
}{
	{"default", "", "1"},
	{"full text", "sqlite_fts5", "1"},
	{"pure", "", "0"},
	{"usearch", "usearch", "1"},
	{"coderhnsw", "coderhnsw", "0"},
	{"purego", "purego", "0"},
}

func TestLayers(t *testing.T) {
	for _, set := range tagSets {
		t.Run(set.name, func(t *testing.T) {
			pkgs := list(t, set.tags, set.cgo)
			if len(pkgs) < 8 {
				t.Fatalf("go list found %d packages; the rules would hold of nothing", len(pkgs))
			}
			for _, p := range pkgs {
				for _, problem := range check(p) {
					t.Error(problem)
				}
			}
		})
	}
}

// TestRules spoils a package for every rule, so that no rule holds of everything.
func TestRules(t *testing.T) {
	for name, p := range map[string]pkg{
		"domain imports a library":           {ImportPath: module + "/internal/domain", Imports: []string{"github.com/x/y"}},
		"the filter language imports ports":  {ImportPath: module + "/internal/domain/filterlang", Imports: []string{module + "/internal/ports"}},
		"domain imports the filter language": {ImportPath: module + "/internal/domain", Imports: []string{module + "/internal/domain/filterlang"}},
		"names of collections import ports":  {ImportPath: module + "/internal/domain/collection", Imports: []string{module + "/internal/ports"}},
		"live imports collections":           {ImportPath: module + "/internal/app/live", Imports: []string{module + "/internal/app/collections"}},
		"the registry imports the store":     {ImportPath: module + "/internal/adapters/sqlite/registry", Imports: []string{module + "/internal/adapters/sqlite"}},
		"domain imports ports":               {ImportPath: module + "/internal/domain", Imports: []string{module + "/internal/ports"}},
		"domain takes a context":             {ImportPath: module + "/internal/domain", Imports: []string{"context"}},
		"ports import the app":               {ImportPath: module + "/internal/ports", Imports: []string{module + "/internal/app"}},
		"ports import a library":             {ImportPath: module + "/internal/ports", Imports: []string{"go.uber.org/zap"}},
		"app imports what stands over it":    {ImportPath: module + "/internal/app", Imports: []string{module + "/internal/app/usecase"}},
		"app imports an adapter":             {ImportPath: module + "/internal/app", Imports: []string{module + "/internal/adapters/sqlite"}},
		"app imports SQL":                    {ImportPath: module + "/internal/app", Imports: []string{"database/sql"}},
		"recall imports tuning":              {ImportPath: module + "/internal/app/recall", Imports: []string{module + "/internal/app/tuning"}},
		"recall imports listing":             {ImportPath: module + "/internal/app/recall", Imports: []string{module + "/internal/app/listing"}},
		"live imports query":                 {ImportPath: module + "/internal/app/live", Imports: []string{module + "/internal/app/query"}},
		"tiered imports the use cases":       {ImportPath: module + "/internal/app/tiered", Imports: []string{module + "/internal/app"}},
		"the use cases open files":           {ImportPath: module + "/internal/app/live", Imports: []string{"os"}},
		"filter imports live":                {ImportPath: module + "/internal/app/filter", Imports: []string{module + "/internal/app/live"}},
		"app logs":                           {ImportPath: module + "/internal/app", Imports: []string{"go.uber.org/zap"}},
		"an adapter imports the app":         {ImportPath: module + "/internal/adapters/sqlite", Imports: []string{module + "/internal/app"}},
		"an adapter imports another":         {ImportPath: module + "/internal/adapters/index/flat", Imports: []string{module + "/internal/adapters/sqlite"}},
		"conn imports the store":             {ImportPath: module + "/internal/adapters/sqlite/conn", Imports: []string{module + "/internal/adapters/sqlite"}},
		"schema imports fts":                 {ImportPath: module + "/internal/adapters/sqlite/schema", Imports: []string{module + "/internal/adapters/sqlite/fts"}},
		"rows import the graph":              {ImportPath: module + "/internal/adapters/index/hnsw/rows", Imports: []string{module + "/internal/adapters/index/hnsw/graph"}},
		"a walk imports the builder":         {ImportPath: module + "/internal/adapters/index/hnsw/walk", Imports: []string{module + "/internal/adapters/index/hnsw/build"}},
		"the store imports a driver":         {ImportPath: module + "/internal/adapters/sqlite", Imports: []string{"modernc.org/sqlite"}},
		"an embedder imports another":        {ImportPath: module + "/internal/adapters/embed/static", Imports: []string{module + "/internal/adapters/embed/openai"}},
		"remote imports an embedder":         {ImportPath: module + "/internal/adapters/embed/remote", Imports: []string{module + "/internal/adapters/embed/openai"}},
		"provider imports an embedder":       {ImportPath: module + "/internal/adapters/provider", Imports: []string{module + "/internal/adapters/embed/openai"}},
		"an engine imports another":          {ImportPath: module + "/internal/adapters/index/usearch", Imports: []string{module + "/internal/adapters/index/hnsw"}},
		"a surface imports an adapter":       {ImportPath: module + "/internal/adapters/httpapi", Imports: []string{module + "/internal/adapters/sqlite"}},
		"a surface imports another":          {ImportPath: module + "/internal/adapters/httpapi", Imports: []string{module + "/internal/adapters/mcp"}},
		"a surface picks adapters":           {ImportPath: module + "/internal/adapters/httpapi", Imports: []string{module + "/internal/app/compose"}},
		"web imports a surface":              {ImportPath: module + "/internal/adapters/web", Imports: []string{module + "/internal/adapters/httpapi"}},
		"web imports the app":                {ImportPath: module + "/internal/adapters/web", Imports: []string{module + "/internal/app"}},
		"web imports an adapter":             {ImportPath: module + "/internal/adapters/web", Imports: []string{module + "/internal/adapters/keyfile"}},
		"fx outside fxapp":                   {ImportPath: module + "/cmd/memista", Imports: []string{"go.uber.org/fx"}},
		"the library links gin":              {ImportPath: module, Deps: []string{"github.com/gin-gonic/gin"}},
		"the library links zap":              {ImportPath: module, Deps: []string{"go.uber.org/zap"}},
		"the library links fx":               {ImportPath: module, Deps: []string{"go.uber.org/fx"}},
		"the library links gRPC":             {ImportPath: module, Deps: []string{"google.golang.org/grpc/codes"}},
		"the client imports the app":         {ImportPath: module + "/client", Imports: []string{module + "/internal/app"}},
		"the client links a library":         {ImportPath: module + "/client", Deps: []string{"github.com/x/y"}},
		"the types import ports":             {ImportPath: module + "/api", Imports: []string{module + "/internal/ports"}},
		"compose links gin":                  {ImportPath: module + "/internal/app/compose", Deps: []string{"github.com/gin-gonic/gin"}},
		"a command imports others":           {ImportPath: module + "/cmd/memista/internal/chunks", Imports: []string{module + "/cmd/memista/internal/service"}},
		"the store imports commands":         {ImportPath: module + "/cmd/memista/internal/store", Imports: []string{module + "/cmd/memista/internal/chunks"}},
		"split imports a reader":             {ImportPath: module + "/split", Imports: []string{module + "/split/docx"}},
		"split links a library":              {ImportPath: module + "/split", Deps: []string{"golang.org/x/net/html"}},
		"a reader imports the library":       {ImportPath: module + "/split/docx", Imports: []string{module}},
		"a reader imports another":           {ImportPath: module + "/split/docx", Imports: []string{module + "/split/html"}},
		"ingest imports the app":             {ImportPath: module + "/ingest", Imports: []string{module + "/internal/app"}},
		"an index suite imports the app":     {ImportPath: module + "/internal/ports/indextest", Imports: []string{module + "/internal/app"}},
	} {
		t.Run(name, func(t *testing.T) {
			if len(check(p)) == 0 {
				t.Errorf("check(%+v) found nothing", p)
			}
		})
	}
}

// shared are leaves below internal/adapters that several adapters use.
var shared = []string{"analysis", "filemap", "npm", "provider", "embed/remote", "index/simd", "index/indexfile", "diskfile", "datafile", "importfile/remote", "importfile/sqlitefile", "importfile/textfield"}

// surfaces are the adapters below internal/adapters that serve an API over the use cases.
var surfaces = []string{"chromaapi", "console", "httpapi", "mcp", "qdrantapi"}

// check returns what p imports and may not.
func check(p pkg) []string {
	var problems []string
	forbid := func(imports []string, why string, bad func(string) bool) {
		for _, im := range imports {
			if bad(im) {
				problems = append(problems, p.ImportPath+" imports "+im+": "+why)
			}
		}
	}
	in := func(rel string) bool { return under(p.ImportPath, module+"/"+rel) }
	switch {
	case in("internal/domain/filterlang"), in("internal/domain/feed"), in("internal/domain/collection"), in("internal/domain/fingerprint"), in("internal/domain/ranking"), in("internal/domain/capability"):
		forbid(p.Imports, "the language of filters, names of collections and orders of lists are domain and the standard library", func(im string) bool {
			return im == "context" || !standard(im) && im != module+"/internal/domain"
		})
	case in("internal/domain"):
		forbid(p.Imports, "domain is the standard library only", func(im string) bool { return !standard(im) || im == "context" })
	case p.ImportPath == module+"/internal/ports":
		forbid(p.Imports, "ports know domain only", func(im string) bool {
			return !standard(im) && !under(im, module+"/internal/domain")
		})
	case in("internal/ports"):
		forbid(p.Imports, "a suite knows domain and ports only", ownBut("internal/domain", "internal/ports"))
	case in("internal/app/compose"), in("internal/app/fxapp"), in("internal/app/config"):
	case in("internal/app"):
		forbid(p.Imports, "app knows domain and ports only", ownBut("internal/domain", "internal/ports", "internal/app"))
		if !in("internal/app/importer") {
			forbid(p.Imports, "app does no I/O on disk", func(im string) bool { return im == "os" || im == "path/filepath" })
		}
		forbid(p.Imports, "packages of app import those below them", func(im string) bool { return !below(p.ImportPath, im) })
		forbid(p.Imports, "app is free of frameworks and SQL", framework)
	case in("internal/adapters/httpapi/docs/fetch"):
		// A tool that fetches what the pages load, linked by nothing.
		forbid(p.Imports, "a build tool knows the package fetcher only", ownBut("internal/adapters/npm"))
	case in("internal/adapters/web"):
		forbid(p.Imports, "web is below every surface, and knows domain and the port waiting that it implements", ownBut("internal/domain", "internal/ports/waiting", "internal/adapters/web"))
	case surfaceOf(p.ImportPath) != "":
		forbid(p.Imports, "a surface knows domain, app, the types that callers share, web and no other adapter", ownBut("internal/domain", "internal/app", "api", "internal/adapters/web", surfaceOf(p.ImportPath)))
		forbid(p.Imports, "a surface is given its use cases", func(im string) bool {
			return under(im, module+"/internal/app") && im != module+"/internal/app" && im != module+"/internal/app/collections"
		})
	case in("internal/adapters/index/usearch/libusearch"):
		// A tool that builds the library, linked by nothing.
		forbid(p.Imports, "a build tool knows the package fetcher only", ownBut("internal/adapters/npm"))
	case in("internal/adapters"):
		own := []string{"internal/domain", "internal/ports", adapterOf(p.ImportPath)}
		for _, leaf := range shared {
			own = append(own, "internal/adapters/"+leaf)
		}
		forbid(p.Imports, "a driven adapter knows domain, ports and shared leaves only", ownBut(own...))
		forbid(p.Imports, "a driven adapter is free of frameworks", func(im string) bool { return framework(im) && im != "database/sql" })
	}
	if in("internal/adapters/sqlite") {
		forbid(p.Imports, "packages of sqlite import those below them", func(im string) bool {
			return !belowIn(module+"/internal/adapters/sqlite", storeParts, p.ImportPath, im)
		})
		forbid(p.Imports, "only conn knows the SQLite driver", func(im string) bool {
			return p.ImportPath != module+"/internal/adapters/sqlite/conn" && (under(im, "modernc.org/sqlite") || under(im, "github.com/mattn/go-sqlite3"))
		})
	}
	if in("cmd/memista") {
		forbid(p.Imports, "packages of the command line import those below them", func(im string) bool { return !belowInCommands(p.ImportPath, im) })
	}
	if in("internal/adapters/index/hnsw") {
		forbid(p.Imports, "packages of hnsw import those below them", func(im string) bool {
			return !belowIn(module+"/internal/adapters/index/hnsw", graphParts, p.ImportPath, im)
		})
	}
	if !in("internal/app/fxapp") {
		forbid(p.Imports, "only fxapp knows fx", func(im string) bool { return under(im, "go.uber.org/fx") })
	}
	if p.ImportPath == module+"/api" {
		forbid(p.Imports, "what callers share knows the kinds of errors only", ownBut("internal/domain"))
	}
	if p.ImportPath == module+"/client" {
		forbid(p.Imports, "the client knows the types that it shares only", ownBut("api"))
	}
	switch {
	case p.ImportPath == module+"/split":
		forbid(p.Imports, "what all readers share knows none of them", ownBut())
	case p.ImportPath == module+"/split/files":
		forbid(p.Imports, "split knows nothing of memista", ownBut("split"))
	case in("split"):
		forbid(p.Imports, "a reader knows split and no other reader", func(im string) bool { return under(im, module) && im != module+"/split" })
	case in("ingest"):
		forbid(p.Imports, "ingest works on any service", ownBut("api", "split", "ingest"))
	}
	if p.ImportPath == module+"/api" || p.ImportPath == module+"/client" || p.ImportPath == module+"/split" {
		forbid(p.Deps, "who uses it links the standard library only", func(im string) bool { return !standard(im) && !under(im, module) && !strings.HasPrefix(im, "vendor/") })
	}
	if p.ImportPath == module || in("internal/app/compose") {
		forbid(p.Deps, "programs that use the library do not link it", func(im string) bool {
			grpc := under(im, "google.golang.org/grpc") && !in("internal/app/compose/cluster") // which the library does not link
			return framework(im) && im != "database/sql" || grpc
		})
	}
	return problems
}

// surfaceOf returns the folder of the surface that the package is part of, "" for none.
func surfaceOf(importPath string) string {
	for _, s := range surfaces {
		if rel := "internal/adapters/" + s; under(importPath, module+"/"+rel) {
			return rel
		}
	}
	return ""
}

// rooms are the packages of app that know others of it, the highest first.
var rooms = []string{"internal/app/usecase/usecasetest", "internal/app/usecase", "internal/app/clustered", "internal/app", "internal/app/intake", "internal/app/change", "internal/app/listing", "internal/app/moving", "internal/app/tuning", "internal/app/recall", "internal/app/query", "internal/app/check", "internal/app/reembed", "internal/app/collections", "internal/app/live", "internal/app/named", "internal/app/indexing", "internal/app/tiered", "internal/app/filter", "internal/app/sparse"}

// below reports whether im, if it is of app, is one that importPath may import: a room
// further down, or a package that is no room, which imports none of app.
func below(importPath, im string) bool {
	if !under(im, module+"/internal/app") || under(importPath, module+"/internal/app/importer") {
		return true
	}
	at := slices.Index(rooms, strings.TrimPrefix(importPath, module+"/"))
	to := slices.Index(rooms, strings.TrimPrefix(im, module+"/"))
	return at >= 0 && (to < 0 || to > at) || at < 0 && strings.HasPrefix(im, importPath+"/")
}

// storeParts are the packages of sqlite, the highest first.
var storeParts = []string{"", "/backup", "/fts", "/check", "/embedcache", "/reembed", "/feed", "/registry", "/sparse", "/named", "/commit", "/maintenance", "/health", "/schema", "/conn"}

// graphParts are the packages of hnsw, the highest first.
var graphParts = []string{"", "/graphfile", "/remake", "/repair", "/query", "/build", "/walk", "/graph", "/rows", "/memory"}

// belowIn reports whether im, if it lies under root, is further down among parts than
// importPath.
func belowIn(root string, parts []string, importPath, im string) bool {
	if !under(im, root) {
		return true
	}
	at := slices.Index(parts, strings.TrimPrefix(importPath, root))
	to := slices.Index(parts, strings.TrimPrefix(im, root))
	return at >= 0 && to > at
}

// commandParts are the packages of the command line by how far down they are. None imports
// another that is as far down.
var commandParts = map[string]int{
	"": 0, "/internal/clitest": 0, "/internal/cli": 1,
	"/internal/chunks": 2, "/internal/databases": 2, "/internal/models": 2, "/internal/transfer": 2, "/internal/migrate": 2, "/internal/export": 2, "/internal/service": 2,
	"/internal/store": 3, "/internal/foreign": 3, "/internal/flags": 4, "/internal/output": 4,
}

// belowInCommands reports whether im, if it is of the command line, is further down than
// importPath.
func belowInCommands(importPath, im string) bool {
	const root = module + "/cmd/memista"
	at, known := commandParts[strings.TrimPrefix(importPath, root)]
	return !under(im, root) || known && commandParts[strings.TrimPrefix(im, root)] > at
}

// adapterOf returns the folder of the adapter that the package is part of: adapters of one
// kind lie in a folder of theirs.
func adapterOf(importPath string) string {
	parts := strings.Split(strings.TrimPrefix(importPath, module+"/"), "/")
	n := 3
	if parts[2] == "index" || parts[2] == "importfile" || parts[2] == "embed" {
		n = 4
	}
	return strings.Join(parts[:min(n, len(parts))], "/")
}

func framework(im string) bool {
	for _, f := range []string{"github.com/gin-gonic/gin", "go.uber.org/fx", "go.uber.org/zap", "database/sql", "github.com/spf13/cobra"} {
		if im == f || f != "database/sql" && under(im, f) {
			return true
		}
	}
	return false
}

// ownBut returns whether an import is a package of this module outside the given ones.
func ownBut(allowed ...string) func(string) bool {
	return func(im string) bool {
		if !under(im, module) {
			return false
		}
		for _, a := range allowed {
			if under(im, module+"/"+a) {
				return false
			}
		}
		return true
	}
}

func under(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func standard(im string) bool {
	first, _, _ := strings.Cut(im, "/")
	return !strings.Contains(first, ".")
}

// list returns the packages of the module as the build with these tags sees them.
func list(t *testing.T, tags, cgo string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Deps", "-tags", tags, "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}
