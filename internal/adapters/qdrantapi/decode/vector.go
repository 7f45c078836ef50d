package decode

import (
	"math"
	"strings"

	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/domain"
)

// Vector is what stands for the vectors of a point, or for what is looked for.
type Vector struct {
	Dense []float32 // nil: none
	Words *string   // that Qdrant makes a sparse vector of, for the model bm25
	Near  string    // of which an embedding is made
	// Sparse are the caller's own sparse vectors by name; that of a target has the name "".
	Sparse domain.SparseVectors
	Named  domain.Vectors // of a point, where the collection has several dense ones
}

// isBM25 reports whether a model makes sparse vectors of words.
func isBM25(model string) bool {
	model = strings.ToLower(model)
	return model == "qdrant/bm25" || model == "bm25"
}

// vectors reads the vectors of a point: an array, or an object by names.
func (r *reader) vectors() (v Vector, err error) {
	if r.Next() != '{' {
		err = r.denseOf("", &v)
		return v, err
	}
	var whole Vector // the object itself is what stands for one vector
	text, model, inference := "", "", false
	err = r.object(func(name string) (bool, error) {
		switch next := r.Next(); {
		case name == "text" && next == '"':
			text, err = r.text()
			inference = true
			return true, err
		case name == "model" && next == '"':
			model, err = r.text()
			return true, err
		case (name == "options" || name == "image" || name == "object") && !r.in.has(name):
			return false, nil
		}
		return true, r.named(name, &v)
	})
	if err == nil && inference {
		if isBM25(model) && len(r.in.Sparse) == 0 {
			return v, noSparse(model, r.in.Dense)
		}
		err = whole.infer(text, model)
		return whole, err
	}
	return v, err
}

// has reports whether the collection has a vector called name.
func (c *Collection) has(name string) bool { return c.IsDense(name) || c.Sparse[name] }

// named reads the vector called name into v.
func (r *reader) named(name string, v *Vector) error {
	if r.in.Sparse[name] {
		return r.sparse(name, v)
	}
	return r.denseOf(name, v)
}

// denseOf reads a dense vector called name: an array of numbers, or a text to embed.
func (r *reader) denseOf(name string, v *Vector) (err error) {
	if !r.in.IsDense(name) {
		return said.NoVector(name)
	}
	if !r.in.IsMain(name) {
		return r.namedDense(name, v)
	}
	if r.Next() == '{' {
		text, model, err := r.inference()
		if err != nil {
			return err
		}
		if isBM25(model) {
			return noSparse(model, name)
		}
		v.Near = text
		return nil
	}
	v.Dense, err = r.dense()
	return err
}

// namedDense reads one of several dense vectors of a point.
func (r *reader) namedDense(name string, v *Vector) error {
	if r.Next() == '{' {
		return said.Unsupported("memista makes no vector of a text where a collection has several: send an array of numbers as `%s`", clip(name))
	}
	dense, err := r.dense()
	if v.Named == nil {
		v.Named = domain.Vectors{}
	}
	v.Named[name] = dense
	return err
}

// noSparse is the error for a model of sparse vectors where the vector called name is meant.
func noSparse(model, name string) error {
	return said.Wrong("the model %s makes sparse vectors, and `%s` is a dense one", clip(model), name)
}

// dense reads an array of numbers.
func (r *reader) dense() ([]float32, error) {
	start, at := r.Offset(), len(r.block)
	block, err := r.Floats(r.block)
	if err != nil {
		if r.multi() {
			return nil, said.Unsupported("memista has no multivectors: a vector is an array of numbers")
		}
		return nil, err
	}
	if at > 0 && cap(block) != cap(r.block) { // it has been moved: leave the earlier ones where they are
		own := make([]float32, len(block)-at, (len(block)-at)*(2+r.Remaining()/max(1, r.Offset()-start)))
		copy(own, block[at:])
		r.block = own
		return own[:len(own):len(own)], nil
	}
	r.block = block
	return block[at:len(block):len(block)], nil
}

// multi reports whether what could not be read as a vector is an array of arrays.
func (r *reader) multi() bool { return r.Next() == '[' }

// sparse reads {"indices": […], "values": […]}, or words, as the vector called name.
func (r *reader) sparse(name string, v *Vector) error {
	made, err := r.made()
	switch {
	case err != nil:
		return err
	case made.Words != nil:
		v.Words = made.Words
	case made.Near != "":
		return said.Unsupported("memista makes sparse vectors by the model qdrant/bm25 only")
	default:
		if v.Sparse == nil {
			v.Sparse = domain.SparseVectors{}
		}
		v.Sparse[name] = made.Sparse[""]
	}
	return nil
}

// inference reads {"text": …, "model": …}; of another object it reads neither.
func (r *reader) inference() (text, model string, err error) {
	err = r.object(func(name string) (bool, error) {
		switch name {
		case "text":
			text, err = r.text()
		case "model":
			model, err = r.text()
		default:
			return false, nil
		}
		return true, err
	})
	return text, model, err
}

// made reads {"text": …, "model": …} or {"indices": […], "values": […]}.
func (r *reader) made() (v Vector, err error) {
	if r.Next() != '{' {
		return v, r.Errorf("a sparse vector is an object with indices and values, or with text and model")
	}
	var model string
	var s domain.SparseVector
	text, words, sparse := "", false, false
	err = r.object(func(name string) (known bool, err error) {
		switch name {
		case "text":
			words = true
			text, err = r.text()
		case "model":
			model, err = r.text()
		case "indices":
			sparse = true
			err = r.indices(&s)
		case "values":
			sparse = true
			s.Values, err = r.Floats(nil)
		default:
			return false, nil
		}
		return true, err
	})
	switch {
	case err != nil:
	case sparse && len(s.Indices) != len(s.Values):
		err = said.Validation("indices", "must be the same length as values")
	case sparse:
		v.Sparse = domain.SparseVectors{"": s}
	case !words:
		err = said.Unsupported("memista makes vectors of texts only")
	default:
		err = v.infer(text, model)
	}
	return v, err
}

// indices reads the places of values.
func (r *reader) indices(s *domain.SparseVector) error {
	s.Indices = []uint32{}
	return r.Array(func(int) error {
		n, err := r.Int()
		if err == nil && (n < 0 || n > math.MaxUint32) {
			err = r.Errorf("invalid value: integer `%d`, expected u32", n)
		}
		s.Indices = append(s.Indices, uint32(n))
		return err
	})
}

// infer makes v what a model makes of a text.
func (v *Vector) infer(text, model string) error {
	if text == "" {
		return said.Wrong("the text of a vector that a model is to make cannot be empty")
	}
	if isBM25(model) {
		v.Words = &text
		return nil
	}
	v.Near = text
	return nil
}
