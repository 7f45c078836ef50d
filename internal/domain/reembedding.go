package domain

// Reembedding is a change of the embedder of a database that is under way: embeddings of
// another model are being made beside those in use.
type Reembedding struct {
	Embedder Embedder // that makes them
	Dims     int      // their components
	Metric   Metric   // by which they are to be compared; "": as the others are by then
}

// Apply returns s as it is when the embeddings of r have taken the place of the others.
func (r Reembedding) Apply(s Settings) Settings {
	s.Embedder, s.Dims = r.Embedder, r.Dims
	if r.Metric != "" {
		s.Metric = r.Metric
	}
	return s
}
