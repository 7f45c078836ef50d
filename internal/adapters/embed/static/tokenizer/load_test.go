package tokenizer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer"
	"github.com/memista/memista/internal/domain"
)

// with returns a tokenizer.json with some members set to what is given.
func with(members map[string]string) []byte {
	doc := map[string]json.RawMessage{
		"version": json.RawMessage(`"1.0"`),
		"model":   json.RawMessage(`{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}`),
	}
	for name, value := range members {
		doc[name] = json.RawMessage(value)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

func TestLoadRefuses(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 6) + `{"type":"NFC"}` + strings.Repeat(`]}`, 6)
	many := `{"type":"Sequence","normalizers":[` + strings.Repeat(`{"type":"NFC"},`, 300) + `{"type":"NFC"}]}`
	regexps := `{"type":"Sequence","normalizers":[` + strings.TrimSuffix(strings.Repeat(`{"type":"Replace","pattern":{"Regex":"a"},"content":""},`, 17), ",") + `]}`
	bpe := func(merges string) string {
		return `{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":` + merges + `}`
	}
	regex := func(re string) map[string]string {
		quoted, _ := json.Marshal(re)
		return map[string]string{"pre_tokenizer": `{"type":"Split","pattern":{"Regex":` + string(quoted) + `},"behavior":"Isolated","invert":false}`}
	}
	for name, c := range map[string]struct {
		members map[string]string
		kind    error
		says    string
	}{
		"an unknown member":                   {map[string]string{"x": "1"}, domain.ErrCorrupt, "x"},
		"another version":                     {map[string]string{"version": `"2.0"`}, domain.ErrUnsupported, `"2.0"`},
		"an unknown normalizer":               {map[string]string{"normalizer": `{"type":"Rot13"}`}, domain.ErrUnsupported, `"Rot13"`},
		"an unknown setting":                  {map[string]string{"normalizer": `{"type":"Strip","strip_left":true,"strip_right":true,"strip_middle":true}`}, domain.ErrCorrupt, "strip_middle"},
		"a normalizer without type":           {map[string]string{"normalizer": `{}`}, domain.ErrUnsupported, "without a type"},
		"an unknown splitter":                 {map[string]string{"pre_tokenizer": `{"type":"UnicodeScripts"}`}, domain.ErrUnsupported, `"UnicodeScripts"`},
		"an unknown behavior":                 {map[string]string{"pre_tokenizer": `{"type":"Punctuation","behavior":"Doubled"}`}, domain.ErrUnsupported, `"Doubled"`},
		"an unknown scheme":                   {map[string]string{"pre_tokenizer": `{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}`}, domain.ErrUnsupported, `"last"`},
		"two characters for one":              {map[string]string{"pre_tokenizer": `{"type":"Metaspace","replacement":"__"}`}, domain.ErrCorrupt, `"__"`},
		"settings against each other":         {map[string]string{"pre_tokenizer": `{"type":"Metaspace","replacement":"_","add_prefix_space":false}`}, domain.ErrCorrupt, "add_prefix_space"},
		"an unknown model":                    {map[string]string{"model": `{"type":"Markov"}`}, domain.ErrUnsupported, `"Markov"`},
		"no model":                            {map[string]string{"model": `null`}, domain.ErrCorrupt, "model"},
		"an unknown post-processor":           {map[string]string{"post_processor": `{"type":"Shuffle"}`}, domain.ErrUnsupported, `"Shuffle"`},
		"a template without the text":         {map[string]string{"post_processor": `{"type":"TemplateProcessing","single":[]}`}, domain.ErrUnsupported, "0 texts"},
		"sequences in sequences":              {map[string]string{"normalizer": deep}, domain.ErrCorrupt, "within each other"},
		"too many parts":                      {map[string]string{"normalizer": many}, domain.ErrCorrupt, "more than 256"},
		"too many regular expressions":        {map[string]string{"normalizer": regexps}, domain.ErrCorrupt, "regular expressions"},
		"an empty pattern":                    {map[string]string{"normalizer": `{"type":"Replace","pattern":{"String":""},"content":"x"}`}, domain.ErrCorrupt, "pattern"},
		"a long text to put in":               {map[string]string{"normalizer": `{"type":"Prepend","prepend":"` + strings.Repeat("x", 2000) + `"}`}, domain.ErrCorrupt, "2000 bytes"},
		"a map that is no base64":             {map[string]string{"normalizer": `{"type":"Precompiled","precompiled_charsmap":"%"}`}, domain.ErrCorrupt, "base64"},
		"a map with a length that lies":       {map[string]string{"normalizer": `{"type":"Precompiled","precompiled_charsmap":"/////w=="}`}, domain.ErrCorrupt, "4294967295 of 0"},
		"looking ahead":                       {regex(`a(?=b)`), domain.ErrUnsupported, `"(?=b"`},
		"a boundary of a word":                {regex(`\bx`), domain.ErrUnsupported, `\b`},
		"a possessive quantifier":             {regex(`a++`), domain.ErrUnsupported, "possessive"},
		"a class within a class":              {regex(`[a[bc]]`), domain.ErrUnsupported, "class within"},
		"a pattern that matches nothing":      {regex(`a*`), domain.ErrUnsupported, "matches nothing"},
		"the beginning of a line":             {regex(`^a`), domain.ErrUnsupported, "beginning"},
		"many repetitions":                    {regex(`a{1,99}`), domain.ErrUnsupported, "repetitions"},
		"a long regular expression":           {regex(strings.Repeat("a", 1001)), domain.ErrUnsupported, "1001"},
		"no regular expression":               {regex(`(a`), domain.ErrUnsupported, "(a"},
		"an unknown class":                    {regex(`\p{Klingon}`), domain.ErrUnsupported, "Klingon"},
		"an empty vocabulary":                 {map[string]string{"model": `{"type":"WordLevel","unk_token":"?","vocab":{}}`}, domain.ErrCorrupt, "empty"},
		"an unknown token that is not there":  {map[string]string{"model": `{"type":"WordLevel","unk_token":"!","vocab":{"?":0}}`}, domain.ErrCorrupt, `"!"`},
		"a token twice":                       {map[string]string{"model": `{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"?":1}}`}, domain.ErrCorrupt, "duplicate"},
		"a negative token":                    {map[string]string{"model": `{"type":"WordLevel","unk_token":"?","vocab":{"?":-1}}`}, domain.ErrCorrupt, "-1"},
		"a huge token":                        {map[string]string{"model": `{"type":"WordLevel","unk_token":"?","vocab":{"?":1000000000}}`}, domain.ErrCorrupt, "1000000000"},
		"a long token":                        {map[string]string{"model": `{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"` + strings.Repeat("x", 5000) + `":1}}`}, domain.ErrCorrupt, "too large"},
		"a vocabulary that is no object":      {map[string]string{"model": `{"type":"WordLevel","unk_token":"?","vocab":[1]}`}, domain.ErrCorrupt, "no object"},
		"no unk_id":                           {map[string]string{"model": `{"type":"Unigram","vocab":[["a",-1]]}`}, domain.ErrCorrupt, "unk_id"},
		"an unk_id past the end":              {map[string]string{"model": `{"type":"Unigram","unk_id":1,"vocab":[["a",-1]]}`}, domain.ErrCorrupt, "unk_id"},
		"a token without a score":             {map[string]string{"model": `{"type":"Unigram","unk_id":0,"vocab":[["a"]]}`}, domain.ErrCorrupt, "model"},
		"a merge of strangers":                {map[string]string{"model": bpe(`["a c"]`)}, domain.ErrCorrupt, `"c"`},
		"a merge to a stranger":               {map[string]string{"model": bpe(`["b a"]`)}, domain.ErrCorrupt, "merged to"},
		"merges that are no list":             {map[string]string{"model": bpe(`{}`)}, domain.ErrCorrupt, "no list"},
		"too many merges":                     {map[string]string{"model": bpe("[" + strings.Repeat(`"a b",`, 1<<20) + `"a b"]`)}, domain.ErrCorrupt, "merges"},
		"a merge of three":                    {map[string]string{"model": bpe(`["a b c"]`)}, domain.ErrCorrupt, "a b c"},
		"a split by chance":                   {map[string]string{"model": `{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}`}, domain.ErrUnsupported, "dropout"},
		"an added token under another number": {map[string]string{"added_tokens": `[{"id":5,"content":"a"}]`}, domain.ErrCorrupt, `"a" is 5`},
		"an added token out of order":         {map[string]string{"added_tokens": `[{"id":9,"content":"new"}]`}, domain.ErrCorrupt, "2 is the next"},
		"a negative truncation":               {map[string]string{"truncation": `{"direction":"Right","max_length":-1,"strategy":"LongestFirst","stride":0}`}, domain.ErrCorrupt, "max_length"},
		"an unknown truncation":               {map[string]string{"truncation": `{"direction":"Middle","max_length":1,"strategy":"LongestFirst","stride":0}`}, domain.ErrUnsupported, "Middle"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := with(c.members)
			if model := c.members["model"]; strings.Contains(model, `"?":0,"?"`) {
				doc = []byte(`{"version":"1.0","model":` + model + `}`) // which Marshal would not write
			}
			_, err := tokenizer.Load(doc)
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Load = %v; want %v that says %q", err, c.kind, c.says)
			}
		})
	}
	t.Run("what is no JSON", func(t *testing.T) {
		if _, err := tokenizer.Load([]byte("{")); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("Load = %v; want ErrCorrupt", err)
		}
	})
	t.Run("a file that is too large", func(t *testing.T) {
		if _, err := tokenizer.Load(make([]byte, tokenizer.MaxFile+1)); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("Load = %v; want ErrCorrupt", err)
		}
	})
}

func TestLoadTellsOfTheVocabulary(t *testing.T) {
	tok, err := tokenizer.Load(with(map[string]string{
		"model":        `{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"word":1,"été":2}}`,
		"added_tokens": `[{"id":1,"content":"word"},{"id":3,"content":"a longer one"}]`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := []int{tok.Tokens(), int(tok.MaxID()), int(tok.Unknown()), tok.MedianLength()}
	if want := []int{4, 3, 0, 3}; !slices.Equal(got, want) { // the lengths are 1, 3, 4 and 12
		t.Errorf("tokens, largest, unknown and median are %v; want %v", got, want)
	}
}

func TestEncodeBounds(t *testing.T) {
	grow := `{"type":"Replace","pattern":{"String":"a"},"content":"` + strings.Repeat("a", 1000) + `"}`
	tok, err := tokenizer.Load(with(map[string]string{"normalizer": `{"type":"Sequence","normalizers":[` + strings.TrimSuffix(strings.Repeat(grow+",", 10), ",") + `]}`}))
	if err != nil {
		t.Fatal(err)
	}
	var s tokenizer.Scratch
	if _, err := tok.Encode(&s, "aaaa"); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Encode of a text that grows without end = %v; want ErrInvalid", err)
	}
	t.Run("bytes that are not UTF-8 are unknown characters", func(t *testing.T) {
		tok, err := tokenizer.Load(with(nil))
		if err != nil {
			t.Fatal(err)
		}
		got, err := tok.Encode(&s, "a\xff")
		if want := []int32{0}; err != nil || !slices.Equal(got, want) {
			t.Errorf("Encode = %v, %v; want %v", got, err, want)
		}
	})
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	var c cases
	readJSON(t, "testdata/cases.json", &c)
	for name, spec := range c.Tokenizers {
		if strings.HasPrefix(name, "split") || name == "bpe of Llama 3" {
			continue // regular expressions allocate
		}
		tok, err := tokenizer.Load(spec)
		if err != nil {
			t.Fatal(err)
		}
		text := "Hello, World! It's 3 o'clock; naive cafes and multiple spaces here, the unbelievable strasse."
		var s tokenizer.Scratch
		if n := testing.AllocsPerRun(100, func() { _, _ = tok.Encode(&s, text) }); n > 0 {
			t.Errorf("%s: Encode allocates %v times; want 0", name, n)
		}
	}
}

func FuzzLoad(f *testing.F) {
	var c cases
	readJSON(f, "testdata/cases.json", &c)
	for _, spec := range c.Tokenizers {
		if len(spec) < 4000 {
			f.Add([]byte(spec))
		}
	}
	f.Add(with(nil))
	for _, model := range []string{
		`{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["?",-1],["▁a",-2],["<0x41>",-3]]}`,
		`{"type":"BPE","unk_token":"a","fuse_unk":true,"vocab":{"a":0,"b":1,"ab":2,"aba":3},"merges":["a b",["ab","a"]]}`,
		`{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"#","max_input_chars_per_word":9,"vocab":{"?":0,"a":1,"#b":2}}`,
	} {
		for _, splitter := range []string{`{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}`, `{"type":"ByteLevel","add_prefix_space":true}`,
			`{"type":"Split","pattern":{"Regex":"\\w+|\\s+(?!\\S)|\\s+"},"behavior":"MergedWithNext","invert":true}`} {
			f.Add(with(map[string]string{"model": model, "pre_tokenizer": splitter, "normalizer": `{"type":"NFKC"}`, "added_tokens": `[{"id":0,"content":"a","lstrip":true}]`}))
		}
	}
	f.Fuzz(func(t *testing.T, spec []byte) {
		tok, err := tokenizer.Load(spec)
		if err != nil {
			if !errors.Is(err, domain.ErrCorrupt) && !errors.Is(err, domain.ErrUnsupported) && !errors.Is(err, domain.ErrInvalid) {
				t.Fatalf("Load = %v; want ErrCorrupt or ErrUnsupported", err)
			}
			return
		}
		var s tokenizer.Scratch
		for _, text := range []string{"", " ", "a b ab aba  a", "Ünï\u0301 漢字 🦙\r\n\xffx"} {
			ids, err := tok.Encode(&s, text)
			checkTokens(t, tok, ids, err)
		}
	})
}

func checkTokens(t *testing.T, tok *tokenizer.Tokenizer, ids []int32, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, domain.ErrInvalid) {
		t.Fatalf("Encode = %v; want ErrInvalid", err)
	}
	for _, id := range ids {
		if id < 0 || id > tok.MaxID() {
			t.Fatalf("Encode gives the token %d; the largest is %d", id, tok.MaxID())
		}
	}
}

func FuzzEncode(f *testing.F) {
	var c cases
	readJSON(f, "testdata/cases.json", &c)
	var toks []*tokenizer.Tokenizer
	for name, spec := range c.Tokenizers {
		tok, err := tokenizer.Load(spec)
		if err != nil {
			f.Fatalf("%s: %v", name, err)
		}
		toks = append(toks, tok)
	}
	for _, text := range c.Texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var used, fresh tokenizer.Scratch
		for _, tok := range toks {
			ids, err := tok.Encode(&used, text)
			checkTokens(t, tok, ids, err)
			again, _ := tok.Encode(&fresh, text)
			if fmt.Sprint(ids) != fmt.Sprint(again) {
				t.Fatalf("Encode(%q) depends on what was encoded before: %v, %v", text, ids, again)
			}
			fresh = tokenizer.Scratch{}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	var c cases
	readJSON(b, "testdata/cases.json", &c)
	for _, name := range []string{"bert", "unigram of XLM-R", "bpe of GPT-2", "bpe of Llama 3"} {
		tok, err := tokenizer.Load(c.Tokenizers[name])
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			var s tokenizer.Scratch
			b.ReportAllocs()
			for b.Loop() {
				_, _ = tok.Encode(&s, "hello world, the naive text spaces multiple unbelievable cafe and trailing here don")
			}
		})
	}
}
