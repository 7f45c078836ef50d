package clients_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// helpers are packages that clients need beside them, and that are no clients.
var helpers = []string{"@langchain/core", "@llamaindex/core", "@llamaindex/env", "@mastra/core", "empty-npm-package"}

// read returns the contents of a file.
func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// pinned returns the clients that the tests run, as "name version".
func pinned(t *testing.T) []string {
	t.Helper()
	var wanted struct{ Dependencies map[string]string }
	var lock struct {
		Packages map[string]struct{ Name, Version string }
	}
	for file, into := range map[string]any{"package.json": &wanted, "package-lock.json": &lock} {
		if err := json.Unmarshal([]byte(read(t, filepath.Join("testdata", file))), into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	var out []string
	for alias := range wanted.Dependencies {
		locked := lock.Packages["node_modules/"+alias]
		if locked.Name == "" {
			locked.Name = alias
		}
		if !slices.Contains(helpers, locked.Name) {
			out = append(out, locked.Name+" "+locked.Version)
		}
	}
	const chain = "github.com/tmc/langchaingo"
	found := regexp.MustCompile(chain + ` (v\S+)`).FindStringSubmatch(read(t, filepath.Join("langchaingo", "go.mod")))
	if found == nil {
		t.Fatalf("go.mod of the module langchaingo does not require %s", chain)
	}
	return append(out, chain+" "+found[1])
}

func TestThePageNamesTheVersionsThatAreTested(t *testing.T) {
	page := read(t, filepath.Join("..", "..", "docs", "compatibility.md"))
	_, section, found := strings.Cut(page, "\n## Clients tested\n")
	if !found {
		t.Fatal(`docs/compatibility.md has no section "Clients tested"`)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\S+) \\|").FindAllStringSubmatch(section, -1) {
		told = append(told, row[1]+" "+row[2])
	}
	tested := pinned(t)
	slices.Sort(told)
	slices.Sort(tested)
	if diff := cmp.Diff(tested, told); diff != "" {
		t.Errorf("clients in docs/compatibility.md (-tested +told):\n%s", diff)
	}
}

func TestVersionsAreExactAndNoRegistryIsNamed(t *testing.T) {
	var wanted struct{ Dependencies, Overrides map[string]string }
	if err := json.Unmarshal([]byte(read(t, filepath.Join("testdata", "package.json"))), &wanted); err != nil {
		t.Fatal(err)
	}
	exact := regexp.MustCompile(`^(npm:.+@)?\d+\.\d+\.\d+$`)
	for _, versions := range []map[string]string{wanted.Dependencies, wanted.Overrides} {
		for name, version := range versions {
			if !exact.MatchString(version) {
				t.Errorf("package.json: %s is %q; want one version", name, version)
			}
		}
	}
	if strings.Contains(read(t, filepath.Join("testdata", "package-lock.json")), `"resolved"`) {
		t.Error("package-lock.json says from where packages come; make it with npm install --package-lock-only --omit-lockfile-registry-resolved")
	}
}
