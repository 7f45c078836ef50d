package decode

import (
	"math"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

var (
	sparseFields      = []string{"indices", "values"}
	sparseQueryFields = []string{"indices", "values", "name"}
	modifierFields    = []string{"modifier"}
	modifierNames     = []string{string(domain.SparseNone), string(domain.SparseIDF)}
)

// sparseVectors reads the sparse vectors of a chunk by their names; null is none.
func sparseVectors(s *wire.Scanner) (domain.SparseVectors, error) {
	if s.Null() {
		return nil, nil
	}
	all := domain.SparseVectors{}
	err := s.Members(func(name []byte) error {
		if _, twice := all[string(name)]; twice {
			return s.Errorf("comes twice")
		}
		if len(all) == domain.MaxSparseNames {
			return s.Errorf("has more than %d vectors", domain.MaxSparseNames)
		}
		key := string(name)
		v, err := sparseVector(s)
		all[key] = v
		return err
	})
	return all, err
}

// sparsePatch reads the sparse vectors that a chunk is to have; null under a name is none.
func sparsePatch(s *wire.Scanner) (map[string]*domain.SparseVector, error) {
	all := map[string]*domain.SparseVector{}
	err := s.Members(func(name []byte) error {
		if _, twice := all[string(name)]; twice {
			return s.Errorf("comes twice")
		}
		if len(all) == domain.MaxSparseNames {
			return s.Errorf("has more than %d vectors", domain.MaxSparseNames)
		}
		key := string(name)
		all[key] = nil
		if s.Null() {
			return nil
		}
		v, err := sparseVector(s)
		all[key] = &v
		return err
	})
	return all, err
}

func sparseVector(s *wire.Scanner) (v domain.SparseVector, err error) {
	seen, err := s.Object(sparseFields, func(field int) error { return sparsePart(s, sparseFields[field], &v) })
	if err == nil {
		err = required(sparseFields, seen, 0b11)
	}
	return v, err
}

// sparsePart reads the indices or the values of a sparse vector. Whether they fit together is
// for the use case to say.
func sparsePart(s *wire.Scanner, name string, v *domain.SparseVector) (err error) {
	if name == "values" {
		v.Values, err = s.Floats([]float32{})
		return err
	}
	v.Indices = []uint32{}
	return s.Array(func(i int) error {
		if i == domain.MaxSparseEntries {
			return s.Errorf("there are more than %d", domain.MaxSparseEntries)
		}
		n, err := s.Int()
		if err == nil && (n < 0 || n > math.MaxUint32) {
			err = s.Errorf("must be between 0 and %d", int64(math.MaxUint32))
		}
		v.Indices = append(v.Indices, uint32(n))
		return err
	})
}

// sparseQuery reads what to be near to by sparse vector.
func sparseQuery(s *wire.Scanner) (*domain.SparseQuery, error) {
	q := new(domain.SparseQuery)
	seen, err := s.Object(sparseQueryFields, func(field int) (err error) {
		if sparseQueryFields[field] != "name" {
			return sparsePart(s, sparseQueryFields[field], &q.Vector)
		}
		q.Name, err = notEmpty(s)
		return err
	})
	if err == nil {
		err = required(sparseQueryFields, seen, 0b111)
	}
	return q, err
}

// sparseNames reads which sparse vectors a database declares.
func sparseNames(s *wire.Scanner) (domain.SparseNames, error) {
	modifiers := map[string]domain.SparseModifier{}
	err := s.Members(func(name []byte) error {
		if _, twice := modifiers[string(name)]; twice {
			return s.Errorf("comes twice")
		}
		if len(modifiers) == domain.MaxSparseNames {
			return s.Errorf("has more than %d vectors", domain.MaxSparseNames)
		}
		key, modifier := string(name), ""
		_, err := s.Object(modifierFields, func(int) (err error) {
			if !s.Null() {
				modifier, err = word(s, modifierNames)
			}
			return err
		})
		modifiers[key] = domain.SparseModifier(modifier)
		return err
	})
	if err != nil {
		return domain.SparseNames{}, err
	}
	return domain.NewSparseNames(modifiers)
}

// vectors reads the named vectors of a chunk; null is none. With removing null under a name is
// none there.
func vectors(s *wire.Scanner, removing bool) (domain.Vectors, error) {
	if s.Null() {
		return nil, nil
	}
	all := domain.Vectors{}
	err := s.Members(func(name []byte) (err error) {
		if _, twice := all[string(name)]; twice {
			return s.Errorf("comes twice")
		}
		if len(all) == domain.MaxVectorNames {
			return s.Errorf("has more than %d vectors", domain.MaxVectorNames)
		}
		key := string(name)
		all[key] = nil
		if removing && s.Null() {
			return nil
		}
		all[key], err = s.Vector([]float32{})
		return err
	})
	return all, err
}

var namedFields = []string{"dims", "metric"}

// namedVectors reads which named vectors a database declares.
func namedVectors(s *wire.Scanner) (domain.NamedVectors, error) {
	var all []domain.NamedVector
	err := s.Members(func(name []byte) error {
		if len(all) == domain.MaxVectorNames {
			return s.Errorf("has more than %d vectors", domain.MaxVectorNames)
		}
		v := domain.NamedVector{Name: string(name)}
		seen, err := s.Object(namedFields, func(field int) (err error) {
			switch {
			case namedFields[field] == "dims":
				v.Dims, err = positive(s)
			case !s.Null():
				var metric []byte
				metric, err = s.Text()
				v.Metric = domain.Metric(metric)
			}
			return err
		})
		if err == nil {
			err = required(namedFields, seen, 0b1)
		}
		all = append(all, v)
		return err
	})
	if err != nil {
		return domain.NamedVectors{}, err
	}
	return domain.NewNamedVectors(all...)
}
