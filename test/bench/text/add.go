package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/test/bench/measure"
)

const (
	addFiles    = 500
	addSections = 20 // of a file, each a passage
	addTexts    = 6  // definitions in a section
	addRounds   = 3
)

// passages finds how many passages `memista add` says there are, and how many it embedded.
var passages = regexp.MustCompile(`(\d+) passages of \d+ files: (\d+) embedded`)

// adding prints how long `memista add` takes for a folder of Markdown, durable, with full
// text and its index, and once more where nothing has changed.
func adding(ctx context.Context, folder, binary string, all []meaning) error {
	dir, remove, err := temporary()
	if err != nil {
		return err
	}
	defer remove()
	docs := filepath.Join(dir, "docs")
	if err := writeMarkdown(docs, all); err != nil {
		return err
	}
	var first, again measure.Values // seconds
	var n int
	for range addRounds {
		path := filepath.Join(dir, "data", "memista.db")
		if err := os.RemoveAll(filepath.Dir(path)); err != nil {
			return err
		}
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		for _, times := range []*measure.Values{&first, &again} {
			start := time.Now()
			cmd := exec.CommandContext(ctx, binary, "add", database, docs, "--embedder", static.Provider+"/"+filepath.Base(folder))
			cmd.Env = append(os.Environ(), "DATABASE_PATH="+path, "MEMISTA_MODELS="+filepath.Dir(folder))
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			*times = append(*times, time.Since(start).Seconds())
			said := passages.FindStringSubmatch(string(out))
			if said == nil || times == &again && said[2] != "0" {
				return fmt.Errorf("add says %q", out)
			}
			if n, err = strconv.Atoi(said[1]); err != nil {
				return err
			}
		}
	}
	var rate measure.Values
	for _, s := range first {
		rate = append(rate, float64(n)/s)
	}
	fmt.Printf("%s\nmemista add of %d passages in %d files, %d rounds\n", measure.Machine(), n, addFiles, addRounds)
	var r measure.Report
	r.Add("passages/s", rate, "%.0f", measure.AtLeast(3000))
	r.Add("again, nothing changed, s", again, "%.2f", measure.AtMost(1))
	r.Print(os.Stdout)
	return nil
}

// writeMarkdown writes files whose sections are definitions.
func writeMarkdown(dir string, all []meaning) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for f := range addFiles {
		var b strings.Builder
		fmt.Fprintf(&b, "# Document %d\n\n", f)
		for s := range addSections {
			from := (f*addSections + s) * addTexts
			if from+addTexts > len(all) {
				return fmt.Errorf("%d definitions are too few", len(all))
			}
			fmt.Fprintf(&b, "## %s\n\n", all[from].words[0])
			for _, m := range all[from : from+addTexts] {
				fmt.Fprintf(&b, "%s: %s.\n", m.words[0], m.definition)
			}
			b.WriteByte('\n')
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.md", f)), []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}
