package chromaapi_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
)

// numbered returns how records 0 to n-1 are added.
func numbered(n int) string {
	var ids, vectors []string
	for i := range n {
		ids, vectors = append(ids, fmt.Sprintf(`"%d"`, i)), append(vectors, fmt.Sprintf(`[%d,1]`, i))
	}
	return `{"ids":[` + strings.Join(ids, ",") + `],"embeddings":[` + strings.Join(vectors, ",") + `]}`
}

// TestSmallLimits has lists and queries that the use cases take in parts only, and answers
// that are too large.
func TestSmallLimits(t *testing.T) {
	c, err := compose.Open(t.Context(), compose.Config{
		Path:   filepath.Join(t.TempDir(), "memista.db"),
		Limits: app.Limits{Results: 4, Hits: 8, Queries: 3, Answer: 300, Chunks: 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Service.Close()
	api := newClient(t, c.Service, web.Options{}, chromaapi.Options{})
	api.make("docs", "")
	api.want("POST", "/collections/{docs}/add", numbered(10), 201, `{}`)
	get := func(body, want string) {
		t.Helper()
		api.want("POST", "/collections/{docs}/get", `{"include":[]`+body+`}`, 200, `{"ids":[`+want+`],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"include":[]}`)
	}
	get(``, `"0","1","2","3","4","5","6","7","8","9"`)
	get(`,"limit":6,"offset":3`, `"3","4","5","6","7","8"`)
	get(`,"limit":999999999,"offset":8`, `"8","9"`)
	get(`,"offset":10`, ``)
	get(`,"offset":9999`, ``)
	get(`,"offset":5,"where":{"none":{"$ne":1}},"limit":4`, `"5","6","7","8"`)
	get(`,"ids":["9","0","1","2","3","4","5","6","7","8","x","y"]`, `"0","1","2","3","4","5","6","7","8","9"`)
	api.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[0,1],[9,1],[5,1],[2,1]],"n_results":100,"include":[]}`, 200,
		`{"ids":[["0","1","2","3"],["9","8","7","6"],["5","4","6","3"],["2","1","3","0"]],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"distances":null,"include":[]}`)
	if got := api.send("POST", "/collections/{docs}/get", everything); got.status != 413 {
		t.Errorf("an answer that is too large = %v; want 413", got)
	}
	if got := api.send("POST", "/collections/{docs}/add", numbered(11)); got.status != 413 {
		t.Errorf("too many records at once = %v; want 413", got)
	}
	api.want("POST", "/collections/{docs}/delete", `{"where":{"none":{"$ne":1}},"limit":6}`, 200, `{"deleted":6}`)
	get(``, `"6","7","8","9"`)
}

func TestSlowQueriesAreLogged(t *testing.T) {
	logs, observed := observer.New(zap.WarnLevel)
	c := newClient(t, newService(t), web.Options{Logger: zap.New(logs)}, chromaapi.Options{SlowQuery: time.Nanosecond})
	c.make("docs", "")
	c.want("POST", "/collections/{docs}/add", numbered(3), 201, `{}`)
	if got := c.send("POST", "/collections/{docs}/query", `{"query_embeddings":[[1,1]]}`); got.status != 200 {
		t.Fatal(got)
	}
	slow := observed.FilterMessage("slow query").All()
	if len(slow) != 1 || slow[0].ContextMap()["database"] != "docs" || slow[0].ContextMap()["explain"] == nil {
		t.Errorf("log = %v; want the query with its explanation", observed.All())
	}
}

func TestLargeBodies(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	c.want("POST", "/collections/{docs}/add", numbered(3), 201, `{}`)
	blank := strings.Repeat(" ", 6<<20) // more than other bodies may have
	for op, body := range map[string]string{"query": `{"query_embeddings":[[1,1]],"n_results":1,"include":[]` + blank + `}`, "get": `{"ids":["1"],"include":[]` + blank + `}`, "delete": `{"ids":["x"]` + blank + `}`, "upsert": `{"ids":["1"],"embeddings":[[1,1]]` + blank + `}`} {
		if got := c.send("POST", "/collections/{docs}/"+op, body); got.status != 200 {
			t.Errorf("%s of 6 MiB = %.200v; want 200", op, got)
		}
	}
	if got := c.send("POST", "/collections/{docs}/query", strings.Repeat(blank, 6)); got.status != 413 || !strings.Contains(got.body, "ChromaError") {
		t.Errorf("a query of 36 MiB = %.200v; want 413", got)
	}
}
