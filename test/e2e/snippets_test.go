//go:build unix

package e2e_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A snippet is a fenced block of a page.
type snippet struct {
	page     string // as it is called in the repository
	line     int    // of its first fence
	language string
	text     string
	notRun   string // the reason, from a comment before it
	words    bool   // it needs full text
}

var (
	fence = regexp.MustCompile("^( *)```(.*)$")
	// notRun says why a snippet is only shown, and needsWords that builds without full
	// text pass it over. Both stand on the line before the block.
	notRun     = regexp.MustCompile(`^<!-- not run: (\S.*) -->$`)
	needsWords = "<!-- needs full text -->"
)

// pages returns the Markdown files that readers are led to: those at the top of the
// repository and below docs.
func pages(t *testing.T) []string {
	t.Helper()
	top, err := filepath.Glob("../../*.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range top {
		found = append(found, filepath.Base(path))
	}
	err = filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".md" {
			found = append(found, filepath.ToSlash(strings.TrimPrefix(path, "../../")))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// snippets returns the blocks of a page in their order.
func snippets(t *testing.T, page string) []snippet {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../..", page))
	if err != nil {
		t.Fatal(err)
	}
	var found []snippet
	var open *snippet
	before := ""
	for i, line := range strings.Split(string(raw), "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m == nil && open != nil:
			open.text += line + "\n"
		case m != nil && open != nil:
			found = append(found, *open)
			open = nil
		case m != nil:
			open = &snippet{page: page, line: i + 1, language: m[2], words: before == needsWords}
			if why := notRun.FindStringSubmatch(before); why != nil {
				open.notRun = why[1]
			}
		}
		before = line
	}
	if open != nil {
		t.Fatalf("%s:%d: the block has no end", page, open.line)
	}
	return found
}

// everySnippet returns the blocks in one language on all pages, without those that are
// only shown.
func everySnippet(t *testing.T, language string) []snippet {
	t.Helper()
	var found []snippet
	for _, page := range pages(t) {
		for _, s := range snippets(t, page) {
			if s.language == language && s.notRun == "" {
				found = append(found, s)
			}
		}
	}
	return found
}

// hasFullText reports whether the build under test finds words.
func hasFullText(t *testing.T) bool {
	t.Helper()
	code, out, errOut := ends(t, t.TempDir(), nil, "version", "--json")
	var v struct {
		FullText bool `json:"full_text"`
	}
	if err := json.Unmarshal([]byte(out), &v); code != 0 || err != nil {
		t.Fatalf("version --json = %d, %s %s %v", code, out, errOut, err)
	}
	return v.FullText
}

// promised returns what the last comment of a program says that it prints.
func promised(program, comment string) string {
	at := strings.LastIndex(program, comment)
	line, _, _ := strings.Cut(program[at+len(comment):], "\n")
	return line + "\n"
}
