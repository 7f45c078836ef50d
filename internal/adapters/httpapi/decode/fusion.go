package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

var (
	fusionFields  = []string{"method", "rank_constant", "vector_weight", "text_weight", "candidates", "sparse_weight"}
	fusionMethods = []string{string(domain.ReciprocalRank), string(domain.WeightedScores)}
)

// fusion reads how several lists become one.
func fusion(s *wire.Scanner) (f domain.Fusion, err error) {
	weight := func() (*float64, error) {
		w, err := s.Float()
		if err == nil && w < 0 {
			err = s.Errorf("must be at least 0")
		}
		return new(float64(w)), err
	}
	_, err = s.Object(fusionFields, func(field int) (err error) {
		if s.Null() {
			return nil
		}
		switch fusionFields[field] {
		case "method":
			var method string
			method, err = word(s, fusionMethods)
			f.Method = domain.FusionMethod(method)
		case "rank_constant":
			f.RankConstant, err = positive(s)
		case "vector_weight":
			f.VectorWeight, err = weight()
		case "text_weight":
			f.TextWeight, err = weight()
		case "sparse_weight":
			f.SparseWeight, err = weight()
		case "candidates":
			f.Candidates, err = positive(s)
		}
		return err
	})
	return f, err
}
