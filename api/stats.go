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
