//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// outside is a program as somebody else writes it.
const outside = `package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

func main() {
	ctx := context.Background()
	db, err := memista.Open("data/memista.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	_, err = db.Insert(ctx, "words", []memista.Chunk{
		{Embedding: []float32{1, 0}, Text: "east"},
		{Embedding: []float32{0, 1}, Text: "north"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	hits, err := db.Search(ctx, "words", []float32{0.9, 0.1}, 1, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hits[0].Text)
	_, err = db.Search(ctx, "nothing", []float32{1}, 1, nil)
	fmt.Println(errors.Is(err, memista.ErrNotFound))

	web := httptest.NewServer(server.New(db, nil))
	defer web.Close()
	res, err := web.Client().Post(web.URL+"/v1/search", "application/json",
		strings.NewReader(` + "`" + `{"database_id":"words","embeddings":[[0.1,0.9]],"num_results":1}` + "`" + `))
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(body))
}
`

// requirements are the lines of our go.mod that say which versions we use.
var requirements = regexp.MustCompile(`(?ms)^require \(.*?^\)`)

func TestAProgramOfAnotherModule(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := serve(t, t.TempDir(), nil)
	// Our versions are repeated, so that nothing has to be looked up.
	own := "module example.test/outside\n\ngo 1.26.0\n\nrequire github.com/memista/memista v0.0.0\n\nreplace github.com/memista/memista => " +
		root + "\n\n" + strings.Join(requirements.FindAllString(string(mod), -1), "\n\n") + "\n"
	files := map[string]string{"go.mod": own, "go.sum": string(sum), "outside/main.go": outside}
	shown := everySnippet(t, "go")
	for i, p := range shown {
		files[fmt.Sprintf("shown%d/main.go", i)] = strings.ReplaceAll(p.text, address, s.URL)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(t *testing.T, name string) string {
		cmd := exec.Command("go", "run", "-tags", buildTags, "./"+name)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go run: %v\n%s", err, out)
		}
		return string(out)
	}
	t.Run("library, errors and handler", func(t *testing.T) {
		out := run(t, "outside")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 3 || lines[0] != "east" || lines[1] != "true" || !strings.Contains(lines[2], `"text":"north"`) {
			t.Errorf("the program printed:\n%s", out)
		}
	})
	fullText := hasFullText(t)
	for i, p := range shown {
		t.Run(fmt.Sprintf("%s:%d", p.page, p.line), func(t *testing.T) {
			if p.words && !fullText {
				t.Skip("this build has no full text")
			}
			if out, want := run(t, fmt.Sprintf("shown%d", i)), promised(p.text, "// "); out != want {
				t.Errorf("the program printed %q; want %q, as its comment says", out, want)
			}
		})
	}
	if len(shown) < 2 {
		t.Errorf("the pages show %d programs in Go; want at least 2", len(shown))
	}
}
