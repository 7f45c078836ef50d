package chromaapi_test

import (
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// hostileTexts mean something to SQL, to a file system, to a shell or to a reader of paths.
var hostileTexts = []string{
	`'; DROP TABLE chunks_good; --`, `x' OR '1'='1`, `x"`, "x`", `x]`, `x;--`, `x/*`, `x%`, `x\`, `1); DELETE FROM embeddings; --`,
	`..`, `.`, `../x`, `..\x`, `../../../../etc/passwd`, `C:\x`, `%2e%2e%2f`, `..%00`, `~root`, `$HOME`, `x|y`, "x\x00y", "x\ny", ` x`, `é`, "\u202e", `𝔵`, `x:y`, `x?`, `x*`, `#chroma`,
	`{"a":1}`, `null`, `-1`, strings.Repeat("x", 600), strings.Repeat("x", 100_000),
}

var hostileBits = []string{
	`null`, `-`, `1e999`, `1e-999`, `NaN`, `Infinity`, `-0`, `00`, `{}`, `[]`, `[[[[[[`, `{"a":`, `"`, `\u0000`, `\ud800`, "\xff\xfe", "\x00", "\ufeff", `,`, `:`,
	`99999999999999999999`, `-1`, `true`, `/*x*/`, `'x'`, `"$and":`, `"$regex":"(((("`, `"#chroma":`, strings.Repeat("[", 3000), strings.Repeat(`{"$and":[`, 3000), strings.Repeat("9", 3000),
}

// hostileBody returns a variant of a good body, which is mostly broken.
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
	return string(b)
}

// hostileBodies are good bodies, by the end of the path.
var hostileBodies = [][2]string{
	{"/collections", `{"name":"good","metadata":{"hnsw:space":"ip","a":[1,2]},"configuration":{"hnsw":{"ef_search":5},"embedding_function":{"type":"known","name":"x","config":{}}},"get_or_create":true}`},
	{"/collections/{good}/add", `{"ids":["k","b"],"embeddings":[[0.25,-1.5e3],"AACAPwAAAEA="],"documents":["a\u00e9",null],"metadatas":[{"x":[1,2],"v":{"#type":"sparse_vector","indices":[1],"values":[2]}},null],"uris":["u",null]}`},
	{"/collections/{good}/upsert", `{"ids":["k"],"embeddings":[[0.25,1]],"documents":["x"],"metadatas":[{"x":null,"y":1.5}],"uris":null}`},
	{"/collections/{good}/update", `{"ids":["k","k"],"embeddings":[null,[1,2]],"documents":["x",null],"metadatas":[{"x":null},{"z":"t"}]}`},
	{"/collections/{good}/get", `{"ids":["k"],"where":{"$and":[{"a":{"$gte":1}},{"$or":[{"b":"x"},{"c":{"$nin":[1,2]}}]}]},"where_document":{"$regex":"a+[b-c]"},"limit":5,"offset":1,"include":["documents","uris"]}`},
	{"/collections/{good}/query", `{"query_embeddings":[[0.25,1],[1,0]],"n_results":2,"where":{"l":{"$contains":"x"}},"where_document":{"$not_contains":"q"},"include":["distances","embeddings"],"ids":["k"]}`},
	{"/collections/{good}/delete", `{"ids":["never"],"where":{"a":{"$ne":2}},"where_document":{"$contains":"never"},"limit":1}`},
}

// hostileRounds is how many variants of each body are sent; MEMISTA_HOSTILE says how many
// requests there are to be in all.
func hostileRounds(t *testing.T) int {
	text := os.Getenv("MEMISTA_HOSTILE")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n / len(hostileBodies)
}

// TestHostileRequests sends what no client would: nothing may fail inside, and what was
// stored before stays.
func TestHostileRequests(t *testing.T) {
	const seed = 20261130
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("good", "")
	c.make("kept", "")
	c.want("POST", "/collections/{kept}/add", `{"ids":["k"],"embeddings":[[1,2]],"documents":["d"],"metadatas":[{"a":1}],"uris":["u"]}`, 201, `{}`)
	kept := c.send("POST", "/collections/{kept}/get", everything).body
	within := func(what string, a answer) {
		t.Helper()
		if a.status >= 500 && a.status != 501 {
			t.Errorf("%.200q = %d %.300s", what, a.status, a.body)
		}
	}
	for _, text := range hostileTexts {
		path := url.PathEscape(text)
		for _, r := range [][2]string{
			{"GET", "/collections/" + path}, {"DELETE", "/collections/" + path}, {"GET", "/collections/by-id/" + path}, {"GET", "/collections/" + path + "/count"}, {"POST", "/collections/" + path + "/get"},
			{"GET", "/api/v2/tenants/" + path}, {"GET", "/api/v2/tenants/" + path + "/databases"}, {"GET", "/api/v2/tenants/default_tenant/databases/" + path}, {"DELETE", "/api/v2/tenants/" + path + "/databases/" + path},
			{"GET", "/api/v2/tenants/" + path + "/databases/" + path + "/collections"}, {"GET", "/api/v1/collections/" + path + "?tenant=" + url.QueryEscape(text) + "&database=" + url.QueryEscape(text)},
		} {
			within(r[0]+" "+r[1], c.send(r[0], r[1], map[string]string{"POST": "{}"}[r[0]]))
		}
		quoted := string(wire.AppendString(nil, text))
		for path, body := range map[string]string{
			"/api/v2/tenants": `{"name":` + quoted + `}`, "/api/v2/tenants/default_tenant/databases": `{"name":` + quoted + `}`, "/collections": `{"name":` + quoted + `}`,
			"/collections/{good}/add": `{"ids":[` + quoted + `],"embeddings":[[1,2]],"documents":[` + quoted + `],"metadatas":[{` + quoted + `:` + quoted + `}],"uris":[` + quoted + `]}`,
			"/collections/{good}/get": `{"ids":[` + quoted + `],"where":{` + quoted + `:` + quoted + `},"where_document":{"$contains":` + quoted + `}}`,
		} {
			within(path+" "+body, c.send("POST", path, body))
		}
		within("pattern "+text, c.send("POST", "/collections/{kept}/get", `{"where_document":{"$regex":`+quoted+`}}`))
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range hostileRounds(t) {
		for _, g := range hostileBodies {
			body := hostileBody(r, g[1])
			within(g[0]+" "+body, c.send("POST", g[0], body))
		}
	}
	if got := c.send("POST", "/collections/{kept}/get", everything).body; got != kept {
		t.Errorf("kept = %s; was %s", got, kept)
	}
	t.Logf("%d bodies, %d texts, seed %d", hostileRounds(t)*len(hostileBodies), len(hostileTexts), seed)
}
