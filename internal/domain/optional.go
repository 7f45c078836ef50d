package domain

import "errors"

// CheckEmbedding reports why v cannot be stored in a database with settings s, whatever its
// dimension: as Metric.CheckVector does, but where embeddings are optional a vector of
// length zero, or of nearly so, is fine under Cosine. It must not be empty.
func (s *Settings) CheckEmbedding(v []float32) error {
	err := s.Metric.CheckVector(v)
	if s.OptionalEmbeddings && errors.Is(err, ErrZeroVector) {
		return nil
	}
	return err
}

// Searchable reports whether searches can find a chunk of a database with settings s by its
// embedding v: there is one, and it has a direction where the metric measures directions.
func (s *Settings) Searchable(v []float32) bool {
	if len(v) == 0 {
		return false
	}
	if !s.OptionalEmbeddings || s.Metric != Cosine {
		return true // one of length zero was refused
	}
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return float32(sum) >= minSquaredLength
}
