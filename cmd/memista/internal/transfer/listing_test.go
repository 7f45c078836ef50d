package transfer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/server"
)

// TestAnImportIsCanceledAtTheServer holds the fourth batch of an import back, looks at the
// import from another terminal, and cancels it there.
func TestAnImportIsCanceledAtTheServer(t *testing.T) {
	s := clitest.New(t)
	db, err := memista.Open(filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var batches atomic.Int64
	reached, free := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(free) })
	inner := server.New(db, nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.URL.Path == "/v1/insert" || strings.HasSuffix(r.URL.Path, "/chunks")) && r.Method == http.MethodPost && batches.Add(1) == 4 {
			close(reached)
			<-free
			return // as if the connection had broken
		}
		inner.ServeHTTP(w, r)
	}))
	defer web.Close()
	defer release()
	var lines strings.Builder
	for i := range 100 {
		fmt.Fprintf(&lines, `{"embedding":[%d,1],"text":"%s"}`+"\n", i+100, strings.Repeat("x", 20<<10)) // beyond what a reader reads ahead
	}
	file := s.File("rows.jsonl", lines.String())
	type result struct {
		code   int
		errOut string
	}
	ended := make(chan result, 1)
	go func() {
		code, _, errOut := s.Run("import", "rows", file, "--batch", "10", "--server", web.URL)
		ended <- result{code, errOut}
	}()
	select {
	case <-reached:
	case r := <-ended:
		t.Fatalf("the import has ended with %d, %q", r.code, r.errOut)
	}
	far := regexp.MustCompile(`\n1 +import +rows +running +([23][0-9]) % +[1-9][0-9]*/s `)
	for deadline := time.Now().Add(30 * time.Second); ; {
		out := s.OK("jobs", "--server", web.URL)
		if far.MatchString(out) { // told once a second
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("jobs printed %q; want the import at about 30 %%", out)
		}
	}
	if out := s.OK("jobs", "cancel", "1", "--server", web.URL); out != "job 1 is canceled\n" {
		t.Errorf("jobs cancel printed %q", out)
	}
	release()
	if r := <-ended; r.code != cli.Failed || !strings.Contains(r.errOut, "rows.jsonl: canceled at the server, rows up to 30 are stored; the same command goes on from there") {
		t.Errorf("the import has ended with %d, %q", r.code, r.errOut)
	}
	if n, err := db.Count(t.Context(), "rows", nil); err != nil || n != 30 {
		t.Errorf("%d rows are stored, %v; want three whole batches", n, err)
	}
	if out := s.OK("import", "rows", file, "--batch", "10", "--server", web.URL); out != "rows.jsonl: 70 rows stored\n" {
		t.Errorf("the second import printed %q", out)
	}
	if n, err := db.Count(t.Context(), "rows", nil); err != nil || n != 100 {
		t.Errorf("%d rows are stored, %v; want each once", n, err)
	}
	list := jobsOf(t, db)
	if j := list[len(list)-1]; len(list) != 2 || j.Kind != "import" || j.State != "done" || j.Percent != 100 {
		t.Errorf("the jobs are %+v; want a second import that is done", list)
	}
	bad := s.File("bad.jsonl", "{\n")
	s.Fails(cli.Failed, "unexpected EOF", "import", "rows", bad, "--server", web.URL)
	list = jobsOf(t, db)
	if j := list[len(list)-1]; j.State != "failed" || !strings.Contains(fmt.Sprint(j.Err), "row 1: unexpected EOF") {
		t.Errorf("an import that fails is listed as %+v", j)
	}
}

// TestAnImportIntoAnOlderServer is about one that lists no imports.
func TestAnImportIntoAnOlderServer(t *testing.T) {
	s := clitest.New(t)
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	inner := server.New(db, nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/imports") {
			http.NotFound(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer web.Close()
	if out := s.OK("import", "compass", s.File("words.jsonl", clitest.ThreeWords), "--server", web.URL); out != "words.jsonl: 3 rows stored\n" {
		t.Errorf("import printed %q", out)
	}
}

func jobsOf(t *testing.T, db *memista.DB) []memista.Job {
	t.Helper()
	list, err := db.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}
