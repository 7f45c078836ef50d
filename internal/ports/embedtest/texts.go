package embedtest

import (
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var textRules = []rule{
	{name: "no texts have no embeddings", check: noTexts},
	{name: "an empty text is refused and named", check: emptyText},
	{name: "an unknown purpose is refused", check: unknownPurpose},
	{name: "a text of any bytes is taken or refused with a kind", check: anyBytes},
	{name: "ten megabytes of text are taken or refused with a kind", check: tenMegabytes},
}

func noTexts(s *suite) {
	s.model()
	for _, texts := range [][]string{nil, {}} {
		if got, err := s.Embedder.Embed(s.ctx, texts, ports.PurposeDocument); len(got) != 0 || err != nil {
			s.Errorf("Embed of no texts = %v, %v; want nothing", got, err)
		}
	}
	if calls := s.calls(); len(calls) > 0 {
		s.Errorf("Embed of no texts calls the provider with %q", calls)
	}
}

func emptyText(s *suite) {
	s.model()
	for _, empty := range []string{"", " ", "\n\t \u00a0\u3000"} {
		for at := range 3 {
			texts := s.sentences(3)
			texts[at] = empty
			got, err := s.Embedder.Embed(s.ctx, texts, ports.PurposeQuery)
			s.kind("Embed of "+strconv.Quote(empty), got, err, domain.ErrInvalid)
			s.names(err, at)
		}
	}
	if calls := s.calls(); len(calls) > 0 {
		s.Errorf("Embed with an empty text calls the provider with %q", calls)
	}
}

func unknownPurpose(s *suite) {
	for _, p := range []ports.Purpose{-1, ports.PurposeQuery + 1} {
		got, err := s.Embedder.Embed(s.ctx, []string{"a text"}, p)
		s.kind("Embed for the purpose "+strconv.Itoa(int(p)), got, err, domain.ErrInvalid)
	}
}

func anyBytes(s *suite) {
	m := s.model()
	bytes := make([]byte, 3000)
	for i := range bytes {
		bytes[i] = byte(s.rng.IntN(256))
	}
	for _, text := range []string{
		"\x00", "before\x00after", "\x00\x01\x02\x7f\x1b[31m", "\u202eright to left", "\ufeffmark", "\u200b",
		"\xff\xfe\xfd", "half a \xe9\x81", "\xed\xa0\x80 surrogate", "\U000f0000\ue000", // private use
		"\U00010600\U00010601\U00010602", // Linear A
		"\U0001f468\u200d\U0001f469\u200d\U0001f467", "a" + strings.Repeat("\u0301", 2000), strings.Repeat("\u0301", 2000),
		strings.Repeat("x", 20000), "...---...", "\"\\/{}[]<|endoftext|></s>", string(bytes),
	} {
		got, err := s.Embedder.Embed(s.ctx, []string{text}, ports.PurposeDocument)
		switch {
		case err != nil && !known(err):
			s.Errorf("Embed(%s) = %v; want embeddings, ErrInvalid or an EmbedderError", brief([]string{text}), err)
		case err == nil && len(got) != 1:
			s.Errorf("Embed(%s) returns %d embeddings; want 1", brief([]string{text}), len(got))
		case err == nil:
			s.valid(m, text, got[0])
		}
	}
	s.valid(m, "a text after those", s.embed("a text after those")[0])
}

func tenMegabytes(s *suite) {
	m := s.model()
	page := strings.Join(s.sentences(20), " ") + "\n"
	huge := strings.Repeat(page, 10<<20/len(page)+1)
	l := s.Embedder.Limits()
	for _, text := range []string{huge, strings.Repeat("x", 10<<20)} {
		got, err := s.Embedder.Embed(s.ctx, []string{text, "a small one"}, ports.PurposeDocument)
		switch {
		case err != nil && !known(err), err != nil && l.TextTokens > 0 && !l.Refuse:
			s.Errorf("Embed(%s) = %v with the limits %+v", brief([]string{text}), err, l)
		case err == nil && l.TextTokens > 0 && l.Refuse:
			s.Errorf("Embed(%s) = nil with the limits %+v; want %v", brief([]string{text}), l, domain.ErrInvalid)
		case err == nil && len(got) != 2:
			s.Errorf("Embed(%s) returns %d embeddings; want 2", brief([]string{text}), len(got))
		case err == nil:
			s.valid(m, text, got[0])
		}
	}
}
