package encode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Hits writes the hits of a search.
type Hits struct {
	Parts
	Limit    int64 // bytes of an answer
	Original bool  // the distance is sent under the name score, too, as the original memista did
}

// Append appends one list of hits per query. It returns ErrTooLarge, and b as far as it
// was written, past the limit.
func (w Hits) Append(b []byte, lists [][]domain.Hit) ([]byte, error) {
	b = append(b, '[')
	for i, hits := range lists {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = w.appendList(b, hits); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// AppendGroups appends groups as Append does lists.
func (w Hits) AppendGroups(b []byte, groups []app.Group) ([]byte, error) {
	b = append(b, '[')
	for i := range groups {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(groups[i].Value.AppendJSON(append(b, `{"value":`...)), `,"hits":`...)
		var err error
		if b, err = w.appendList(b, groups[i].Hits); err != nil {
			return b, err
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

func (w Hits) appendList(b []byte, hits []domain.Hit) ([]byte, error) {
	b = append(b, '[')
	for j := range hits {
		if j > 0 {
			b = append(b, ',')
		}
		b = w.appendHit(b, &hits[j])
		if int64(len(b)) > w.Limit {
			return b, domain.AnswerTooLarge(w.Limit)
		}
	}
	return append(b, ']'), nil
}

func (w Hits) appendHit(b []byte, hit *domain.Hit) []byte {
	b = appendChunk(append(b, '{'), &hit.Chunk, Parts{w.Fields &^ (domain.FieldEmbedding | domain.FieldSparse | domain.FieldVectors), w.Base64})
	score := hit.Score
	if w.Original {
		score = hit.Distance
	}
	b = wire.AppendFloat(append(b, `,"score":`...), score)
	b = append(b, `,"distance":`...)
	if hit.Places != nil && hit.Places.Vector.Rank == 0 {
		b = append(b, "null"...)
	} else {
		b = wire.AppendFloat(b, hit.Distance)
	}
	if p := hit.Places; p != nil {
		b = appendPlaceScore(append(b, `,"scores":{"vector":`...), p.Vector)
		b = appendPlaceScore(append(b, `,"text":`...), p.Text)
		if p.Sparse.Rank > 0 {
			b = appendPlaceScore(append(b, `,"sparse":`...), p.Sparse)
		}
		b = append(b, '}')
	}
	return append(w.appendVectors(w.appendSparse(w.appendEmbedding(b, hit.Embedding), hit.Sparse), hit.Vectors), '}')
}

// appendPlaceScore appends the score that a list gave, or null.
func appendPlaceScore(b []byte, p domain.Place) []byte {
	if p.Rank == 0 {
		return append(b, "null"...)
	}
	return wire.AppendFloat(b, p.Score)
}
