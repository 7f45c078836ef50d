package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// vocabulary is what is told of the tokens of a model and the added ones.
type vocabulary struct {
	trie    *trie.Trie // of the model
	size    int32      // tokens of the model
	extra   map[string]int32
	lengths []int // in characters, until close
	tokens  int
	maxID   int32
	median  int
}

// newVocabulary checks the tokens of a model.
func newVocabulary(entries []trie.Entry) (vocabulary, error) {
	v := vocabulary{trie: trie.New(entries), size: int32(len(entries)), extra: map[string]int32{}, maxID: none}
	for _, e := range entries {
		v.lengths = append(v.lengths, utf8.RuneCountInString(e.Token))
		v.maxID = max(v.maxID, e.Value)
	}
	if len(entries) == 0 {
		return v, corrupt("the vocabulary is empty")
	}
	return v, nil
}

// add adds a token that may be in the vocabulary.
func (v *vocabulary) add(token string, id int32) error {
	has, ok := v.trie.Find([]byte(token))
	if !ok {
		has, ok = v.extra[token]
	}
	if ok && has != id {
		return corrupt("the token %q is %d, and %d in the vocabulary", token, id, has)
	}
	if !ok {
		if next := v.size + int32(len(v.extra)); id != next {
			return corrupt("the token %q is %d, and %d is the next one", token, id, next)
		}
		v.extra[token] = id
		v.lengths = append(v.lengths, utf8.RuneCountInString(token))
		v.maxID = max(v.maxID, id)
	}
	return nil
}

// close counts, when all tokens are there.
func (v *vocabulary) close() {
	slices.Sort(v.lengths)
	v.tokens = len(v.lengths)
	v.median = (v.lengths[(v.tokens-1)/2] + v.lengths[v.tokens/2]) / 2
	v.lengths, v.extra = nil, nil
}

// tokenMap is a vocabulary in a file: an object with the number of each token.
type tokenMap []trie.Entry

// UnmarshalJSONFrom reads the vocabulary up to what a vocabulary may be.
func (m *tokenMap) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != '{' {
		return corrupt("the vocabulary is no object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	size := 0
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		e := trie.Entry{Token: name.String()}
		if err := json.UnmarshalDecode(dec, &e.Value); err != nil {
			return err
		}
		if e.Value < 0 || e.Value >= maxTokens {
			return corrupt("the token %q is %d", e.Token, e.Value)
		}
		if err := fits(e.Token, len(*m), &size); err != nil {
			return err
		}
		*m = append(*m, e)
	}
	_, err := dec.ReadToken()
	return err
}

// fits checks a token against what a vocabulary may have.
func fits(token string, before int, size *int) error {
	*size += len(token)
	if len(token) > maxTokenBytes || before >= maxTokens || *size > maxVocabulary {
		return corrupt("the vocabulary is too large: %d tokens, %d bytes, one has %d bytes", before+1, *size, len(token))
	}
	return nil
}

// scoredTokens is a vocabulary of a unigram model: its tokens in their order, with how likely
// each is.
type scoredTokens struct {
	entries []trie.Entry
	scores  []float64
}

// UnmarshalJSONFrom reads the vocabulary up to what a vocabulary may be.
func (m *scoredTokens) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != '[' {
		return corrupt("the vocabulary is no list")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	size := 0
	for dec.PeekKind() != ']' {
		var token string
		var score float64
		if err := pairOf(dec, &token, &score); err != nil {
			return err
		}
		if err := fits(token, len(m.entries), &size); err != nil {
			return err
		}
		m.entries = append(m.entries, trie.Entry{Token: token, Value: int32(len(m.entries))})
		m.scores = append(m.scores, score)
	}
	_, err := dec.ReadToken()
	return err
}

// pairOf reads a list of two.
func pairOf(dec *jsontext.Decoder, first, second any) error {
	if kind := dec.PeekKind(); kind != '[' {
		return corrupt("%s is no list of two", kind)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	if err := json.UnmarshalDecode(dec, first); err != nil {
		return err
	}
	if err := json.UnmarshalDecode(dec, second); err != nil {
		return err
	}
	if kind := dec.PeekKind(); kind != ']' {
		return corrupt("a list of two is longer")
	}
	_, err := dec.ReadToken()
	return err
}

// mergeList are the merges in a file.
type mergeList []mergeSpec

// UnmarshalJSONFrom reads as many merges as there may be.
func (m *mergeList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != '[' {
		return corrupt("the merges are no list")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if len(*m) == maxMerges {
			return corrupt("more than %d merges", maxMerges)
		}
		var one mergeSpec
		if err := one.UnmarshalJSONFrom(dec); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	_, err := dec.ReadToken()
	return err
}

// mergeSpec is a merge in a file: a list of two tokens, or both with a space between them.
type mergeSpec struct{ left, right string }

// UnmarshalJSONFrom reads either form.
func (m *mergeSpec) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '[' {
		return pairOf(dec, &m.left, &m.right)
	}
	var text string
	if err := json.UnmarshalDecode(dec, &text); err != nil {
		return err
	}
	left, right, ok := strings.Cut(text, " ")
	if !ok || strings.Contains(right, " ") {
		return corrupt("the merge %q is not two tokens with a space between them", text)
	}
	m.left, m.right = left, right
	return nil
}
