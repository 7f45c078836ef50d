package embedtest

import (
	"sync"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

var modelRules = []rule{
	{name: "the model names itself and stays the same", check: modelStays},
	{name: "the model is the same for many who ask at once", check: modelForMany},
	{name: "the model is the same in an embedder opened again", check: modelAgain},
	{name: "the fingerprint is that of the fixed texts", check: fingerprintOfTexts},
}

func modelStays(s *suite) {
	m := s.model()
	if m.Provider == "" || m.Name == "" || m.Fingerprint == "" {
		s.Errorf("Model() = %+v; want a provider, a name and a fingerprint", m)
	}
	if m.Dims < 1 || m.Dims > domain.MaxDims {
		s.Errorf("Model() has %d dims; want 1 to %d", m.Dims, domain.MaxDims)
	}
	if m.VectorShare < 0 || m.VectorShare >= 1 {
		s.Errorf("Model() has a vector share of %v; want at least 0 and less than 1", m.VectorShare)
	}
	s.embed(s.sentences(3)...)
	if again := s.model(); again != m {
		s.Errorf("Model() = %+v the second time; want %+v", again, m)
	}
}

func modelForMany(s *suite) {
	const many = 8
	var models [many]domain.Model
	var wg sync.WaitGroup
	for i := range models {
		wg.Go(func() {
			m, err := s.Embedder.Model(s.ctx)
			if err != nil {
				s.Errorf("Model() beside others = %v; want nil", err)
			}
			models[i] = m
		})
	}
	wg.Wait()
	for _, m := range models {
		if m != models[0] {
			s.Errorf("Model() beside others = %+v and %+v; want the same", m, models[0])
		}
	}
}

func modelAgain(s *suite) {
	a := s.model()
	s.open(ports.EmbedLimits{})
	b := s.model()
	if !fingerprint.Same(a.Fingerprint, b.Fingerprint) {
		s.Errorf("Model() has the fingerprint %q, and %q when opened again; want the same", a.Fingerprint, b.Fingerprint)
	}
	a.Fingerprint, b.Fingerprint = "", ""
	if a != b {
		s.Errorf("Model() = %+v when opened again; want %+v", b, a)
	}
}

func fingerprintOfTexts(s *suite) {
	m := s.model()
	want, err := fingerprint.Of(s.embed(fingerprint.Texts()...))
	if err != nil {
		s.Fatalf("Fingerprint: %v", err)
	}
	if !fingerprint.Same(m.Fingerprint, want) {
		s.Errorf("Model() has the fingerprint %q; its embeddings have %q", m.Fingerprint, want)
	}
}
