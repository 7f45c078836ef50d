package qdrantapi_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

var update = flag.Bool("update", false, "write the answers that there are into testdata")

// timed are the parts of answers that are never the same.
var timed = regexp.MustCompile(`"time":[0-9.]+`)

// TestWire sends what stands in testdata/wire.txt, one request after the other, and wants
// the answers there: each after a line with method, path and body.
func TestWire(t *testing.T) {
	raw, err := os.ReadFile("testdata/wire.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, web.Options{})
	var out strings.Builder
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line == "" || line[0] == '#' {
			fmt.Fprintln(&out, line)
			continue
		}
		method, rest, _ := strings.Cut(line, " ")
		path, body, _ := strings.Cut(rest, " ")
		rec := c.send(method, path, body)
		got := fmt.Sprintf("%d %s", rec.Code, strings.TrimSpace(timed.ReplaceAllString(rec.Body.String(), `"time":0`)))
		fmt.Fprintf(&out, "%s\n%s\n", line, got)
		if i+1 < len(lines) && len(lines[i+1]) > 3 && lines[i+1][0] >= '1' && lines[i+1][0] <= '5' {
			i++
			if lines[i] != got && !*update {
				t.Errorf("%s\n got: %s\nwant: %s", line, got, lines[i])
			}
		} else if !*update {
			t.Errorf("%s: no answer stands there; -update writes it", line)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/wire.txt", []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
