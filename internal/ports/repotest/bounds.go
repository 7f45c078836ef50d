package repotest

import (
	"strings"

	"github.com/memista/memista/internal/domain"
)

var boundRules = []rule{
	{"chunks of more than MaxBytes are ErrTooLarge, counting only what is read", func(s *suite) {
		c := chunk(strings.Repeat("x", 100), 1, 2, 3) // 100 bytes of text and 12 of embedding
		c.Metadata = domain.MetadataString(strings.Repeat("y", 50))
		s.put("db", keyed("a", c), keyed("b", c))
		db := s.find("db")
		for _, sel := range []domain.Selection{{IDs: []int64{1, 2}}, {Keys: []string{"a", "b"}}, {Limit: 10}} {
			for fields, size := range map[domain.Fields]int64{allFields: 324, domain.FieldText: 200, domain.FieldMetadata: 100, domain.FieldEmbedding: 24} {
				sel.MaxBytes = size
				if got, err := s.repo.Chunks(s.ctx, db, sel, fields); err != nil || len(got) != 2 {
					s.Errorf("Chunks(%+v, fields %b) = %d chunks, %v; want 2", sel, fields, len(got), err)
				}
				sel.MaxBytes = size - 1
				_, err := s.repo.Chunks(s.ctx, db, sel, fields)
				s.kind("Chunks with a byte more than MaxBytes", err, domain.ErrTooLarge)
			}
			sel.MaxBytes = 1
			if got, err := s.repo.Chunks(s.ctx, db, sel, 0); err != nil || len(got) != 2 {
				s.Errorf("Chunks(%+v, no fields) = %d chunks, %v; want 2", sel, len(got), err)
			}
		}
	}},
}
