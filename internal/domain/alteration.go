package domain

import (
	"fmt"
	"strings"
	"time"
)

// Alteration says which settings of a database to change. What is nil stays as it is; a
// zero value is the default, as in Settings.
type Alteration struct {
	Dims           *int // only where none is decided yet
	Metric         *Metric
	Engine         *string
	M              *int
	EfConstruction *int
	EfSearch       *int
	Storage        *string
	TTL            *time.Duration
	FullText       *Tokenizer
	Metadata       *Metadata    // merged into that of the database; see Metadata.Merge
	Sparse         *SparseNames // all there are, with those that are declared

	OptionalEmbeddings *bool // they can be allowed, and not forbidden again

	TargetRecall *float64
	Tuned        *Tuning // if that was measured for the target of the moment
}

// Apply returns s as a changes it, or says which setting cannot be changed.
func (a Alteration) Apply(s Settings) (Settings, error) {
	if a.Dims != nil && *a.Dims != s.Dims && s.Dims != 0 {
		return s, Errorf(ErrInvalid, "dimensions cannot be changed from %d to %d: they are those of the stored embeddings, so make another database", s.Dims, *a.Dims)
	}
	if a.Sparse != nil {
		if err := s.Sparse.CheckAltered(*a.Sparse); err != nil {
			return s, err
		}
	}
	before := s
	set(&s.Dims, a.Dims)
	set(&s.Metric, a.Metric)
	set(&s.Engine, a.Engine)
	set(&s.M, a.M)
	set(&s.EfConstruction, a.EfConstruction)
	set(&s.EfSearch, a.EfSearch)
	set(&s.Storage, a.Storage)
	set(&s.TTL, a.TTL)
	set(&s.FullText, a.FullText)
	if s.OptionalEmbeddings && a.OptionalEmbeddings != nil && !*a.OptionalEmbeddings {
		return s, Errorf(ErrInvalid, "optional_embeddings cannot be turned off again: there may be chunks without an embedding, so make another database")
	}
	set(&s.OptionalEmbeddings, a.OptionalEmbeddings)
	set(&s.Sparse, a.Sparse)
	set(&s.TargetRecall, a.TargetRecall)
	if before.TargetRecall != s.TargetRecall || before.NeedsIndex(s) {
		s.Tuned = Tuning{} // was measured on something else
	} else if a.Tuned != nil && a.Tuned.Target == s.TargetRecall {
		s.Tuned = *a.Tuned
	}
	if s.Metric == "" {
		s.Metric = InnerProduct
	}
	if a.Metadata == nil {
		return s, nil
	}
	var err error
	s.Metadata, err = s.Metadata.Merge(*a.Metadata)
	return s, err
}

func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

// NeedsIndex reports whether a database whose settings become those of to needs another
// index of its vectors.
func (s Settings) NeedsIndex(to Settings) bool {
	return s.Metric != to.Metric || s.Engine != to.Engine || s.M != to.M || s.EfConstruction != to.EfConstruction || s.Storage != to.Storage
}

// NeedsTexts reports whether a database whose settings become those of to needs another
// index of its texts.
func (s Settings) NeedsTexts(to Settings) bool { return to.FullText != "" && s.FullText != to.FullText }

// Differences says where s is not what want asks for, in which zero values stand for
// anything; "" if it is.
func (s Settings) Differences(want Settings) string {
	var all []string
	differ(&all, "dimensions", s.Dims, want.Dims)
	differ(&all, "metric", s.Metric, want.Metric)
	differ(&all, "engine", s.Engine, want.Engine)
	differ(&all, "m", s.M, want.M)
	differ(&all, "ef_construction", s.EfConstruction, want.EfConstruction)
	differ(&all, "ef_search", s.EfSearch, want.EfSearch)
	differ(&all, "target_recall", s.TargetRecall, want.TargetRecall)
	differ(&all, "storage", s.Storage, want.Storage)
	differ(&all, "time to live", s.TTL, want.TTL)
	differ(&all, "full_text", s.FullText, want.FullText)
	differ(&all, "optional_embeddings", s.OptionalEmbeddings, want.OptionalEmbeddings)
	differ(&all, "sparse", s.Sparse, want.Sparse)
	differ(&all, "vectors", s.Vectors, want.Vectors)
	differ(&all, "embedder", s.Embedder.EmbedderRef, want.Embedder.EmbedderRef)
	if want.Metadata != (Metadata{}) && s.Metadata != want.Metadata {
		all = append(all, fmt.Sprintf("metadata is %s and not %s", s.Metadata.shown(), want.Metadata.shown()))
	}
	return strings.Join(all, ", ")
}

func differ[T comparable](all *[]string, name string, have, want T) {
	var zero T
	switch {
	case want == zero || have == want:
	case have == zero:
		*all = append(*all, fmt.Sprintf("%s is not set and not %v", name, want))
	default:
		*all = append(*all, fmt.Sprintf("%s is %v and not %v", name, have, want))
	}
}

// mostShown is how many bytes of metadata stand in a message at most.
const mostShown = 100

// shown is m as it stands in messages.
func (m Metadata) shown() string {
	if m.Form == NoMetadata {
		return "not set"
	}
	if len(m.Text) <= mostShown {
		return m.Text
	}
	return strings.ToValidUTF8(m.Text[:mostShown], "") + "…"
}
