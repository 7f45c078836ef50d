package change

import (
	"context"

	"github.com/memista/memista/internal/domain"
)

// made is the embeddings of texts that were made for a page, so that none is made twice when
// it is tried again.
type made struct {
	by     domain.Database // by whose embedder
	texts  map[string][]float32
	todo   []string // that have none yet
	places []int    // of those, in the page
}

// give gives the items of b that need one the embedding of their text, or returns
// errUnembedded if some are to be made first.
func (m *made) give(b *batch) error {
	if m.by.Embedder != b.info.Embedder {
		m.texts = nil
	}
	m.by, m.todo, m.places = b.info, nil, nil
	asked := map[string]bool{}
	for i := range b.items {
		it := &b.items[i]
		if !it.needsEmbedding(&b.info) {
			continue
		}
		if it.Text == "" {
			return b.p.in.at(domain.Errorf(domain.ErrInvalid, "text cannot be empty: there would be nothing to make an embedding of"), it.place)
		}
		if v, known := m.texts[it.Text]; known {
			it.Embedding, it.same = v, false
		} else if !asked[it.Text] {
			asked[it.Text] = true
			m.todo, m.places = append(m.todo, it.Text), append(m.places, it.place)
		}
	}
	if len(m.todo) > 0 {
		return errUnembedded
	}
	return nil
}

// needsEmbedding reports whether db is to make the embedding of it: there is none, or it is of
// the text that was there. Where embeddings are optional, one that has neither, or has lost its
// embedding alone, stays without.
func (it *item) needsEmbedding(db *domain.Database) bool {
	switch {
	case db.Embedder.Provider == "":
		return false
	case len(it.Embedding) > 0:
		return it.same && it.retexts
	}
	return !db.OptionalEmbeddings || it.retexts && it.Text != ""
}

// embed makes the embeddings that are lacking.
func (m *made) embed(ctx context.Context, p *page) error {
	list, err := p.c.Embed(ctx, m.by, m.todo, func(k int) string {
		if len(p.refs) < 2 {
			return "" // the caller has no list
		}
		return place(m.places[k])
	})
	if err != nil {
		return err
	}
	if m.texts == nil {
		m.texts = make(map[string][]float32, len(list))
	}
	for k, text := range m.todo {
		m.texts[text] = list[k]
	}
	return nil
}
