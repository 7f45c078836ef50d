//go:build unix

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/memista/memista/internal/adapters/embed/static/statictest"
)

// address is where the pages have their server.
const address = "http://127.0.0.1:8083"

// TestPages runs what the pages show, page by page and from top to bottom, each page with
// a directory and a server of its own. Programs in Go are in TestAProgramOfAnotherModule.
func TestPages(t *testing.T) {
	fullText := hasFullText(t)
	ran := 0
	for _, page := range pages(t) {
		t.Run(page, func(t *testing.T) {
			d := &desk{t: t, dir: t.TempDir()}
			d.furnish()
			for _, s := range snippets(t, page) {
				switch {
				case s.notRun != "":
					t.Logf("%s:%d is not run: %s", s.page, s.line, s.notRun)
				case s.words && !fullText:
					t.Logf("%s:%d is not run: this build has no full text", s.page, s.line)
				default:
					ran++
					d.run(s)
				}
			}
		})
	}
	if ran < 30 {
		t.Errorf("%d snippets were run; want at least 30", ran)
	}
}

// TestThePageOfErrors holds the table of errors against the contract.
func TestThePageOfErrors(t *testing.T) {
	s := serve(t, t.TempDir(), nil)
	_, contract := s.do("GET", "/openapi.json", "")
	var c struct {
		Components struct {
			Schemas struct {
				Error struct {
					Properties struct{ Code struct{ Enum []string } }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(contract), &c); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := c.Components.Schemas.Error.Properties.Code.Enum
	if len(codes) < 20 {
		t.Fatalf("the contract has %d codes of errors", len(codes))
	}
	_, table, _ := strings.Cut(string(raw), "| status | `code` |")
	for _, code := range codes {
		if !strings.Contains(table, "`"+code+"`") {
			t.Errorf("docs/api.md has no row for the code %s", code)
		}
	}
}

// A desk is where the snippets of one page are run.
type desk struct {
	t      *testing.T
	dir    string
	server *server // nil: none was needed yet
}

// furnish makes the program findable, and the files that commands on the pages read and
// that a reader has of his own.
func (d *desk) furnish() {
	d.t.Helper()
	if err := os.Mkdir(filepath.Join(d.dir, "bin"), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(d.dir, "bin", "memista")); err != nil {
		d.t.Fatal(err)
	}
	if err := os.CopyFS(d.dir, os.DirFS("testdata/pages")); err != nil {
		d.t.Fatal(err)
	}
	// A small model in place of glove, which takes long to bring.
	if err := os.CopyFS(filepath.Join(d.dir, "models", "glove"), os.DirFS(statictest.New().Write(d.t))); err != nil {
		d.t.Fatal(err)
	}
	if out, err := d.bash("memista insert my_app --database-path data/memista.db 0.1 0.2"); err != nil {
		d.t.Fatalf("%v: %s", err, out)
	}
}

func (d *desk) run(s snippet) {
	d.t.Helper()
	switch s.language {
	case "console":
		d.console(s)
	case "sh":
		d.lines(s)
	case "python":
		d.program(s, "# ", "example.py", "python3", "python")
	case "js":
		d.program(s, "// ", "example.mjs", "node")
	case "json":
		if !json.Valid([]byte(s.text)) {
			d.t.Errorf("%s:%d: not JSON: %s", s.page, s.line, s.text)
		}
	case "yaml":
		if err := yaml.Unmarshal([]byte(s.text), new(any)); err != nil {
			d.t.Errorf("%s:%d: %v", s.page, s.line, err)
		}
	case "go":
		if !strings.HasPrefix(s.text, "package main\n") {
			d.t.Errorf("%s:%d: not a whole program, so nothing runs it", s.page, s.line)
		}
	case "text": // is no program
	default:
		d.t.Errorf("%s:%d: nothing runs a block in %q", s.page, s.line, s.language)
	}
}

// console runs commands that are shown with what they print.
func (d *desk) console(s snippet) {
	d.t.Helper()
	for _, part := range strings.Split("\n"+s.text, "\n$ ")[1:] {
		command, want := d.split(strings.TrimSuffix(part, "\n"))
		got, err := d.bash(command)
		if err != nil || !matches(want, got) {
			d.t.Errorf("%s:%d:\n$ %s\n got %s %v\nwant %s", s.page, s.line, command, got, err, want)
		}
	}
}

// split parts a command, which may take several lines, from what it prints.
func (d *desk) split(text string) (command, output string) {
	lines := strings.Split(text, "\n")
	for i := range lines {
		command = strings.Join(lines[:i+1], "\n")
		check := exec.Command("bash", "-n", "-c", command)
		if !strings.HasSuffix(command, `\`) && check.Run() == nil {
			return command, strings.Join(lines[i+1:], "\n")
		}
	}
	return text, ""
}

// took is the part of an answer that is never the same.
var took = regexp.MustCompile(`"took_ms":[0-9.]+`)

// matches reports whether an output is as shown, where … stands for anything.
func matches(want, got string) bool {
	want, got = took.ReplaceAllString(want, ""), took.ReplaceAllString(got, "")
	parts := strings.Split(strings.TrimSpace(want), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(strings.TrimSpace(got))
}

// lines runs commands of which only the success is shown. What make would do is looked up
// and not done: it takes minutes, or does not end.
func (d *desk) lines(s snippet) {
	d.t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		d.t.Fatal(err)
	}
	script := fmt.Sprintf("set -e\nmake() { command make -s -n -C %q \"$@\" >/dev/null; }\n", root)
	if out, err := d.bash(script + s.text); err != nil {
		d.t.Errorf("%s:%d: %v\n%s", s.page, s.line, err, out)
	}
}

// bash runs a script in the directory of the page and returns all that it prints.
func (d *desk) bash(script string) (string, error) {
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", d.at(script))
	cmd.Dir = d.dir
	cmd.Env = []string{"HOME=" + d.dir, "PATH=" + filepath.Join(d.dir, "bin") + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	text := string(out)
	if d.server != nil {
		text = strings.ReplaceAll(text, d.server.URL, address)
	}
	return text, err
}

// at puts the address of the page's server in place of the one that the text has.
func (d *desk) at(text string) string {
	if !strings.Contains(text, address) {
		return text
	}
	if d.server == nil {
		d.server = serve(d.t, d.t.TempDir(), nil)
	}
	return strings.ReplaceAll(text, address, d.server.URL)
}

// program runs one with the first of the tools that is installed. It prints what the
// comment on its last lines says.
func (d *desk) program(s snippet, comment, file string, tools ...string) {
	d.t.Helper()
	for _, name := range tools {
		tool, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		path := filepath.Join(d.t.TempDir(), file)
		if err := os.WriteFile(path, []byte(d.at(s.text)), 0o600); err != nil {
			d.t.Fatal(err)
		}
		out, err := exec.Command(tool, path).CombinedOutput()
		if want := promised(s.text, comment); err != nil || string(out) != want {
			d.t.Errorf("%s:%d: the program printed %q, %v; want %q", s.page, s.line, out, err, want)
		}
		return
	}
	d.t.Logf("%s:%d is not run: none of %v is installed", s.page, s.line, tools)
}

// TestWhatPagesPromise spoils each kind of snippet, so that none of them passes whatever
// happens.
func TestWhatPagesPromise(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{`{"took_ms":0.05}`, `{"took_ms":12}` + "\n", true},
		{"a … c", "a b c", true},
		{"a … c", "a b d", false},
		{"", "something", false},
		{"1.5", "1x5", false},
	} {
		if got := matches(c.want, c.got); got != c.same {
			t.Errorf("matches(%q, %q) = %v; want %v", c.want, c.got, got, c.same)
		}
	}
	d := &desk{t: t, dir: t.TempDir()}
	command, output := d.split("echo 'a\nb'\na\nb")
	if command != "echo 'a\nb'" || output != "a\nb" {
		t.Errorf("split = %q, %q", command, output)
	}
}
