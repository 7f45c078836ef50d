//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
)

// library is a folder, and an embedder that counts what it is asked.
type library struct {
	t     *testing.T
	dir   string
	texts *remotetest.Server
	env   []string
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	texts := remotetest.NewOpenAI(t)
	return &library{t, t.TempDir(), texts, []string{"MEMISTA_OPENAI_URL=" + texts.URL + "/v1", "MEMISTA_EMBEDDER=openai/words"}}
}

// write writes a file into the folder docs.
func (l *library) write(name, text string) {
	l.t.Helper()
	path := filepath.Join(l.dir, "docs", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// run runs a command that must end with code, and returns what it printed.
func (l *library) run(code int, args ...string) (out, errOut string) {
	l.t.Helper()
	got, out, errOut := ends(l.t, l.dir, l.env, args...)
	if got != code {
		l.t.Errorf("memista %s = %d, %s, stderr %s; want %d", strings.Join(args, " "), got, out, errOut, code)
	}
	return out, errOut
}

// embedded returns the passages that the embedder has seen since the last call.
func (l *library) embedded() (passages []string) {
	for _, call := range l.texts.Memory.Calls() {
		for _, text := range call {
			if strings.Contains(text, "passage") {
				passages = append(passages, text)
			}
		}
	}
	slices.Sort(passages)
	return passages
}

// onBoth runs a test on a data file, and on a server, each with an embedder of its own.
func onBoth(t *testing.T, test func(t *testing.T, l *library, where []string)) {
	t.Helper()
	t.Run("data file", func(t *testing.T) { test(t, newLibrary(t), nil) })
	t.Run("server", func(t *testing.T) {
		l := newLibrary(t)
		s := serve(t, t.TempDir(), l.env)
		test(t, l, []string{"--server", s.URL})
	})
}

func TestAddAndAsk(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library, where []string) {
		do := func(code int, args ...string) (string, string) { return l.run(code, append(args, where...)...) }
		l.write("pump.md", "# Pump\n\n## Start\n\npassage one about levers\n\n## Stop\n\npassage two about buttons\n")
		l.write("deep/lamp.txt", "passage three about lamps\n")
		out, _ := do(0, "add", "notes", "docs")
		if want := "3 passages of 2 files: 3 embedded, 0 moved, 0 unchanged, 0 deleted\n"; out != want {
			t.Errorf("add printed %q; want %q", out, want)
		}
		if got := l.embedded(); len(got) != 3 {
			t.Errorf("the embedder saw %q; want three passages", got)
		}
		out, _ = do(0, "ask", "notes", "about buttons", "-k", "1")
		if want := "1. pump.md:7  Pump > Stop\n   ## Stop\n\n   passage two about buttons\n"; out != want {
			t.Errorf("ask printed %q; want %q", out, want)
		}
		out, _ = do(0, "ask", "notes", "buttons", "--json", "--filter", `{"source":"deep/lamp.txt"}`)
		var hit struct {
			Key      string
			Metadata struct{ Line int }
		}
		if err := json.Unmarshal([]byte(out), &hit); err != nil || hit.Key != "deep/lamp.txt#1" || hit.Metadata.Line != 1 {
			t.Errorf("ask --json printed %q, %v", out, err)
		}
		l.embedded()

		l.write("pump.md", "# Pump\n\n## Start\n\npassage one about levers\n\n## Stop\n\npassage four about valves\n")
		do(0, "add", "notes", "docs")
		if got := l.embedded(); len(got) != 1 || !strings.Contains(got[0], "four") {
			t.Errorf("the embedder saw %q; want what has changed", got)
		}
		if err := os.Remove(filepath.Join(l.dir, "docs", "deep", "lamp.txt")); err != nil {
			t.Fatal(err)
		}
		out, _ = do(0, "add", "notes", "docs")
		if want := "2 passages of 1 files: 0 embedded, 0 moved, 2 unchanged, 1 deleted\n"; out != want || len(l.embedded()) != 0 {
			t.Errorf("add printed %q; want %q", out, want)
		}
		if out, _ = do(0, "count", "notes"); out != "2\n" {
			t.Errorf("count printed %q; want 2", out)
		}
	})
}

// handbook is a PDF file with a heading and a passage on its only page.
func handbook() string {
	const shown = "BT /F 20 Tf 72 700 Td (Handbook) Tj /F 10 Tf 0 -30 Td [(passage)-250(of the pumps,)] TJ 0 -12 Td (with its end.) Tj ET"
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(shown), shown),
		"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126/Widths[" + strings.Repeat("600 ", 95) + "]>>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.String()
}

func TestAddOfPDF(t *testing.T) {
	onBoth(t, func(t *testing.T, l *library, where []string) {
		l.write("handbook.pdf", handbook())
		l.write("damaged.pdf", handbook()[:300])
		l.write("z.md", "passage of another file")
		out, errOut := l.run(1, append([]string{"add", "notes", "docs"}, where...)...)
		if !strings.HasPrefix(out, "2 passages of 2 files: 2 embedded") || !strings.Contains(errOut, "damaged.pdf: not readable: ") {
			t.Errorf("add printed %q, and %q", out, errOut)
		}
		want := "1. handbook.pdf:1  Handbook\n   Handbook\n\n   passage of the pumps, with its end.\n"
		if out, _ := l.run(0, append([]string{"ask", "notes", "the pumps, with its end", "-k", "1"}, where...)...); out != want {
			t.Errorf("ask printed %q; want %q", out, want)
		}
	})
}

func TestAddOfRubbish(t *testing.T) {
	l := newLibrary(t)
	l.write("good.md", "passage one")
	l.write("bad.pdf", "%PDF-1.4\nrubbish")
	l.write("bad.docx", "rubbish")
	l.write("image.png", "\x89PNG\x00\x00")
	out, errOut := l.run(1, "add", "notes", "docs")
	if !strings.HasPrefix(out, "1 passages of 1 files: 1 embedded") || !strings.Contains(errOut, "bad.pdf: not readable: ") ||
		!strings.Contains(errOut, "bad.docx: not readable: it is no Word document") || !strings.Contains(errOut, "memista: 2 files or passages could not be added") || strings.Contains(errOut, "png") {
		t.Errorf("add printed %q, and %q", out, errOut)
	}
}

func TestAddWithoutAnEmbedder(t *testing.T) {
	l := newLibrary(t)
	l.env = nil
	l.write("good.md", "passage one")
	for _, args := range [][]string{{"add", "notes", "docs"}, {"add", "bare", "docs"}, {"ask", "bare", "what?"}} {
		if args[1] == "bare" {
			l.run(0, "create", "bare")
		}
		if _, errOut := l.run(1, args...); !strings.Contains(errOut, "no embedder to make") || !strings.Contains(errOut, "--embedder") {
			t.Errorf("memista %s printed %q; want how to get an embedder", args, errOut)
		}
	}
	l.run(2, "add", "notes")
	l.run(2, "ask", "notes", " ")
	l.run(2, "add", "notes", "docs", "--embedder", "nonsense")
}

func TestKilledAddGoesOn(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	const files = 60
	l := newLibrary(t)
	for i := range files {
		l.write(fmt.Sprintf("%02d.md", i), fmt.Sprintf("passage %d\n\n# More\n\npassage %d again\n", i, i))
	}
	for range 4 {
		var calls atomic.Int64
		reached, stop := make(chan struct{}), 1+rng.Int64N(6)
		l.texts.Always(func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) == stop {
				close(reached)
			}
			l.texts.Embed(w, r)
		})
		cmd := command(l.dir, l.env, "add", "notes", "docs", "--batch", "5")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-reached:
			_ = cmd.Process.Kill() // it may just have ended
			<-ended
		case <-ended: // it had less to do
		}
	}
	l.run(0, "add", "notes", "docs")
	out, _ := l.run(0, "list", "notes", "--all")
	keys := map[string]string{}
	for line := range strings.Lines(out) {
		var c struct{ Key, Text string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if before, twice := keys[c.Key]; twice {
			t.Errorf("the key %s is there twice: %q and %q", c.Key, before, c.Text)
		}
		keys[c.Key] = c.Text
	}
	if len(keys) != 2*files || keys["07.md#2"] != "# More\n\npassage 7 again" {
		t.Errorf("there are %d passages; want %d, among them that of 07.md, which is %q", len(keys), 2*files, keys["07.md#2"])
	}
	l.embedded()
	if out, _ := l.run(0, "add", "notes", "docs"); !strings.Contains(out, fmt.Sprintf(" 0 embedded, 0 moved, %d unchanged, 0 deleted", 2*files)) || len(l.embedded()) > 0 {
		t.Errorf("add printed %q; want nothing to be left", out)
	}
}
