package tokenizer

import (
	"math"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// loadModel sets the model and its vocabulary.
func (t *Tokenizer) loadModel(raw jsontext.Value) error {
	kind, err := modelKind(raw)
	if err != nil {
		return err
	}
	switch kind {
	case "WordPiece":
		return t.loadWordPiece(raw)
	case "WordLevel":
		return t.loadWordLevel(raw)
	case "Unigram":
		return t.loadUnigram(raw)
	case "BPE":
		return t.loadBPE(raw)
	case "":
		return corrupt("there is none")
	}
	return unsupported("the type %q", kind)
}

// modelKind returns the type of a model. Old files do not say it, but it shows.
func modelKind(raw jsontext.Value) (string, error) {
	if len(raw) == 0 || raw.Kind() != '{' {
		return "", nil
	}
	var probe struct {
		Type    string         `json:"type"`
		Merges  jsontext.Value `json:"merges"`
		Longest jsontext.Value `json:"max_input_chars_per_word"`
		UnkID   jsontext.Value `json:"unk_id"`
	}
	if err := json.Unmarshal(raw, &probe); err != nil {
		return "", corrupt("%v", err)
	}
	switch {
	case probe.Type != "":
		return probe.Type, nil
	case len(probe.Merges) > 0:
		return "BPE", nil
	case len(probe.Longest) > 0:
		return "WordPiece", nil
	case len(probe.UnkID) > 0:
		return "Unigram", nil
	}
	return "WordLevel", nil
}

// loadVocabulary sets the vocabulary, and the token for what is unknown.
func (t *Tokenizer) loadVocabulary(entries []trie.Entry, unknown string) error {
	var err error
	if t.words, err = newVocabulary(entries); err != nil {
		return err
	}
	id, ok := t.words.trie.Find([]byte(unknown))
	if !ok {
		return corrupt("the unk_token %q is not in the vocabulary", unknown)
	}
	t.unknown = id
	return nil
}

func (t *Tokenizer) loadWordPiece(raw jsontext.Value) error {
	var s struct {
		Type    string   `json:"type"`
		Unknown string   `json:"unk_token"`
		Prefix  string   `json:"continuing_subword_prefix"`
		Longest int      `json:"max_input_chars_per_word"`
		Vocab   tokenMap `json:"vocab"`
	}
	s.Unknown, s.Prefix, s.Longest = "[UNK]", "##", 100
	if err := strict(raw, &s); err != nil {
		return err
	}
	if s.Longest < 0 {
		return corrupt("max_input_chars_per_word is %d", s.Longest)
	}
	if err := t.loadVocabulary(s.Vocab, s.Unknown); err != nil {
		return err
	}
	m := &wordPiece{vocab: t.words.trie, unknown: t.unknown, longest: s.Longest}
	m.inside, m.any = m.vocab.Walk(0, s.Prefix)
	t.model = m
	return nil
}

func (t *Tokenizer) loadWordLevel(raw jsontext.Value) error {
	var s struct {
		Type    string   `json:"type"`
		Unknown string   `json:"unk_token"`
		Vocab   tokenMap `json:"vocab"`
	}
	if err := strict(raw, &s); err != nil {
		return err
	}
	if err := t.loadVocabulary(s.Vocab, s.Unknown); err != nil {
		return err
	}
	t.model = &wordLevel{t.words.trie, t.unknown}
	return nil
}

func (t *Tokenizer) loadUnigram(raw jsontext.Value) error {
	var s struct {
		Type         string       `json:"type"`
		Unknown      *int         `json:"unk_id"`
		Vocab        scoredTokens `json:"vocab"`
		ByteFallback bool         `json:"byte_fallback"`
	}
	if err := strict(raw, &s); err != nil {
		return err
	}
	var err error
	if t.words, err = newVocabulary(s.Vocab.entries); err != nil {
		return err
	}
	if s.Unknown == nil || *s.Unknown < 0 || *s.Unknown >= len(s.Vocab.entries) {
		return corrupt("unk_id is not in the vocabulary")
	}
	t.unknown = int32(*s.Unknown)
	m := &unigram{vocab: t.words.trie, scores: s.Vocab.scores, unknown: t.unknown}
	m.unknownScore = slices.Min(m.scores) - unknownPenalty
	if math.IsNaN(m.unknownScore) || math.IsInf(m.unknownScore, 0) {
		return corrupt("the scores are no numbers")
	}
	if s.ByteFallback {
		m.bytes = newByteTokens(m.vocab)
	}
	t.model = m
	return nil
}

func (t *Tokenizer) loadBPE(raw jsontext.Value) error {
	var s struct {
		Type         string    `json:"type"`
		Dropout      *float64  `json:"dropout"`
		Unknown      *string   `json:"unk_token"`
		Prefix       string    `json:"continuing_subword_prefix"`
		Suffix       string    `json:"end_of_word_suffix"`
		FuseUnknown  bool      `json:"fuse_unk"`
		ByteFallback bool      `json:"byte_fallback"`
		IgnoreMerges bool      `json:"ignore_merges"`
		Vocab        tokenMap  `json:"vocab"`
		Merges       mergeList `json:"merges"`
	}
	if err := strict(raw, &s); err != nil {
		return err
	}
	if s.Dropout != nil && *s.Dropout != 0 {
		return unsupported("a dropout of %v, which splits by chance,", *s.Dropout)
	}
	var err error
	if t.words, err = newVocabulary(s.Vocab); err != nil {
		return err
	}
	t.unknown = none
	if s.Unknown != nil {
		if err := t.loadVocabulary(s.Vocab, *s.Unknown); err != nil {
			return err
		}
	}
	m := &bpe{
		vocab: t.words.trie, inside: s.Prefix, last: s.Suffix, unknown: t.unknown,
		fuse: s.FuseUnknown, whole: s.IgnoreMerges,
	}
	if s.ByteFallback {
		m.bytes = newByteTokens(m.vocab)
	}
	t.model = m
	return m.loadMerges(s.Merges)
}

// loadMerges looks up the tokens of the merges.
func (m *bpe) loadMerges(specs []mergeSpec) error {
	m.merges = make(map[pair]merge, len(specs))
	for rank, s := range specs {
		left, ok := m.vocab.Find([]byte(s.left))
		right, also := m.vocab.Find([]byte(s.right))
		if !ok || !also || len(s.right) < len(m.inside) {
			return corrupt("the merge of %q and %q is of tokens that are not in the vocabulary", s.left, s.right)
		}
		id, ok := m.vocab.Find([]byte(s.left + s.right[len(m.inside):]))
		if !ok {
			return corrupt("what %q and %q are merged to is not in the vocabulary", s.left, s.right)
		}
		m.merges[pair{left, right}] = merge{int32(rank), id}
	}
	return nil
}
