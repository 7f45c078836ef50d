package embedtest

import (
	"slices"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var limitRules = []rule{
	{name: "a call has no more texts than the limit", limits: ports.EmbedLimits{Texts: 3}, check: textsInCall},
	{name: "a call has no more tokens than the limit", limits: ports.EmbedLimits{Tokens: 40}, check: tokensInCall},
	{name: "a long text is cut", limits: ports.EmbedLimits{TextTokens: 16}, check: longIsCut},
	{name: "a long text is refused and named", limits: ports.EmbedLimits{TextTokens: 16, Refuse: true}, check: longIsRefused},
	{name: "a text within the limit is looked at to its end", limits: ports.EmbedLimits{TextTokens: 64}, check: endCounts},
}

func textsInCall(s *suite) {
	s.need(s.Calls != nil, "cannot see calls of a provider")
	limit := s.Embedder.Limits().Texts
	s.need(limit > 0, "has no limit of texts in a call")
	s.model()
	texts := s.sentences(3*limit + 1)
	s.embed(texts...)
	var sent []string
	calls := s.calls()
	for _, c := range calls {
		if len(c) > limit || len(c) == 0 {
			s.Errorf("a call has %d texts; want 1 to %d", len(c), limit)
		}
		sent = append(sent, c...)
	}
	if len(calls) != 4 {
		s.Errorf("%d texts take %d calls; want 4 of at most %d", len(texts), len(calls), limit)
	}
	if len(sent) != len(texts) {
		s.Errorf("%d texts are sent for %d", len(sent), len(texts))
	}
}

func tokensInCall(s *suite) {
	s.need(s.Calls != nil && s.config.Tokens != nil, "cannot count the tokens of calls")
	limit := s.Embedder.Limits().Tokens
	s.need(limit > 0, "has no limit of tokens in a call")
	s.model()
	texts := s.sentences(40)
	s.embed(texts...)
	calls := s.calls()
	all := 0
	for _, c := range calls {
		sum := 0
		for _, t := range c {
			sum += s.config.Tokens(t)
		}
		all += sum
		if sum > limit && len(c) > 1 {
			s.Errorf("a call has %d tokens in %d texts; want at most %d", sum, len(c), limit)
		}
	}
	// Two calls in a row have more than the limit together, or they would be one.
	if most := 2*all/limit + 1; len(calls) > most {
		s.Errorf("%d tokens take %d calls; want at most %d", all, len(calls), most)
	}
}

// long returns two texts that begin alike, far beyond every small limit, and end
// differently.
func (s *suite) long() (a, b string) {
	begin := strings.Join(s.sentences(200), " ")
	return begin + " river", begin + " doctor doctor"
}

func longIsCut(s *suite) {
	m := s.model()
	l := s.Embedder.Limits()
	s.need(l.TextTokens > 0 && l.TextTokens <= 64 && !l.Refuse, "cannot be told to cut")
	a, b := s.long()
	got := s.embed(a, "short", b)
	s.valid(m, a, got[0])
	if !s.same(got[0], got[2]) {
		s.Errorf("two texts that are alike for the %d tokens that are looked at have different embeddings", l.TextTokens)
	}
	if !s.same(got[1], s.embed("short")[0]) {
		s.Error("a short text beside a long one has another embedding than alone")
	}
}

func longIsRefused(s *suite) {
	s.model()
	l := s.Embedder.Limits()
	s.need(l.TextTokens > 0 && l.TextTokens <= 64 && l.Refuse, "cannot be told to refuse")
	a, _ := s.long()
	got, err := s.Embedder.Embed(s.ctx, []string{"short", a, "short too"}, ports.PurposeDocument)
	s.kind("Embed of a long text", got, err, domain.ErrInvalid)
	s.names(err, 1)
	s.embed("short", "short too")
}

func endCounts(s *suite) {
	begin := strings.Join(vocabulary[4:12], " ")
	got := s.embed(begin+" river", begin+" doctor")
	if slices.Equal(got[0], got[1]) {
		s.Error("texts that differ in their last word have equal embeddings, though they are short")
	}
}
