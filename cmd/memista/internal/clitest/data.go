package clitest

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

// ThreeWords is a file of three chunks, of which one has a key, for import.
const ThreeWords = `{"embedding":[1,0],"text":"east","metadata":{"a":1}}
{"embedding":[0,1],"text":"north","key":"n"}
{"embedding":[-1,0],"text":"west","metadata":"x"}
`

// OnBoth runs a test on a data file and on a server, which where names.
func OnBoth(t *testing.T, test func(t *testing.T, s *Shell, where []string)) {
	t.Helper()
	t.Run("data file", func(t *testing.T) { test(t, New(t), nil) })
	t.Run("server", func(t *testing.T) {
		db, err := memista.Open("", nil)
		if err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(server.New(db, nil))
		t.Cleanup(func() {
			web.Close()
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, New(t), []string{"--server", web.URL})
	})
}

// ImportAnimals imports three chunks into the database d, with full text if this build
// has it.
func (s *Shell) ImportAnimals(where []string) {
	s.t.Helper()
	rows := `{"key":"a","embedding":[0],"text":"red cat","metadata":{"n":1}}
{"key":"b","embedding":[1],"text":"red dog","metadata":{"n":2}}
{"key":"c","embedding":[3],"text":"blue dog","metadata":{"n":3}}
`
	args := append([]string{"import", "d", s.File("animals.jsonl", rows), "--metric", "l2"}, where...)
	if Build.FullText {
		args = append(args, "--full-text")
	}
	s.OK(args...)
}

// Vectors writes a file of n rows of 24 components, for which a graph pays from 5,020 on.
func Vectors(t *testing.T, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		b.WriteString(`{"embedding":[`)
		for i := range 24 {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%.3f", rng.Float32()-0.5)
		}
		b.WriteString("]}\n")
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
