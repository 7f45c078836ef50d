//go:build unix

package faults_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bug is a mistake that a test of this package must notice. It is put into the build
// through an overlay of the go command, so that the source never has it.
type bug struct {
	name   string
	test   string // that must fail
	rounds int    // in which it does
	quick  bool   // part of a short run
	env    string // a setting of the test; "": none
	edits  []edit
}

type edit struct{ file, from, to string }

var bugs = []bug{
	{name: "acknowledges before the commit", test: "TestKill", rounds: 20, edits: []edit{
		{"internal/adapters/sqlite/commit/group.go",
			"\tif r.err == nil {\n\t\treturn w.conn.Exec(\"RELEASE request\")\n\t}\n",
			"\tif r.err == nil {\n\t\tif r.After != nil {\n\t\t\tr.After()\n\t\t}\n\t\tclose(r.done)\n\t\treturn w.conn.Exec(\"RELEASE request\")\n\t}\n"},
		{"internal/adapters/sqlite/commit/group.go",
			"\t\tif r.err == nil && r.After != nil {\n\t\t\tr.After()\n\t\t}\n\t\tclose(r.done)\n",
			"\t\tif r.err != nil {\n\t\t\tclose(r.done)\n\t\t}\n"},
	}},
	{name: "stores a batch in two transactions", test: "TestKill", rounds: 20, edits: []edit{
		{"internal/adapters/sqlite/write.go",
			"\tfor i := range t.b.Put {\n\t\tif err := t.put(i); err != nil {\n",
			"\tfor i := range t.b.Put {\n\t\tif i == 2 {\n\t\t\t_ = t.rows.flush()\n\t\t\t_ = t.c.Script(\"RELEASE request; COMMIT; BEGIN IMMEDIATE; SAVEPOINT request\")\n\t\t}\n\t\tif err := t.put(i); err != nil {\n"},
	}},
	{name: "reads index files without their checksums", test: "TestDamagedIndexFiles", rounds: 150, quick: true, edits: []edit{
		{"internal/adapters/index/indexfile/reader.go", "\tif err := f.verifySections(); err != nil {\n", "\tif err := f.verifySections(); err != nil && len(f.data) == 0 {\n"},
	}},
	{name: "does not replay", test: "TestDamagedIndexFiles", rounds: 5, edits: []edit{
		{"internal/app/tiered/restore.go", "\tif err := p.addVectors(page, p.applied.OptionalEmbeddings); err != nil {\n\t\treturn err\n\t}\n", ""},
	}},
	{name: "takes no notice of a failed commit", test: "TestFailingSystemCalls", rounds: 40, edits: []edit{
		{"internal/adapters/sqlite/commit/group.go", "\t\terr = w.conn.Exec(\"COMMIT\")\n", "\t\t_ = w.conn.Exec(\"COMMIT\")\n"},
	}},
	{name: "does not sync its log", test: "TestPowerLoss", rounds: 1, edits: []edit{
		{"internal/adapters/sqlite/options.go", "\treturn 2\n", "\treturn 1\n"},
	}},
	{name: "ends without waiting for requests", test: "TestTerminate", rounds: 10, edits: []edit{
		{"internal/app/fxapp/web.go", "\t\terr := srv.Shutdown(ctx)\n", "\t\tcancel()\n\t\t_ = srv.Shutdown(ctx)\n\t\tvar err error\n"},
	}},
	{name: "calls a full disk a fault of its own", test: "TestFullDisk", rounds: 1, edits: []edit{
		{"internal/adapters/sqlite/conn/errors.go", "\tcase CodeFull:\n\t\treturn domain.ErrDiskFull\n", "\tcase CodeFull:\n\t\treturn nil\n"},
	}},
	{name: "leaves replaced vectors in its graph", test: "TestModel", rounds: 20_000, edits: []edit{
		{"internal/app/tiered/apply.go", "\treturn p.leaveGraph(g, ids)\n", "\treturn nil\n"},
	}},
	{name: "keeps rows in memory that have changed", test: "TestModel", rounds: 20_000, edits: []edit{
		{"internal/app/live/apply.go", "\tdb.rows.Apply(c)\n", ""},
	}},
	{name: "misses commits while a database opens", test: "TestStorm", rounds: 300, edits: []edit{
		{"internal/app/live/apply.go", "\t\t\tf.pending = append(f.pending, ch.Owned())\n", "\t\t\t_ = ch.Owned()\n"},
	}},
	{name: "forgets what came after the index file", test: "TestKill", rounds: 60, edits: []edit{
		{"internal/app/tiered/restore.go", "\tif err := p.addVectors(page, p.applied.OptionalEmbeddings); err != nil {\n\t\treturn err\n\t}\n", ""},
	}},
	{name: "backs up the file without its log", test: "TestBackup", rounds: 2, edits: []edit{
		{"internal/adapters/sqlite/backup/copy.go",
			"conn.OpenDriver(s.File.URI(conn.Reading))", "conn.OpenDriver(s.File.URI(conn.Reading) + \"&immutable=1\")"},
	}},
	{name: "backs up rows and the list of databases in two transactions", test: "TestBackup", rounds: 10, edits: []edit{
		{"internal/adapters/sqlite/backup/copy.go",
			"func(from *conn.Conn) error { return vacuumInto(ctx, from, s.File.Sibling(path)) })",
			"func(from *conn.Conn) error {\n\t\t\terr := vacuumInto(ctx, from, s.File.Sibling(path))\n\t\t\treturn errors.Join(err, from.Script(\"PRAGMA query_only = 0; ATTACH '\"+path+\"' AS later; DELETE FROM later.databases; INSERT INTO later.databases SELECT * FROM main.databases; DETACH later\"))\n\t\t})"},
	}},
	{name: "leaves vectors of deleted chunks in the file, which only memista verify sees", test: "TestTerminate", rounds: 2, edits: []edit{
		{"internal/adapters/sqlite/delete.go", "DELETE FROM embeddings WHERE id IN", "DELETE FROM embeddings WHERE id < 0 AND id IN"},
	}},
	{name: "rebuilds by a description from before the first commit", test: "TestNewDatabases", rounds: 300, edits: []edit{
		{"internal/app/live/rebuild.go", "\tinfo, err := r.repo.Find(ctx, db.id)\n", "\tinfo, err := *db.info.Load(), ctx.Err()\n"},
	}},
	{name: "misses commits while a new database opens", test: "TestNewDatabases", rounds: 200, edits: []edit{
		{"internal/app/live/apply.go", "\t\t\tf.pending = append(f.pending, ch.Owned())\n", "\t\t\t_ = ch.Owned()\n"},
	}},
	{name: "counts what has expired and is not swept", test: "TestHistories", rounds: 1, env: envHistory + "=120s", edits: []edit{
		{"internal/adapters/sqlite/expiries.go", "\"chunks - coalesce(due, 0)\"", "\"chunks\""},
	}},
	{name: "filters select what has expired", test: "TestHistories", rounds: 1, env: envHistory + "=20s", edits: []edit{
		{"internal/app/filter/index.go", "\tfor id := range u.expires.Due(now) {\n\t\tb.ids.Remove(uint64(id))\n\t}\n", ""},
	}},
	{name: "does not tell filters of deletes", test: "TestHistories", rounds: 1, env: envHistory + "=20s", edits: []edit{
		{"internal/app/live/apply.go", "\td.filters.Apply(written, c.Deleted)\n", "\td.filters.Apply(written, nil)\n"},
	}},
	{name: "finds what has expired", test: "TestHistories", rounds: 1, env: envHistory + "=20s", edits: []edit{
		{"internal/app/tiered/search.go", "\tif err := p.expire(); err != nil {\n\t\treturn nil, err\n\t}\n", ""},
	}},
	{name: "patches what was patched meanwhile", test: "TestHistories", rounds: 1, env: envHistory + "=20s", edits: []edit{
		{"internal/app/change/result.go", "IfSequence: b.info.Sequence, ", ""},
		{"internal/app/change/page.go", "\t} else if p.life == nil {\n", "\t} else if p == nil {\n"},
	}},
	{name: "lets two win a race for a key", test: "TestHistories", rounds: 1, env: envHistory + "=20s", edits: []edit{
		{"internal/adapters/sqlite/target.go",
			"\tcase domain.Refuse:\n\t\treturn 0, false, domain.Errorf(domain.ErrConflict, \"key '%s' exists already, as chunk %d\", chunk.Key, id)\n\tcase domain.Replace:\n",
			"\tcase domain.Refuse, domain.Replace:\n"},
	}},
	{name: "stores half of a batch when killed", test: "TestHistories", rounds: 1, env: envHistory + "=60s", edits: []edit{
		{"internal/adapters/sqlite/write.go",
			"\tfor i := range t.b.Put {\n\t\tif err := t.put(i); err != nil {\n",
			"\tfor i := range t.b.Put {\n\t\tif i == 2 {\n\t\t\t_ = t.rows.flush()\n\t\t\t_ = t.c.Script(\"RELEASE request; COMMIT; BEGIN IMMEDIATE; SAVEPOINT request\")\n\t\t}\n\t\tif err := t.put(i); err != nil {\n"},
	}},
	{name: "finds rows in memory that were changed", test: "TestHistories", rounds: 1, env: envHistory + "=20s", edits: []edit{
		{"internal/app/live/apply.go", "\tdb.rows.Apply(c)\n", ""},
	}},
	{name: "backs up its parts at different times", test: "TestHistories", rounds: 1, env: envHistory + "=60s", edits: []edit{
		{"internal/adapters/sqlite/backup/copy.go",
			"func(from *conn.Conn) error { return vacuumInto(ctx, from, s.File.Sibling(path)) })",
			"func(from *conn.Conn) error {\n\t\t\terr := vacuumInto(ctx, from, s.File.Sibling(path))\n\t\t\treturn errors.Join(err, from.Script(\"PRAGMA query_only = 0; ATTACH '\"+path+\"' AS later; DELETE FROM later.databases; INSERT INTO later.databases SELECT * FROM main.databases; DETACH later\"))\n\t\t})"},
	}},
	{name: "leaves a goroutine behind each search", test: "TestSoak", env: envSoak + "=20s", edits: []edit{
		{"internal/app/query/searcher.go", "\tbegan := time.Now()\n", "\tbegan := time.Now()\n\tgo func() { select {} }()\n"},
	}},
	{name: "keeps what searches found", test: "TestSoak", env: envSoak + "=30s", edits: []edit{
		{"internal/app/query/searcher.go", "\t\"fmt\"\n", "\t\"fmt\"\n\t\"sync\"\n"},
		{"internal/app/query/searcher.go", "\treturn found.Found, nil\n", "\tkept.Store(began, found)\n\treturn found.Found, nil\n"},
		{"internal/app/query/searcher.go", "// Searcher answers searches and filters. It is safe for concurrent use.\n", "var kept sync.Map\n\n// Searcher answers searches and filters. It is safe for concurrent use.\n"},
	}},
	{name: "keeps a handle of each insert", test: "TestSoak", env: envSoak + "=30s", edits: []edit{
		{"internal/app/insert.go", "\t\"errors\"\n", "\t\"errors\"\n\t\"syscall\"\n"},
		{"internal/app/insert.go", "\tnow := s.now()\n", "\tnow := s.now()\n\t_, _ = syscall.Dup(2)\n"},
	}},
}

// TestSeededBugs puts each bug into memista and lets the test that must notice it run.
func TestSeededBugs(t *testing.T) {
	if os.Getenv(envOverlay) != "" {
		t.Skip("a bug is seeded already")
	}
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			overlay := b.seed(t) // which fails if its place in the source is not there any more
			if !full() && !b.quick {
				t.Skip("part of make faults")
			}
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout=30m", "-overlay", overlay, "-run", "^"+b.test+"$", ".")
			cmd.Env = append(os.Environ(), envOverlay+"="+overlay, b.env)
			if b.rounds > 0 {
				cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", envRounds, b.rounds))
			}
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: "+b.test) {
				t.Errorf("%s with the bug: %v; want it to fail:\n%s", b.test, err, out)
			}
			t.Logf("%s says: %s", b.test, complaint(string(out)))
		})
	}
}

// complaint returns the first failure in the output of a test.
func complaint(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "_test.go:") && !strings.Contains(line, envSeed) {
			return strings.TrimSpace(line)
		}
	}
	return out
}

// seed writes the files with the bug and returns the overlay that puts them in place.
func (b bug) seed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	for _, e := range b.edits {
		path := filepath.Join(root, filepath.FromSlash(e.file))
		if _, known := sources[path]; !known {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sources[path] = string(raw)
		}
		if n := strings.Count(sources[path], e.from); n != 1 {
			t.Fatalf("%s has the place for the bug %d times; want it once:\n%s", e.file, n, e.from)
		}
		sources[path] = strings.Replace(sources[path], e.from, e.to, 1)
	}
	replace := map[string]string{}
	for path, source := range sources {
		replace[path] = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}
