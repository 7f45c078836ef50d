package embedtest

import (
	"slices"
	"sync"

	"github.com/memista/memista/internal/ports"
)

var embeddingRules = []rule{
	{name: "embeddings have the dims of the model and finite components", check: validEmbeddings},
	{name: "embeddings come in the order of the texts, whatever stands beside them", limits: ports.EmbedLimits{Texts: 4}, check: orderKept},
	{name: "different texts have different embeddings", check: differentTexts},
	{name: "embeddings belong to the caller", check: ownedByCaller},
	{name: "the texts of the caller stay as they are", check: textsStay},
	{name: "callers at once get what each gets alone", limits: ports.EmbedLimits{Texts: 4}, check: callersAtOnce},
}

func validEmbeddings(s *suite) {
	m := s.model()
	texts := append(s.sentences(10), "x", "7", "Straße", "道は長い", "مرحبا بالعالم", "🙂")
	for _, p := range []ports.Purpose{ports.PurposeDocument, ports.PurposeQuery} {
		for i, e := range s.embedFor(p, texts...) {
			s.valid(m, texts[i], e)
		}
	}
}

func orderKept(s *suite) {
	texts := s.sentences(23)
	texts = append(texts, texts[3], texts[7]) // one text twice in a call is two answers
	for _, p := range []ports.Purpose{ports.PurposeDocument, ports.PurposeQuery} {
		alone := make([][]float32, len(texts))
		for i, t := range texts {
			alone[i] = s.embedFor(p, t)[0]
		}
		for range 3 {
			order := s.rng.Perm(len(texts))
			shuffled := make([]string, len(texts))
			for to, from := range order {
				shuffled[to] = texts[from]
			}
			for to, e := range s.embedFor(p, shuffled...) {
				if !s.same(e, alone[order[to]]) {
					s.Errorf("Embed of %d texts: number %d, %q, differs from its embedding alone", len(texts), to, shuffled[to])
				}
			}
		}
	}
}

func differentTexts(s *suite) {
	texts := []string{"the river in winter", "a doctor writes a letter", "bread and water"}
	got := s.embed(texts...)
	for i := range got {
		for j := range i {
			if slices.Equal(got[i], got[j]) {
				s.Errorf("Embed(%q) and Embed(%q) are equal", texts[i], texts[j])
			}
		}
	}
}

func ownedByCaller(s *suite) {
	texts := s.sentences(4)
	texts = append(texts, texts[0])
	want := make([][]float32, len(texts))
	for i, e := range s.embed(texts...) {
		want[i] = slices.Clone(e)
	}
	spoiled := s.embed(texts...)
	for i := range len(texts) - 1 {
		for k := range spoiled[i] {
			spoiled[i][k] = 99
		}
		_ = append(spoiled[i], 99, 99)
	}
	if last := len(texts) - 1; !s.same(spoiled[last], want[last]) {
		s.Errorf("writing to the embeddings of other texts, or beyond their end, changes that of %q", texts[last])
	}
	for i, e := range s.embed(texts...) {
		if !s.same(e, want[i]) {
			s.Errorf("Embed(%q) gives what a caller wrote to an embedding of before", texts[i])
		}
	}
}

func textsStay(s *suite) {
	texts := append(s.sentences(6), "  white space around  ", "UPPER and lower")
	before := slices.Clone(texts)
	s.embed(texts...)
	s.embedFor(ports.PurposeQuery, texts...)
	if !slices.Equal(texts, before) {
		s.Errorf("Embed makes its texts %q of %q", texts, before)
	}
}

func callersAtOnce(s *suite) {
	const callers, rounds = 6, 5
	texts := s.sentences(12)
	want := s.embed(texts...)
	orders := make([][]int, callers*rounds)
	for i := range orders {
		orders[i] = s.rng.Perm(len(texts))[:1+s.rng.IntN(len(texts))]
	}
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for _, order := range orders[c*rounds : (c+1)*rounds] {
				mine := make([]string, len(order))
				for i, at := range order {
					mine[i] = texts[at]
				}
				got, err := s.Embedder.Embed(s.ctx, mine, ports.PurposeDocument)
				if err != nil || len(got) != len(mine) {
					s.Errorf("Embed of %d texts beside others = %d embeddings, %v", len(mine), len(got), err)
					return
				}
				for i, e := range got {
					if !s.same(e, want[order[i]]) {
						s.Errorf("Embed beside others gives %q another embedding than alone", mine[i])
					}
				}
			}
		})
	}
	wg.Wait()
}
