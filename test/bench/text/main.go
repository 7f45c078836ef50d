// Command text measures searches for texts by meaning and by words: how fast a static model
// embeds, and how good words alone, vectors alone and both are at finding what is asked for,
// in the library as programs use it. The questions and answers are made of WordNet.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/glove"
	"github.com/memista/memista/internal/adapters/npm"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
)

func main() {
	folder := flag.String("model", "", "folder of a static model (default: that of GloVe, which is made first)")
	queries := flag.Int("queries", 500, "queries of each set")
	tuning := flag.Bool("tuning", false, "take the half of the queries that is there to choose settings by")
	binary := flag.String("memista", "", "memista that add and searches over HTTP are measured with (default: they are not)")
	measure.Main("text", func(ctx context.Context) error { return run(ctx, *folder, *binary, *queries, *tuning) })
}

func run(ctx context.Context, folder, binary string, queries int, tuning bool) error {
	folder, remove, err := model(ctx, folder)
	if err != nil {
		return err
	}
	defer remove()
	e, err := static.Open(folder, static.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }() // nothing was written
	all, err := load(ctx)
	if err != nil {
		return err
	}
	if err := speed(ctx, e, all); err != nil {
		return err
	}
	fmt.Println()
	if binary != "" {
		if err := overHTTP(ctx, e, folder, binary, all); err != nil {
			return fmt.Errorf("over HTTP: %w", err)
		}
		fmt.Println()
		if err := adding(ctx, folder, binary, all); err != nil {
			return fmt.Errorf("add: %w", err)
		}
		fmt.Println()
	}
	for _, s := range sets(all, tuning, queries) {
		if err := quality(ctx, e, folder, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// model returns the folder of a model, that of GloVe, which it makes, if none is named, and
// what removes it.
func model(ctx context.Context, folder string) (string, func(), error) {
	if folder != "" {
		folder, err := filepath.Abs(folder)
		return folder, func() {}, err
	}
	cache, err := npm.CacheDir()
	if err != nil {
		return "", nil, err
	}
	dir, remove, err := temporary()
	if err != nil {
		return "", nil, err
	}
	dir = filepath.Join(dir, glove.Name)
	start := time.Now()
	if err := errors.Join(os.Mkdir(dir, 0o700), glove.Make(ctx, cache, dir)); err != nil {
		remove()
		return "", nil, err
	}
	measure.Say("made the model of GloVe in %.1f s", time.Since(start).Seconds())
	return dir, remove, nil
}

// speed prints how fast the model embeds texts of twelve words on one core, and how large it is.
func speed(ctx context.Context, e *static.Embedder, all []meaning) error {
	const words, rounds = 12, 7
	var texts []string
	for _, m := range all {
		if w := strings.Fields(m.definition); len(w) >= words {
			text := strings.Join(w[:words], " ")
			if _, err := e.Embed(ctx, []string{text}, ports.PurposeDocument); err == nil {
				texts = append(texts, text)
			}
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var seconds measure.Values
	for range rounds {
		start := time.Now()
		if _, err := e.Embed(ctx, texts, ports.PurposeDocument); err != nil {
			return err
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	m, err := e.Model(ctx)
	if err != nil {
		return err
	}
	best, middle := slices.Min(seconds), seconds.Median()
	n := float64(len(texts))
	fmt.Printf("%s\n%s: %d tokens, %d dims, table of %.1f MB\n", measure.Machine(), m.Name, e.Tokens(), m.Dims, float64(e.Bytes())/1e6)
	fmt.Printf("%d texts of %d words on one core: %.0f texts/s (median of %d rounds; the best %.0f)\n", len(texts), words, n/middle, rounds, n/best)
	return nil
}

// temporary returns a directory for a data file, and what removes it.
func temporary() (string, func(), error) {
	dir, err := os.MkdirTemp("", "memista-text-")
	return dir, func() { os.RemoveAll(dir) }, err
}
