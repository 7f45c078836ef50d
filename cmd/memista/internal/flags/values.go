package flags

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// AddFullText adds the flag that says how texts are indexed; without a value it is words.
func AddFullText(fs *pflag.FlagSet, t *api.Tokenizer) {
	fs.Var((*tokenizer)(t), "full-text", "index the texts: words (if nothing is said), english or trigram")
	fs.Lookup("full-text").NoOptDefVal = string(api.Words)
}

// AddOptionalEmbeddings adds the flag that lets chunks be without an embedding.
func AddOptionalEmbeddings(fs *pflag.FlagSet, on *bool) {
	fs.BoolVar(on, "optional-embeddings", false, "chunks may be without an embedding: searches near a vector pass over those")
}

// AddTargetRecall adds the flag that says how much searches are to find.
func AddTargetRecall(fs *pflag.FlagSet, target *float64) {
	fs.Float64Var(target, "target-recall", 0, "share of the ten nearest, from 0.5 to 0.999, for which a server chooses the beam width of searches; 0 is none")
}

// tokenizer is an api.Tokenizer as a flag.
type tokenizer api.Tokenizer

// String implements pflag.Value.
func (t *tokenizer) String() string { return string(*t) }

// Type implements pflag.Value.
func (t *tokenizer) Type() string { return "tokenizer" }

// Set implements pflag.Value. It takes true and false too, as for a flag without a value.
func (t *tokenizer) Set(name string) error {
	switch name {
	case "true":
		name = string(api.Words)
	case "false":
		name = ""
	}
	known, err := domain.ParseTokenizer(name)
	*t = tokenizer(known)
	return err
}

// BadTTL reports whether a chunk cannot live for ttl, which servers take in seconds.
func BadTTL(ttl time.Duration) bool {
	return ttl < time.Second || ttl%time.Second != 0 || domain.CheckTTL(ttl) != nil
}

// CheckDatabase refuses what cannot be the id of a database.
func CheckDatabase(id string) error {
	if err := domain.CheckID(id); err != nil {
		return UsageError{err}
	}
	return nil
}

// Object reads metadata that must be a JSON object; ok is false where it is none.
func Object(text string) (m api.Metadata, ok bool) {
	if _, err := domain.MetadataObject([]byte(text)); err != nil {
		return m, false
	}
	return api.Meta(json.RawMessage(text)), true
}

// Metadata reads what a chunk may have: a JSON object, a JSON string or null.
func Metadata(text string) (m api.Metadata, ok bool) {
	switch text = strings.TrimSpace(text); {
	case text == "null":
		return api.Meta(nil), true
	case strings.HasPrefix(text, `"`):
		m = api.Meta(json.RawMessage(text))
		return m, m.Err() == nil
	}
	return Object(text)
}

// maxVector bounds what is read of a vector on the standard input.
const maxVector = 16 << 20

// Vector reads numbers or a JSON array from the arguments, or from in if the only argument
// is "-". All errors are UsageErrors.
func Vector(args []string, in io.Reader) ([]float32, error) {
	v, err := vector(args, in)
	if err != nil {
		return nil, UsageError{err}
	}
	return v, nil
}

func vector(args []string, in io.Reader) ([]float32, error) {
	text := strings.Join(args, " ")
	if text == "-" {
		raw, err := io.ReadAll(io.LimitReader(in, maxVector))
		if err != nil {
			return nil, err
		}
		text = string(raw)
	}
	text = strings.TrimSpace(text)
	var v []float32
	if strings.HasPrefix(text, "[") {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, fmt.Errorf("vector: %w", err)
		}
		return v, nil
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		x, err := strconv.ParseFloat(word, 32)
		if err != nil {
			return nil, fmt.Errorf("vector: %q is not a number", word)
		}
		v = append(v, float32(x))
	}
	if len(v) == 0 {
		return nil, errors.New("vector: no numbers")
	}
	return v, nil
}
