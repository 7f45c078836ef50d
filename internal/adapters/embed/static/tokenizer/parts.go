package tokenizer

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/charsmap"
)

// patternSpec is what a text is searched for.
type patternSpec struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

func (p patternSpec) finder() (finder, error) {
	switch {
	case p.String != nil && p.Regex == nil && *p.String != "" && len(*p.String) <= maxContent:
		return literal(*p.String), nil
	case p.Regex != nil && p.String == nil:
		return newRegexp(*p.Regex)
	}
	return nil, corrupt("a pattern has either a String or a Regex, of at most %d bytes", maxContent)
}

// maxRegexps is how many regular expressions a file may have.
const maxRegexps = 16

// normalizers returns the normalizers of a part, one after the other.
func normalizers(raw jsontext.Value) ([]normalizer, error) {
	var out []normalizer
	regexps := 0
	err := flatten(raw, "normalizers", maxDepth, new(int), func(kind string, raw jsontext.Value) error {
		n, err := newNormalizer(kind, raw)
		if r, ok := n.(replace); ok {
			err = count(r.find, &regexps, err)
		}
		out = append(out, n)
		return err
	})
	return out, err
}

// count counts the regular expressions, which take memory.
func count(f finder, regexps *int, err error) error {
	if _, ok := f.(pattern); ok {
		*regexps++
	}
	if err == nil && *regexps > maxRegexps {
		return corrupt("more than %d regular expressions", maxRegexps)
	}
	return err
}

// newNormalizer returns the normalizer of a type.
func newNormalizer(kind string, raw jsontext.Value) (normalizer, error) {
	var bare struct {
		Type string `json:"type"`
	}
	simple, ok := map[string]normalizer{
		"Lowercase": lowercase{}, "StripAccents": stripAccents{}, "Nmt": nmt{}, "ByteLevel": byteRunes{},
		"NFC": form(norm.NFC), "NFD": form(norm.NFD), "NFKC": form(norm.NFKC), "NFKD": form(norm.NFKD),
	}[kind]
	if ok {
		return simple, strict(raw, &bare)
	}
	switch kind {
	case "BertNormalizer", "Bert":
		return newBertNormalizer(raw)
	case "Strip":
		var s struct {
			Type  string `json:"type"`
			Left  bool   `json:"strip_left"`
			Right bool   `json:"strip_right"`
		}
		err := strict(raw, &s)
		return strip{s.Left, s.Right}, err
	case "Prepend":
		var s struct {
			Type    string `json:"type"`
			Prepend string `json:"prepend"`
		}
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		return prepend(s.Prepend), checkContent(s.Prepend)
	case "Precompiled":
		var s struct {
			Type string `json:"type"`
			Map  string `json:"precompiled_charsmap"`
		}
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		m, err := charsmap.New(s.Map)
		return precompiled{m}, err
	case "Replace":
		var s struct {
			Type    string      `json:"type"`
			Pattern patternSpec `json:"pattern"`
			Content string      `json:"content"`
		}
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		find, err := s.Pattern.finder()
		if err != nil {
			return nil, err
		}
		return replace{find, s.Content}, checkContent(s.Content)
	}
	return nil, unsupported("the type %q", kind)
}

func newBertNormalizer(raw jsontext.Value) (normalizer, error) {
	var s struct {
		Type         string `json:"type"`
		CleanText    bool   `json:"clean_text"`
		Chinese      bool   `json:"handle_chinese_chars"`
		StripAccents *bool  `json:"strip_accents"`
		Lowercase    bool   `json:"lowercase"`
	}
	err := strict(raw, &s)
	n := bertNormalizer{clean: s.CleanText, chinese: s.Chinese, strip: s.Lowercase, lower: s.Lowercase}
	if s.StripAccents != nil {
		n.strip = *s.StripAccents
	}
	return n, err
}

func checkContent(text string) error {
	if len(text) > maxContent {
		return corrupt("a text of %d bytes to put in, more than %d", len(text), maxContent)
	}
	return nil
}

// splitters returns the splitters of a part, one after the other, and whether one of them
// marks the beginning of the text.
func splitters(raw jsontext.Value) (out []splitter, beginning bool, err error) {
	regexps := 0
	err = flatten(raw, "pretokenizers", maxDepth, new(int), func(kind string, raw jsontext.Value) error {
		p, err := newSplitter(kind, raw)
		if s, ok := p.(split); ok {
			err = count(s.find, &regexps, err)
		}
		if m, ok := p.(metaspace); ok && m.start {
			beginning = true
		}
		out = append(out, p)
		return err
	})
	return out, beginning, err
}

// newSplitter returns the splitter of a type.
func newSplitter(kind string, raw jsontext.Value) (splitter, error) {
	var bare struct {
		Type string `json:"type"`
	}
	switch kind {
	case "BertPreTokenizer":
		return bertSplit{}, strict(raw, &bare)
	case "Whitespace":
		return split{find: words{}, as: removed, invert: true}, strict(raw, &bare)
	case "WhitespaceSplit":
		return split{find: spaces, as: removed}, strict(raw, &bare)
	case "Punctuation":
		var s struct {
			Type     string `json:"type"`
			Behavior string `json:"behavior"`
		}
		s.Behavior = "Isolated"
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		as, err := newBehaviour(s.Behavior)
		return split{find: punctuation, as: as}, err
	case "Digits":
		var s struct {
			Type       string `json:"type"`
			Individual bool   `json:"individual_digits"`
		}
		err := strict(raw, &s)
		if s.Individual {
			return split{find: digits, as: isolated}, err
		}
		return split{find: digits, as: contiguous}, err
	case "ByteLevel":
		var s struct {
			Type   string `json:"type"`
			Prefix bool   `json:"add_prefix_space"`
			Trim   bool   `json:"trim_offsets"` // of places in the text
			Words  bool   `json:"use_regex"`
		}
		s.Words = true
		err := strict(raw, &s)
		return byteLevel{prefix: s.Prefix, words: s.Words}, err
	case "CharDelimiterSplit":
		var s struct {
			Type      string `json:"type"`
			Delimiter string `json:"delimiter"`
		}
		if err := strict(raw, &s); err != nil {
			return nil, err
		}
		return split{find: literal(s.Delimiter), as: removed}, checkChar(s.Delimiter)
	case "Split":
		return newSplit(raw)
	case "Metaspace":
		return newMetaspace(raw)
	}
	return nil, unsupported("the type %q", kind)
}

func newSplit(raw jsontext.Value) (splitter, error) {
	var s struct {
		Type     string      `json:"type"`
		Pattern  patternSpec `json:"pattern"`
		Behavior string      `json:"behavior"`
		Invert   bool        `json:"invert"`
	}
	if err := strict(raw, &s); err != nil {
		return nil, err
	}
	find, err := s.Pattern.finder()
	if err != nil {
		return nil, err
	}
	as, err := newBehaviour(s.Behavior)
	return split{find: find, as: as, invert: s.Invert}, err
}

func newMetaspace(raw jsontext.Value) (splitter, error) {
	var s struct {
		Type        string `json:"type"`
		Replacement string `json:"replacement"`
		AddPrefix   *bool  `json:"add_prefix_space"`
		Prepend     string `json:"prepend_scheme"`
		Split       bool   `json:"split"`
		Text        string `json:"str_rep"` // the replacement again, of old versions
	}
	s.Prepend, s.Split = "always", true
	if err := strict(raw, &s); err != nil {
		return nil, err
	}
	m := metaspace{mark: []byte(s.Replacement)}
	if s.Split {
		m.split = split{find: literal(m.mark), as: next}
	}
	switch s.Prepend {
	case "always":
		m.always = true
	case "first":
		m.start = true
	case "never":
	default:
		return nil, unsupported("the prepend_scheme %q", s.Prepend)
	}
	if s.AddPrefix != nil && !*s.AddPrefix && s.Prepend != "never" {
		return nil, corrupt("add_prefix_space is false, and prepend_scheme %q", s.Prepend)
	}
	return m, checkChar(s.Replacement)
}

func newBehaviour(name string) (behaviour, error) {
	as, ok := behaviours[name]
	if !ok {
		return 0, unsupported("the behavior %q", name)
	}
	return as, nil
}

func checkChar(text string) error {
	if utf8.RuneCountInString(text) != 1 {
		return corrupt("%q is not one character", text)
	}
	return nil
}

// flatten calls each for a part, or for those of a sequence in their order.
func flatten(raw jsontext.Value, member string, depth int, parts *int, each func(kind string, raw jsontext.Value) error) error {
	kind, err := kindOf(raw)
	if err != nil || kind == "" {
		return err
	}
	if *parts++; *parts > maxParts {
		return corrupt("more than %d parts", maxParts)
	}
	if kind != "Sequence" {
		return each(kind, raw)
	}
	if depth == 0 {
		return corrupt("more than %d sequences within each other", maxDepth)
	}
	var members map[string]jsontext.Value
	if err := strict(raw, &members); err != nil {
		return err
	}
	var list []jsontext.Value
	if err := strict(members[member], &list); err != nil {
		return err
	}
	if len(members) != 2 {
		return corrupt("a sequence has a type and %s, and nothing else", member)
	}
	for _, part := range list {
		if err := flatten(part, member, depth-1, parts, each); err != nil {
			return err
		}
	}
	return nil
}
