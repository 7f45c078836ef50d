package app

// Limbo is the set of what is to leave a graph.
type Limbo struct{ set *limboes }

// With returns l with one id more, and l stays as it is.
func (l Limbo) With(id int64) Limbo { return Limbo{l.set.with(map[int64]struct{}{id: {}})} }

// Has reports whether id is in l.
func (l Limbo) Has(id int64) bool { return l.set.has(id) }

// Layers is how many sets a look-up asks.
func (l Limbo) Layers() int { return len(l.set.layers) }
