package reranktest

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/memista/memista/internal/domain"
)

var scoreRules = []rule{
	{"it has a name", named},
	{"scores come in the order of the texts, whatever stands beside them", orderKept},
	{"many texts all have their scores", manyTexts},
	{"the texts of the caller stay as they are", textsStay},
	{"callers at once get what each gets alone", callersAtOnce},
	{"no texts have no scores, and cost no call", noTexts},
	{"an empty text is ErrInvalid that says which, and costs no call", emptyText},
	{"an empty query is ErrInvalid, and costs no call", emptyQuery},
	{"a text of any bytes has a score, is ErrInvalid or a RerankerError", strangeTexts},
}

func named(s *suite) {
	if m := s.Reranker.Model(); m == "" || m != s.Reranker.Model() {
		s.Errorf("Model() = %q; want a name that stays", m)
	}
}

func orderKept(s *suite) {
	s.rerank(passages...)
	reversed := slices.Clone(passages)
	slices.Reverse(reversed)
	s.rerank(reversed...)
	for _, p := range passages {
		s.rerank(p)
	}
	s.rerank(passages[1], passages[1]) // one text twice in a call is two answers
}

func manyTexts(s *suite) {
	const many = 150 // more than any server takes at once by default, but for those that take all
	texts := make([]string, many)
	for i := range texts {
		texts[i] = passages[i%len(passages)] + " " + strconv.Itoa(i)
	}
	s.rerank(texts...)
}

func textsStay(s *suite) {
	texts := []string{"  white space around  ", "UPPER and lower", strings.Repeat("long ", 10_000)}
	before := slices.Clone(texts)
	if _, err := s.Reranker.Rerank(s.ctx, question, texts); err != nil {
		s.Fatalf("Rerank = %v; want nil", err)
	}
	if !slices.Equal(texts, before) {
		s.Error("Rerank changes its texts")
	}
}

func callersAtOnce(s *suite) {
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for range 5 {
				texts := passages[c%len(passages):]
				got, err := s.Reranker.Rerank(s.ctx, question, texts)
				if err != nil || !slices.Equal(got, Scores(question, texts)) {
					s.Errorf("Rerank beside others = %v, %v; want %v", got, err, Scores(question, texts))
				}
			}
		})
	}
	wg.Wait()
}

func noTexts(s *suite) {
	got, err := s.Reranker.Rerank(s.ctx, question, nil)
	if len(got) != 0 || err != nil {
		s.Errorf("Rerank of no texts = %v, %v; want none", got, err)
	}
	s.noCalls()
}

func emptyText(s *suite) {
	for _, empty := range []string{"", " \n\t "} {
		got, err := s.Reranker.Rerank(s.ctx, question, []string{"a", empty})
		if got != nil || !invalid(err, "texts[1]") {
			s.Errorf("Rerank of %q = %v, %v; want ErrInvalid about texts[1]", empty, got, err)
		}
	}
	s.noCalls()
}

func emptyQuery(s *suite) {
	for _, empty := range []string{"", " \n\t "} {
		got, err := s.Reranker.Rerank(s.ctx, empty, passages)
		s.refused("Rerank for an empty query", got, err, domain.ErrInvalid)
	}
	s.noCalls()
}

func (s *suite) noCalls() {
	s.Helper()
	if calls := s.Calls(); len(calls) > 0 {
		s.Errorf("the provider is called with %v; want no call", calls)
	}
}

func strangeTexts(s *suite) {
	for _, t := range []string{"a\x00b", "\xff\xfe", "\ue000", strings.Repeat("x", 10<<20), strings.Repeat("道", 1<<20)} {
		got, err := s.Reranker.Rerank(s.ctx, question, []string{t})
		_, failed := errors.AsType[*domain.RerankerError](err)
		if ok := len(got) == 1 || errors.Is(err, domain.ErrInvalid) || failed; !ok {
			s.Errorf("Rerank of %.10q = %v, %v; want a score, ErrInvalid or a RerankerError", t, got, err)
		}
	}
}
