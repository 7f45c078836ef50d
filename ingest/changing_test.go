package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/ingest"
)

func TestFilesThatChangeBeforeTheyAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		say    string
	}{
		"one that has grown too large is refused, and not cut": {func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("passage\n\n", 65<<20/9)), 0o600)
		}, "more than 64 MiB"},
		"one that has become a link is not followed": {func(path string) error {
			outside := filepath.Join(t.TempDir(), "outside.md")
			if err := os.WriteFile(outside, []byte("passage outside"), 0o600); err != nil {
				return err
			}
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Symlink(outside, path)
		}, "other than a file"},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, d *desk) { checkChange(t, d, c.change, c.say) })
		})
	}
}

// checkChange changes b.md after a.md was read.
func checkChange(t *testing.T, d *desk, change func(string) error, say string) {
	t.Helper()
	d.write("a.md", "passage one")
	d.write("b.md", "passage two")
	o := ingest.Options{Progress: func(p ingest.Progress) {
		if p.Files == 1 {
			if err := change(filepath.Join(d.dir, "b.md")); err != nil {
				t.Fatal(err)
			}
		}
	}}
	r, err := ingest.Add(t.Context(), d.s, "d", []string{d.dir}, &o)
	if err != nil || r.Embedded != 1 || len(r.Failed) != 1 || r.Failed[0].Source != "b.md" || !strings.Contains(r.Failed[0].Error(), say) {
		t.Errorf("Add = %d embedded, failed %v, %v; want only a.md, and that b.md has %q", r.Embedded, r.Failed, err, say)
	}
}
