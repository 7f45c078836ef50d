package tokenizer

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// What is more is taken for a mistake or an attack. The largest vocabulary in use has some
// 260,000 tokens and 510,000 merges, in a file of 33 MB.
const (
	MaxFile       = 64 << 20
	maxTokens     = 1 << 20
	maxTokenBytes = 4 << 10
	maxVocabulary = 8 << 20 // bytes of all tokens together
	maxMerges     = 1 << 20
	maxAdded      = 1 << 17
	maxParts      = 256
	maxDepth      = 4
	maxContent    = 1 << 10 // bytes of what a text is replaced by
)

// document is a tokenizer.json.
type document struct {
	Version       string          `json:"version"`
	Truncation    *truncationSpec `json:"truncation"`
	Padding       jsontext.Value  `json:"padding"` // fills up batches; here each text is alone
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    jsontext.Value  `json:"normalizer"`
	PreTokenizer  jsontext.Value  `json:"pre_tokenizer"`
	PostProcessor jsontext.Value  `json:"post_processor"`
	Decoder       jsontext.Value  `json:"decoder"` // from tokens to text, which is not needed
	Model         jsontext.Value  `json:"model"`
}

type truncationSpec struct {
	Direction string `json:"direction"`
	MaxLength int    `json:"max_length"`
	Strategy  string `json:"strategy"` // of pairs of texts
	Stride    int    `json:"stride"`   // of what is cut off
}

// Load reads a tokenizer.json. What is damaged is ErrCorrupt, and what is not known here is
// ErrUnsupported; both say what it is.
func Load(data []byte) (*Tokenizer, error) {
	if len(data) > MaxFile {
		return nil, corrupt("the file has %d bytes, more than %d", len(data), MaxFile)
	}
	var doc document
	if err := strict(data, &doc); err != nil {
		return nil, err
	}
	if doc.Version != "1.0" {
		return nil, unsupported("the version %q", doc.Version)
	}
	if len(doc.AddedTokens) > maxAdded {
		return nil, corrupt("there are %d added tokens, more than %d", len(doc.AddedTokens), maxAdded)
	}
	t := &Tokenizer{}
	for _, part := range []struct {
		name string
		load func() error
	}{
		{"truncation", func() error { return t.loadTruncation(doc.Truncation) }},
		{"normalizer", func() (err error) { t.normalizer, err = normalizers(doc.Normalizer); return err }},
		{"pre_tokenizer", func() (err error) { t.splitter, t.beginning, err = splitters(doc.PreTokenizer); return err }},
		{"post_processor", func() error { return checkPostProcessor(doc.PostProcessor) }},
		{"model", func() error { return t.loadModel(doc.Model) }},
		{"added_tokens", func() error { return t.loadAdded(doc.AddedTokens) }},
	} {
		if err := part.load(); err != nil {
			return nil, domain.At(err, part.name)
		}
	}
	return t, nil
}

func (t *Tokenizer) loadTruncation(spec *truncationSpec) error {
	if spec == nil {
		return nil
	}
	if spec.MaxLength < 0 {
		return corrupt("max_length is %d", spec.MaxLength)
	}
	t.truncation = truncation{set: true, max: spec.MaxLength, left: spec.Direction == "Left"}
	if !slices.Contains([]string{"Left", "Right", ""}, spec.Direction) {
		return unsupported("the direction %q", spec.Direction)
	}
	return nil
}

// loadAdded sets the added tokens. The vocabulary is there already, and has what of them is
// not in it added.
func (t *Tokenizer) loadAdded(tokens []addedToken) error {
	var raw, normal []addedToken
	var rawNames, normalNames []string
	for _, a := range tokens {
		if a.Content == "" {
			continue
		}
		if len(a.Content) > maxTokenBytes {
			return corrupt("a token of %d bytes", len(a.Content))
		}
		if err := t.words.add(a.Content, a.ID); err != nil {
			return err
		}
		if !a.Normalized {
			raw, rawNames = append(raw, a), append(rawNames, a.Content)
			continue
		}
		s := Scratch{}
		if err := t.normalize(&s, []byte(a.Content)); err != nil {
			return err
		}
		normal, normalNames = append(normal, a), append(normalNames, string(s.normal))
	}
	t.raw, t.normal = newAdded(raw, rawNames), newAdded(normal, normalNames)
	t.words.close()
	return nil
}

// checkPostProcessor refuses what might change tokens. What is known adds special tokens,
// which are not asked for, or corrects places in the text.
func checkPostProcessor(raw jsontext.Value) error {
	kind, err := kindOf(raw)
	if err != nil {
		return err
	}
	switch kind {
	case "", "BertProcessing", "RobertaProcessing", "ByteLevel":
		return nil
	case "TemplateProcessing":
		return checkTemplate(raw)
	case "Sequence":
		var s struct {
			Processors []jsontext.Value `json:"processors"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return corrupt("%v", err)
		}
		for _, p := range s.Processors {
			if kind, err := kindOf(p); err != nil || kind == "Sequence" {
				return unsupported("a sequence within a sequence")
			}
			if err := checkPostProcessor(p); err != nil {
				return err
			}
		}
		return nil
	}
	return unsupported("the type %q", kind)
}

// checkTemplate refuses a template that has not the text once.
func checkTemplate(raw jsontext.Value) error {
	var s struct {
		Single []struct {
			Sequence *struct {
				ID string `json:"id"`
			} `json:"Sequence"`
		} `json:"single"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return corrupt("%v", err)
	}
	texts := 0
	for _, part := range s.Single {
		if part.Sequence != nil {
			texts++
		}
	}
	if texts != 1 {
		return unsupported("a template with %d texts in it", texts)
	}
	return nil
}

// kindOf returns the type of a part, "" if it is not there.
func kindOf(raw jsontext.Value) (string, error) {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return "", nil
	}
	var tagged struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &tagged); err != nil {
		return "", corrupt("%v", err)
	}
	if tagged.Type == "" {
		return "", unsupported("a part without a type")
	}
	return tagged.Type, nil
}

// strict reads all of raw into out, and refuses members that out does not have.
func strict(raw []byte, out any) error {
	err := json.Unmarshal(raw, out, json.RejectUnknownMembers(true))
	if own, ok := errors.AsType[*domain.Error](err); ok {
		return own
	}
	if err != nil {
		return corrupt("%v", err)
	}
	return nil
}

func corrupt(format string, args ...any) error {
	return domain.Errorf(domain.ErrCorrupt, "tokenizer: "+format, args...)
}

func unsupported(format string, args ...any) error {
	return domain.Errorf(domain.ErrUnsupported, "tokenizer: "+format+" is not known here", args...)
}
