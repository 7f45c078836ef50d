//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blocks returns the blocks of the README in the given language, in their order.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, rest := range strings.Split(string(raw), "\n```"+language+"\n")[1:] {
		text, _, closed := strings.Cut(rest, "\n```\n")
		if !closed {
			t.Fatalf("README.md has a block in %s without an end", language)
		}
		found = append(found, text+"\n")
	}
	return found
}

// block returns the one block in the given language that contains part.
func block(t *testing.T, language, part string) string {
	t.Helper()
	var found []string
	for _, b := range blocks(t, language) {
		if strings.Contains(b, part) {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		t.Fatalf("README.md has %d blocks in %s with %q; want 1", len(found), language, part)
	}
	return found[0]
}

// address is where the README has its server.
const address = "http://127.0.0.1:8083"

// took is the part of an answer that is never the same.
var took = regexp.MustCompile(`"took_ms":[0-9.]+`)

func TestTheRequestsOfTheREADME(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	s := serve(t, t.TempDir(), nil)
	asked := 0
	for _, b := range blocks(t, "console") {
		for _, request := range strings.Split("\n"+b, "\n$ ")[1:] {
			if !strings.Contains(request, address) {
				continue
			}
			asked++
			// The answer is the last line, the command all before it.
			request = strings.TrimSuffix(request, "\n")
			at := strings.LastIndexByte(request, '\n')
			command, want := request[:at], request[at+1:]
			out, err := exec.Command("bash", "-c", strings.ReplaceAll(command, address, s.URL)).CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || took.ReplaceAllString(got, "") != took.ReplaceAllString(want, "") {
				t.Errorf("$ %s\n got %s %v\nwant %s", command, got, err, want)
			}
		}
	}
	if asked < 7 {
		t.Errorf("the README has %d requests; want at least 7", asked)
	}
}

// The programs of the README print what the comments on their last lines say.
func TestTheProgramsOfTheREADME(t *testing.T) {
	s := serve(t, t.TempDir(), nil)
	for _, p := range []struct {
		language, part, comment string
		tools                   []string // any of these
		file                    string
	}{
		{"python", "urllib.request", "# ", []string{"python3", "python"}, "example.py"},
		{"js", "await fetch", "// ", []string{"node"}, "example.mjs"},
	} {
		t.Run(p.language, func(t *testing.T) {
			tool := ""
			for _, name := range p.tools {
				if path, err := exec.LookPath(name); err == nil {
					tool = path
					break
				}
			}
			if tool == "" {
				t.Skipf("none of %v is installed", p.tools)
			}
			program := block(t, p.language, p.part)
			path := filepath.Join(t.TempDir(), p.file)
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(program, address, s.URL)), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(tool, path).CombinedOutput()
			if want := promised(program, p.comment); err != nil || string(out) != want {
				t.Errorf("the program printed %q, %v; want %q", out, err, want)
			}
		})
	}
}

// promised returns what the last comment of a program says that it prints.
func promised(program, comment string) string {
	at := strings.LastIndex(program, comment)
	line, _, _ := strings.Cut(program[at+len(comment):], "\n")
	return line + "\n"
}
