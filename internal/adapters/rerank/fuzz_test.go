package rerank

import "testing"

// FuzzAnswers holds that what is read is a finite score for each text, and that nothing
// crashes.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		`{"results":[{"index":1,"relevance_score":0.5},{"index":0,"relevance_score":-3e2}]}`, `[{"index":0,"score":1},{"index":1,"score":2}]`,
		`{"results":null}`, `[null,null]`, `[{"index":-1,"score":1e39},{}]`, `{"results":[{"index":1e9,"relevance_score":0}]}`, `null`, ``, `{"results":[[]]}`,
	} {
		f.Add([]byte(answer), 2)
	}
	f.Fuzz(func(t *testing.T, answer []byte, n int) {
		for name, api := range apis {
			ranked, err := api.answer(answer)
			if err != nil {
				continue
			}
			scores := make([]float32, n&7)
			if err := place(ranked, scores); err != nil {
				continue
			}
			if len(ranked) != len(scores) {
				t.Errorf("%s: %d results pass for %d texts", name, len(ranked), len(scores))
			}
			for _, s := range scores {
				if s-s != 0 {
					t.Errorf("%s: %v passes for a finite number", name, s)
				}
			}
		}
	})
}
