package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// databaseJSON is a database as it is listed. Null stands for what is not decided yet
// (the dimension before the first insert) or left to the engine.
type databaseJSON struct {
	ID             string        `json:"id"`
	Dimensions     *int          `json:"dimensions"`
	Metric         domain.Metric `json:"metric"`
	Engine         *string       `json:"engine"`
	M              *int          `json:"m"`
	EfConstruction *int          `json:"ef_construction"`
	EfSearch       *int          `json:"ef_search"`
	Storage        *string       `json:"storage"`
	TTLSeconds     *int64        `json:"ttl_seconds"`
	FullText       tokenizerJSON `json:"full_text"`
	Metadata       rawJSON       `json:"metadata"`
	Chunks         int64         `json:"chunks"`
	Sequence       int64         `json:"sequence"`
	CreatedAt      time.Time     `json:"created_at"`
}

// describe turns a database into its JSON.
func describe(d domain.Database) databaseJSON {
	return databaseJSON{
		ID: d.ID, Dimensions: orNull(d.Dims), Metric: d.Metric, Engine: orNull(d.Engine),
		M: orNull(d.M), EfConstruction: orNull(d.EfConstruction), EfSearch: orNull(d.EfSearch),
		Storage: orNull(d.Storage), TTLSeconds: seconds(d.TTL), FullText: tokenizerJSON(d.FullText),
		Metadata: rawJSON(appendMetadata(nil, d.Metadata)), Chunks: d.Chunks, Sequence: d.Sequence, CreatedAt: d.CreatedAt.UTC(),
	}
}

// tokenizerJSON is a tokenizer by its name, or false.
type tokenizerJSON domain.Tokenizer

// MarshalJSON writes the name, or false.
func (t tokenizerJSON) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("false"), nil
	}
	return json.Marshal(string(t))
}

// rawJSON is a value that is JSON already.
type rawJSON = json.RawMessage

// orNull returns nil for the zero value.
func orNull[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

// databases answers GET /v1/databases, with those that the caller's key reaches.
func (h *Handler) databases(c *gin.Context) error {
	in := app.ListDatabases{
		After: c.Query("after"), Prefix: c.Query("prefix"),
		Reach: func(id string) bool { return reaches(c, id) },
	}
	limit, err := numberParam(c, "limit", -1)
	if err != nil {
		return err
	}
	if limit == 0 {
		return domain.Errorf(domain.ErrInvalid, "limit must be at least 1")
	}
	in.Limit = int(min(max(limit, 0), 1<<31-1))
	page, err := h.svc.ListDatabases(c.Request.Context(), in)
	if err != nil {
		return err
	}
	list := databaseList{Databases: make([]databaseJSON, len(page.Databases))}
	for i, d := range page.Databases {
		list.Databases[i] = describe(d)
	}
	if in.Limit > 0 {
		list.NextAfter = rawJSON("null")
		if page.Next != "" {
			list.NextAfter = wire.AppendString(nil, page.Next)
		}
	}
	return sendValue(c, http.StatusOK, list)
}

type databaseList struct {
	Databases []databaseJSON `json:"databases"`
	NextAfter rawJSON        `json:"next_after,omitempty"` // null on the last page; missing where no limit was asked for
}

// statistics is a database and the index that serves it.
type statistics struct {
	databaseJSON
	Plan  domain.Plan `json:"plan"`  // how a search without a filter is answered
	Tail  *tailJSON   `json:"tail"`  // null while the database is not in memory
	Graph *graphJSON  `json:"graph"` // null while there is none
	// Problems is what is wrong with it, or with all databases, now.
	Problems []problemJSON `json:"problems"`
	Disk     diskJSON      `json:"disk"`
}

// diskJSON is what the database takes on disk besides texts, metadata and keys, which
// lie among those of other databases.
type diskJSON struct {
	EmbeddingBytes int64 `json:"embedding_bytes"`
	IndexBytes     int64 `json:"index_bytes"`
}

// tailJSON is the part of the vectors that is compared one by one.
type tailJSON struct {
	Vectors int    `json:"vectors"`
	Bytes   int64  `json:"bytes"`
	SIMD    string `json:"simd"`
	// Sequence is the last change that searches know of.
	Sequence int64 `json:"sequence"`
}

// graphJSON is the part of the vectors that is in the graph.
type graphJSON struct {
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

// database answers GET /v1/databases/{id}.
func (h *Handler) database(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	info, err := h.svc.Database(c.Request.Context(), id)
	if err != nil {
		return err
	}
	st := statistics{databaseJSON: describe(info.Database), Plan: info.Plan, Problems: describeProblems(info.Problems)}
	st.Disk = diskJSON{EmbeddingBytes: 4 * info.Chunks * int64(info.Dims), IndexBytes: info.IndexFile}
	if info.Open {
		t := info.Tail
		st.Tail = &tailJSON{Vectors: t.Len, Bytes: t.Bytes, SIMD: t.SIMD, Sequence: info.Searched}
	}
	if g := info.Graph; g.Engine != "" {
		st.Graph = &graphJSON{
			Engine: g.Engine, Storage: g.Kind, SIMD: g.SIMD, Vectors: g.Len,
			Dead: g.Dead, Bytes: g.Bytes, MappedBytes: g.Mapped,
			Sequence: info.Indexed, SavedSequence: orNull(info.Saved),
		}
	}
	return sendValue(c, http.StatusOK, st)
}
