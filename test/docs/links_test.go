package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// markdown returns the pages that readers are led to, by their paths in the repository.
func markdown(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); d.IsDir() && (rel == ".git" || rel == "bin" || rel == "data" || strings.Contains(rel, "testdata")) {
			return filepath.SkipDir
		}
		if path.Ext(rel) == ".md" {
			found[rel] = read(t, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, rel string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, rel))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), "\r\n", "\n") // as git checks out on Windows
}

var (
	block   = regexp.MustCompile("(?ms)^```.*?^```$")
	code    = regexp.MustCompile("`[^`]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// anchors are what GitHub makes of the headings of a page.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
		slug := strings.ToLower(strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r > 127:
				return r
			}
			return -1
		}, m[1]))
		found[slug] = true
	}
	return found
}

// broken returns the links of a page that lead nowhere; pages are all there are.
func broken(rel string, pages map[string]string) []string {
	var bad []string
	text := code.ReplaceAllString(block.ReplaceAllString(pages[rel], ""), "")
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		to := rel
		if file != "" {
			to = path.Join(path.Dir(rel), file)
		}
		if _, err := os.Stat(filepath.Join(root, to)); err != nil || anchor != "" && !anchors(pages[to])[anchor] {
			bad = append(bad, m[1])
		}
	}
	return bad
}

func TestLinks(t *testing.T) {
	pages := markdown(t)
	for rel := range pages {
		for _, to := range broken(rel, pages) {
			t.Errorf("%s: the link %s leads nowhere", rel, to)
		}
	}
	spoiled := map[string]string{"README.md": "[a](nowhere.md) [b](#nowhere) [c](README.md#here) [d](http://example.org)\n# Here\n"}
	if got := broken("README.md", spoiled); len(got) != 2 {
		t.Errorf("broken = %q; want the first two", got)
	}
}

func TestTheIndexHasAllPages(t *testing.T) {
	pages := markdown(t)
	for rel := range pages {
		if short, ok := strings.CutPrefix(rel, "docs/"); ok && short != "README.md" && !strings.Contains(pages["docs/README.md"], "]("+short+")") {
			t.Errorf("docs/README.md does not lead to %s", rel)
		}
	}
}

// inRepository is a path of this repository in a text, a diagram or a picture.
var inRepository = regexp.MustCompile(`\b(?:internal|cmd|server|client|configs|docs|test)/[\w./-]*[\w]|\.(?:ci|github)/[\w./-]*\w`)

// TestPaths sees to it that what pages say about files is so. CHANGELOG.md tells of files
// that were.
func TestPaths(t *testing.T) {
	pages := markdown(t)
	delete(pages, "CHANGELOG.md")
	pages["docs/architecture.svg"] = read(t, "docs/architecture.svg")
	count := map[string]int{}
	for rel, text := range pages {
		for _, name := range inRepository.FindAllString(link.ReplaceAllString(text, ""), -1) {
			count[rel]++
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Errorf("%s names %s, which is not there: has it moved?", rel, name)
			}
		}
	}
	for _, rel := range []string{"CONTRIBUTING.md", "docs/architecture.md", "docs/architecture.svg"} {
		if count[rel] < 8 {
			t.Errorf("%s names %d paths; want at least 8", rel, count[rel])
		}
	}
	if got := inRepository.FindAllString("see `internal/app/insert.go`, then internal/ports.", -1); len(got) != 2 || got[0] != "internal/app/insert.go" || got[1] != "internal/ports" {
		t.Errorf("paths = %q", got)
	}
}
