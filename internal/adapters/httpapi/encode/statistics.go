package encode

import (
	"encoding/json"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Statistics is a database and the index that serves it.
type Statistics struct {
	Database
	Plan  domain.Plan `json:"plan"`  // how a search without a filter is answered
	Tail  *tail       `json:"tail"`  // null while the database is not in memory
	Graph *graph      `json:"graph"` // null while there is none
	// Problems is what is wrong with it, or with all databases, now.
	Problems []Problem `json:"problems"`
	Disk     disk      `json:"disk"`
	Recall   *kept     `json:"recall,omitempty"` // missing: there is no target
}

// kept is how the target recall is kept.
type kept struct {
	Target   float64         `json:"target"`
	Measured json.RawMessage `json:"measured"` // a tuning.Note; null: nothing was yet
}

// keptOf describes how the target recall of set is kept; nil where there is none.
func keptOf(set *domain.Settings) *kept {
	if set.TargetRecall == 0 {
		return nil
	}
	k := &kept{Target: set.TargetRecall, Measured: json.RawMessage("null")}
	if note := set.Tuned.Note; note != "" {
		k.Measured = json.RawMessage(note)
	}
	return k
}

// disk is what the database takes on disk besides texts, metadata and keys, which
// lie among those of other databases.
type disk struct {
	EmbeddingBytes int64 `json:"embedding_bytes"`
	IndexBytes     int64 `json:"index_bytes"`
}

// tail is the part of the vectors that is compared one by one.
type tail struct {
	Vectors int    `json:"vectors"`
	Bytes   int64  `json:"bytes"`
	SIMD    string `json:"simd"`
	// Indexing: vectors are on their way to the graph.
	Indexing bool `json:"indexing"`
	// Sequence is the last change that searches know of.
	Sequence int64 `json:"sequence"`
}

// graph is the part of the vectors that is in the graph.
type graph struct {
	Engine      string `json:"engine"`
	Storage     string `json:"storage"`
	SIMD        string `json:"simd"`
	Vectors     int    `json:"vectors"`
	Dead        int    `json:"dead"`
	Bytes       int64  `json:"bytes"`
	MappedBytes int64  `json:"mapped_bytes"`
	// All changes up to Sequence are in the graph, and up to SavedSequence in its file.
	Sequence      int64  `json:"sequence"`
	SavedSequence *int64 `json:"saved_sequence"`
}

// StatisticsOf describes a database and its index; code names the code of an error.
func StatisticsOf(info *app.DatabaseInfo, code func(error) string) Statistics {
	st := Statistics{Database: DatabaseOf(info.Database), Plan: info.Plan, Problems: Problems(info.Problems, code)}
	st.Disk = disk{EmbeddingBytes: 4 * info.Chunks * int64(info.Dims), IndexBytes: info.IndexFile}
	st.Recall = keptOf(&info.Settings)
	if info.Open {
		t := info.Tail
		st.Tail = &tail{Vectors: t.Len, Bytes: t.Bytes, SIMD: t.SIMD, Indexing: info.Indexing, Sequence: info.Searched}
	}
	if g := info.Graph; g.Engine != "" {
		st.Graph = &graph{
			Engine: g.Engine, Storage: g.Kind, SIMD: g.SIMD, Vectors: g.Len,
			Dead: g.Dead, Bytes: g.Bytes, MappedBytes: g.Mapped,
			Sequence: info.Indexed, SavedSequence: orNull(info.Saved),
		}
	}
	return st
}
