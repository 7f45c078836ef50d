//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// block returns the first block of the README in the given language.
func block(t *testing.T, language string) string {
	t.Helper()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(raw), "\n```"+language+"\n")
	text, _, closed := strings.Cut(rest, "\n```\n")
	if !ok || !closed {
		t.Fatalf("README.md has no block in %s", language)
	}
	return text + "\n"
}

func TestTheRequestsOfTheREADME(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	s := serve(t, t.TempDir(), nil)
	asked := strings.Split("\n"+block(t, "console"), "\n$ ")[1:]
	if len(asked) != 3 {
		t.Fatalf("the README has %d requests; want 3", len(asked))
	}
	for _, request := range asked {
		// The answer is the last line, the command all before it.
		request = strings.TrimSuffix(request, "\n")
		at := strings.LastIndexByte(request, '\n')
		command, want := request[:at], request[at+1:]
		out, err := exec.Command("bash", "-c", strings.ReplaceAll(command, "http://127.0.0.1:8083", s.url)).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("$ %s\n got %s %v\nwant %s", command, got, err, want)
		}
	}
}
