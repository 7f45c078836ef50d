package ports

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
)

// TextQuery asks for the K chunks whose texts fit Terms best.
type TextQuery struct {
	Terms []domain.TextTerm // as domain.ParseText made them for the tokenizer of the database
	All   bool              // only chunks with every term; else with at least one
	K     int
	Allow IDSet     // only these ids may come back; nil: all
	Now   time.Time // chunks that expire at that time or before are passed over
}

// TextSearcher is a ChunkRepository that finds chunks by the words of their texts, in
// databases that were created with Settings.FullText.
//
// A word is a run of letters and digits; words are compared without regard to case, to
// diacritics and to the width of letters, and letters such as ß and æ are those that
// people write for them. With domain.English words are compared by their stems, prefixes
// by the words themselves. With domain.Trigram a term matches every place of a text that
// says the same in this sense, in which white space is one space and thousands need not be
// separated.
//
// Scores are BM25 with k1 = 1.2 and b = 0.75 over the chunks of the database, in which a
// text is as long as it has words, or with domain.Trigram characters; what stands in more
// than half of them counts next to nothing.
type TextSearcher interface {
	// FullText returns nil if this build searches texts, else an ErrUnsupported that says
	// how to get one that does. Databases with full text can be made, read and written
	// anyway; their texts are indexed by the first build that can.
	FullText() error

	// SearchText returns the min(K, matching chunks) best matches, best first, the lower
	// id first among equals. It sees every change that was acknowledged before the call,
	// and all matches are of one moment. No terms match nothing.
	//
	// Errors: ErrNotFound if this life of db has ended, ErrInvalid if db has no full text
	// or K < 1, ErrUnavailable while its texts are still being indexed, ErrUnsupported.
	SearchText(ctx context.Context, db domain.Database, q TextQuery) ([]domain.TextMatch, error)
}

// FullText returns nil if r searches texts, else why not.
func FullText(r ChunkRepository) error {
	ts, ok := r.(TextSearcher)
	if !ok {
		return domain.Errorf(domain.ErrUnsupported, "this build keeps its chunks where texts cannot be searched")
	}
	return ts.FullText()
}

// SearchText is the SearchText of r if it has one, else ErrUnsupported.
func SearchText(ctx context.Context, r ChunkRepository, db domain.Database, q TextQuery) ([]domain.TextMatch, error) {
	if err := FullText(r); err != nil {
		return nil, err
	}
	return r.(TextSearcher).SearchText(ctx, db, q)
}
