package api

import "time"

// Stats is a database and the index that serves it.
type Stats struct {
	DatabaseInfo
	Plan  string      `json:"plan"`  // how a search without a filter is answered: "flat" or "graph"
	Tail  *TailStats  `json:"tail"`  // nil: the database is not in memory
	Graph *GraphStats `json:"graph"` // nil: there is none, or not in memory
	// Problems is what is wrong with the database, or with all of them, now.
	Problems []Problem `json:"problems"`
	Disk     DiskStats `json:"disk"`
	// Recall tells how the target recall is kept; nil: there is none.
	Recall *RecallStats `json:"recall,omitempty"`
}

// RecallStats tells how the target recall of a database is kept.
type RecallStats struct {
	Target   float64     `json:"target"`
	Measured *KeptRecall `json:"measured"` // the last measurement; nil: there was none yet
}

// KeptRecall is a measurement by which a beam width was chosen.
type KeptRecall struct {
	At         time.Time    `json:"at"`
	Ef         int          `json:"ef"`      // beam width of searches that bring none
	Reached    bool         `json:"reached"` // else Ef is the best that was measured
	Recall     float64      `json:"recall"`  // the estimate with Ef
	Low        float64      `json:"low"`     // and its 95 % interval
	High       float64      `json:"high"`
	Confidence float64      `json:"confidence"` // how sure it is that the recall is at least the target
	K          int          `json:"k"`
	Queries    int          `json:"queries"`
	Vectors    int          `json:"vectors"`
	Sequence   int64        `json:"sequence"` // of the last change before
	Curve      []CurvePoint `json:"curve"`    // by beam widths in ascending order
}

// CurvePoint is what searches with one beam width find, and how many microseconds they take in
// the index.
type CurvePoint struct {
	Ef      int     `json:"ef"`
	Recall  float64 `json:"recall"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Queries int     `json:"queries"`
	P50US   float64 `json:"p50_us"`
	P99US   float64 `json:"p99_us"`
}

// TailStats describes the vectors that are compared one by one.
type TailStats struct {
	Vectors  int    `json:"vectors"`
	Bytes    int64  `json:"bytes"`    // of memory
	SIMD     string `json:"simd"`     // instruction set in use
	Indexing bool   `json:"indexing"` // vectors are on their way to the graph
	Sequence int64  `json:"sequence"`
}

// GraphStats describes the vectors that are in the graph.
type GraphStats struct {
	Engine      string `json:"engine"`
	Storage     string `json:"storage"` // kind of codes in use
	SIMD        string `json:"simd"`    // instruction set in use
	Vectors     int    `json:"vectors"`
	Dead        int    `json:"dead"` // removed entries that still take room
	Bytes       int64  `json:"bytes"`
	MappedBytes int64  `json:"mapped_bytes"` // of files
	// All changes up to Sequence are in the graph, and up to SavedSequence in its file.
	Sequence      int64 `json:"sequence"`
	SavedSequence int64 `json:"saved_sequence"`
}

// DiskStats is what a database takes on disk besides texts, metadata and keys, which lie
// among those of other databases.
type DiskStats struct {
	EmbeddingBytes int64 `json:"embedding_bytes"`
	IndexBytes     int64 `json:"index_bytes"`
}

// Problem is something that is wrong with the data or the disk for the time being. What can
// be read is served meanwhile.
type Problem struct {
	Code     string    `json:"code"`     // "disk_full", "read_only" or "corrupt"
	Database string    `json:"database"` // "": all of them
	Message  string    `json:"message"`  // what still works, and what to do
	Since    time.Time `json:"since"`
}
