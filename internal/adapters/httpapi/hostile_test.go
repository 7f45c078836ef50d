package httpapi_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web/wire"
)

// hostileIDs are database ids that mean something to SQL, to a file system or to a shell.
var hostileIDs = []string{
	`'; DROP TABLE chunks_good; --`, `good"; DROP TABLE chunks_good; --`, `x' OR '1'='1`, `x"`, "x`", `x]`, `[x`, `x;`, `x;--`, `x/*`, `x%`, `x\`,
	`good UNION SELECT * FROM sqlite_master`, `1); DELETE FROM embeddings; --`, `x' AND randomblob(1000000000)`, `";ATTACH DATABASE '/tmp/x' AS y;--`,
	`..`, `.`, `../x`, `..\x`, `../../../../etc/passwd`, `/etc/passwd`, `\\host\share`, `C:\x`, `x/../../y`, `....//x`, `%2e%2e%2f`, `..%2fx`, `..%00`, `.hidden`,
	`~root`, `$HOME`, `x|y`, `x&y`, "x\x00y", "x\ny", "x\ty", ` x`, `x `, `é`, "\u202e", `𝔵`, `x:y`, `x?`, `x*`, `<x>`, strings.Repeat("x", 129), strings.Repeat("x", 100_000),
}

// hostileBody returns a broken variant of a good body.
func hostileBody(r *rand.Rand, good string) string {
	b := []byte(good)
	for range 1 + r.IntN(4) {
		if len(b) == 0 {
			break
		}
		i := r.IntN(len(b))
		switch r.IntN(6) {
		case 0:
			b = b[:i]
		case 1:
			b[i] = byte(r.Uint32())
		case 2:
			b = append(b[:i:i], b[i+1:]...)
		case 3:
			b = append(b[:i:i], append([]byte(hostileBits[r.IntN(len(hostileBits))]), b[i:]...)...)
		case 4:
			j := r.IntN(len(b))
			b = append(b[:max(i, j):max(i, j)], b[min(i, j):]...)
		case 5:
			b[i] ^= 1 << r.IntN(8)
		}
	}
	if len(b) == 0 {
		return "[" // no body at all is a good one for some routes
	}
	return string(b)
}

var hostileBits = []string{
	`null`, `-`, `1e999`, `1e-999`, `NaN`, `Infinity`, `-0`, `00`, `{}`, `[]`, `[[[[[[`, `{"a":`, `"`, `\u0000`, `\ud800`, "\xff\xfe", "\x00", "\ufeff", `,`, `:`,
	`"database_id":"y",`, `99999999999999999999`, `-1`, `true`, `/*x*/`, `//`, `'x'`, strings.Repeat("[", 3000), strings.Repeat(`{"a":`, 3000), strings.Repeat("9", 3000),
}

func TestHostileRequests(t *testing.T) {
	const seed = 20261122
	rounds := hostileRounds(t)
	svc, dir := newService(t)
	c := client{t: t, handler: newHandler(svc, options{})}
	c.want("POST", "/v1/insert", `{"database_id":"good","chunks":[{"embedding":[1,2],"text":"t","metadata":{"a":1},"key":"k"}]}`, 200, `{"inserted_ids":[1]}`)
	files, schema := listFiles(t, dir), schemaOf(t, dir)

	for _, id := range hostileIDs {
		quoted := string(wire.AppendString(nil, id))
		path := url.PathEscape(id)
		for _, r := range [][3]string{
			{"POST", "/v1/insert", `{"database_id":` + quoted + `,"chunks":[{"embedding":[1,2]}]}`},
			{"POST", "/v1/search", `{"database_id":` + quoted + `,"embeddings":[[1,2]],"num_results":1}`},
			{"DELETE", "/v1/drop", `{"database_id":` + quoted + `}`},
			{"PUT", "/v1/databases/" + path, `{}`},
			{"GET", "/v1/databases/" + path, ``},
			{"DELETE", "/v1/databases/" + path, ``},
			{"GET", "/v1/databases/" + path + "/chunks/1", ``},
			{"GET", "/v1/databases/good/chunks/" + path, ``},
			{"DELETE", "/v1/databases/good/chunks/" + path, ``},
		} {
			if got := c.raw(r[0], r[1], r[2]); got.Code != 400 {
				t.Errorf("%s %.80s %.80q = %d %s; want 400", r[0], r[1], r[2], got.Code, got.Body)
			}
		}
	}

	r := rand.New(rand.NewPCG(seed, 0))
	for i := range rounds {
		for _, g := range hostileRoutes {
			body := hostileBody(r, g[2])
			got := c.raw(g[0], g[1], body)
			switch {
			case got.Code < 400:
				t.Errorf("seed %d, round %d: %s %s %q was accepted", seed, i, g[0], g[1], body)
			case got.Code >= 500 || got.Code == 404:
				t.Errorf("seed %d, round %d: %s %s %q = %d %s", seed, i, g[0], g[1], body, got.Code, got.Body)
			default:
				checkError(t, got.Body.Bytes(), got.Header())
			}
		}
	}
	c.want("GET", "/v1/databases/good/chunks/1?include=text,metadata,embedding", "", 200, `{"chunk_id":1,"key":"k","text":"t","metadata":{"a":1},"embedding":[1,2],"expires_at":null}`)
	all := c.do("GET", "/v1/databases", "")
	if n := strings.Count(all.body, `"id":`); n != 1 {
		t.Errorf("databases = %s; want good only", all.body)
	}
	if got := listFiles(t, dir); got != files {
		t.Errorf("files are\n%s; were\n%s", got, files)
	}
	if got := schemaOf(t, dir); got != schema {
		t.Errorf("the schema is\n%s; was\n%s", got, schema)
	}
	t.Logf("%d broken bodies and %d hostile ids, seed %d", rounds*len(hostileRoutes), len(hostileIDs), seed)
}

// hostileRounds is how many broken bodies of each kind are sent; MEMISTA_HOSTILE says
// how many requests there are to be in all.
func hostileRounds(t *testing.T) int {
	text := os.Getenv("MEMISTA_HOSTILE")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n / len(hostileRoutes)
}

// hostileRoutes are requests that are good but for the unknown fields at both ends, which
// keep every broken variant from being good by chance.
var hostileRoutes = [][3]string{
	{"POST", "/v1/insert", `{"?":0,"database_id":"bad","chunks":[{"embedding":[0.25,-1.5e3],"text":"a\u00e9","metadata":{"x":[1,{"y":null}]},"key":"k"}],"?":0}`},
	{"POST", "/v1/search", `{"?":0,"database_id":"good","embeddings":[[0.25,1]],"num_results":2,"min_score":0.5,"exact":true,"include":["text"],"?":0}`},
	{"PUT", "/v1/databases/bad", `{"?":0,"dimensions":2,"metric":"ip","storage":"f32","?":0}`},
	{"DELETE", "/v1/drop", `{"?":0,"database_id":"good","?":0}`},
	{"POST", "/v1/databases/good/chunks", `{"?":0,"chunks":[{"embedding":[1,2],"text":"t","key":"k"}],"on_conflict":"replace","?":0}`},
	{"POST", "/v1/databases/good/search", `{"?":0,"queries":[{"embedding":[1,2],"k":1,"filter":{"a":{"$gte":1},"$or":[{"b":"x"},{"c":{"$in":[1,"2",null]}}]}}],"explain":true,"?":0}`},
	{"POST", "/v1/databases/good/chunks", `{"?":0,"chunks":[{"embedding":[1,2],"sparse":{"bm25":{"indices":[1,4294967295],"values":[0.5,-1e-40]},"b":{"indices":[],"values":[]}}}],"?":0}`},
	{"POST", "/v1/databases/good/search", `{"?":0,"queries":[{"sparse":{"name":"bm25","indices":[7,1],"values":[1,2.5]},"k":1,"fusion":{"sparse_weight":2}}],"include":["sparse"],"?":0}`},
	{"PUT", "/v1/databases/other", `{"?":0,"sparse":{"bm25":{"modifier":"idf"},"b":{}},"?":0}`},
	{"POST", "/v1/databases/good/count", `{"?":0,"filter":{"a":{"$ne":2},"$not":{"b.c":{"$exists":true}}},"?":0}`},
	{"POST", "/v1/databases/good/sample", `{"n":2,"filter":{"a":1},"include":["text"],"encoding":"float"}`},
	{"POST", "/v1/databases/good/groups", `{"query":{"embedding":[1,2],"filter":{"a":1}},"by":"?","groups":2,"group_size":2,"include":["text"],"encoding":"float"}`},
	{"POST", "/v1/aliases", `{"?":0,"actions":[{"action":"create","alias":"x","database":"good"},{"action":"rename","alias":"x","to":"y"},{"action":"delete","alias":"y"}],"?":0}`},
	{"POST", "/v1/databases/good/load", `{"?":0,"chunks":[{"chunk_id":1,"embedding":[1,2],"text":"t","key":"k","metadata":{"a":1},"expires_at":"2030-01-01T00:00:00Z"}],"delete":[2,3],"next_id":9,"?":0}`},
	{"POST", "/v1/databases/good/hold", `{"?":0,"seconds":1,"moved_to":"http://x","if_sequence":1,"?":0}`},
	{"POST", "/v1/names", `{"?":0,"tenants":["a"],"spaces":[{"tenant":"a","database":"b"}],"collections":[{"tenant":"a","database":"b","name":"n","database_id":"good","uuid":"0b0f3d1e-0000-4000-8000-000000000001","surface":"chroma","keys":"raw","config":"{}"}],"aliases":[{"alias":"x","database":"good"}],"?":0}`},
	{"POST", "/v1/databases/good/recall", `{"?":0,"k":2,"queries":3,"ef":[16,32],"target":0.9,"filter":{"a":1},"max_seconds":0.5}`},
	{"POST", "/v1/databases/good/values", `{"?":0,"field":"?","limit":5,"filter":{"a":1}}`},
	{"POST", "/v1/databases/good/patch", `{"?":0,"filter":{"a":{"$size":{"$gt":1}}},"metadata":{"b":"?"},"?":0}`},
	{"POST", "/v1/databases/good/delete", `{"?":0,"filter":{"a":{"$contains":"x"}},"?":0}`},
	{"PATCH", "/v1/databases/good/chunks/1", `{"?":0,"text":"new","metadata":{"a":null},"embedding":[3,4],"?":0}`},
}

// schemaOf returns all that the data file in dir says of its tables.
func schemaOf(t *testing.T, dir string) string {
	t.Helper()
	driver := "sqlite3"
	if !slices.Contains(sql.Drivers(), driver) {
		driver = "sqlite"
	}
	db, err := sql.Open(driver, "file:"+filepath.Join(dir, "memista.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, line)
	}
	if err := rows.Err(); err != nil || b.Len() == 0 {
		t.Fatalf("schema %q, %v", b.String(), err)
	}
	return b.String()
}

// raw sends a request that need not be one the contract knows.
func (c client) raw(method, path, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	return rec
}

// listFiles names all files under dir, and beside it, but for the reserve of the data file, which
// comes some time after the start.
func listFiles(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	reserve := filepath.Join(dir, "memista.db.reserve")
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if path != reserve {
			fmt.Fprintln(&b, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	beside, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range beside {
		fmt.Fprintln(&b, e.Name())
	}
	return b.String()
}
