package app

import (
	"context"

	"github.com/memista/memista/internal/app/intake"
	"github.com/memista/memista/internal/domain"
)

type (
	// Embed is texts to make embeddings of.
	Embed = intake.Embed
	// Embedded is what came of it.
	Embedded = intake.Embedded
)

func (s *Service) embedChunks(ctx context.Context, db domain.Database, chunks []domain.Chunk) error {
	return s.embed.Chunks(ctx, db, chunks)
}

func (s *Service) embedDocuments(ctx context.Context, db domain.Database, list []string, place func(int) string) ([][]float32, error) {
	return s.embed.Documents(ctx, db, list, place)
}

// Embed returns an embedding of each text. The error about a text names it as "texts[3]".
func (s *Service) Embed(ctx context.Context, in Embed) (Embedded, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return Embedded{}, err
	}
	defer leave()
	return s.embed.Texts(ctx, in, s.limits)
}

// Providers returns the names of the providers of embeddings that are configured, sorted.
// It asks none of them.
func (s *Service) Providers() []string { return s.embed.Providers() }
