package api

// SparseVector is a vector of which only some components are not zero: Values are those at
// Indices, which are distinct, in any order; what comes back is ascending. It has at most
// 65,536 entries, whose values are finite. One without entries is near nothing.
type SparseVector struct {
	Indices []uint32  `json:"indices"`
	Values  []float32 `json:"values"`
}

// SparseModifier says how the values of a sparse query are changed before they are compared.
type SparseModifier string

// The modifiers. SparseNone is the default.
const (
	SparseNone SparseModifier = "none"
	// SparseIDF multiplies each value by ln((N - n + 0.5) / (n + 0.5) + 1), where N chunks have
	// the sparse vector and n of them the index: what most have says little.
	SparseIDF SparseModifier = "idf"
)

// SparseSettings are the choices for the sparse vectors of one name.
type SparseSettings struct {
	Modifier SparseModifier `json:"modifier,omitempty"` // "": SparseNone
}

// SparseQuery asks for the chunks whose sparse vector called Name has an index in common with
// it. Their score is the sum of the products of the values, over all indices in common.
type SparseQuery struct {
	Name    string    `json:"name"` // which the database declares
	Indices []uint32  `json:"indices"`
	Values  []float32 `json:"values"`
}
