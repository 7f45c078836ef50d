package encode

import (
	"encoding/json"
	"time"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Database is a database as it is listed. Null stands for what is not decided yet
// (the dimension before the first insert) or left to the engine.
type Database struct {
	ID             string          `json:"id"`
	Dimensions     *int            `json:"dimensions"`
	Metric         domain.Metric   `json:"metric"`
	Engine         *string         `json:"engine"`
	M              *int            `json:"m"`
	EfConstruction *int            `json:"ef_construction"`
	EfSearch       *int            `json:"ef_search"`
	Storage        *string         `json:"storage"`
	TTLSeconds     *int64          `json:"ttl_seconds"`
	FullText       tokenizer       `json:"full_text"`
	Metadata       json.RawMessage `json:"metadata"`
	Embedder       *Embedder       `json:"embedder"`
	Optional       bool            `json:"optional_embeddings"`
	Sparse         sparseNames     `json:"sparse"`
	Vectors        namedVectors    `json:"vectors"`
	TargetRecall   float64         `json:"target_recall,omitempty"` // missing: none
	Chunks         int64           `json:"chunks"`
	Sequence       int64           `json:"sequence"`
	CreatedAt      time.Time       `json:"created_at"`
}

// Embedder names what makes embeddings of texts.
type Embedder struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
}

func embedderOf(e domain.Embedder) *Embedder {
	if e.Provider == "" {
		return nil
	}
	return &Embedder{e.Provider, e.Model}
}

// DatabaseOf describes a database.
func DatabaseOf(d domain.Database) Database {
	return Database{
		ID: d.ID, Dimensions: orNull(d.Dims), Metric: d.Metric, Engine: orNull(d.Engine),
		M: orNull(d.M), EfConstruction: orNull(d.EfConstruction), EfSearch: orNull(d.EfSearch),
		Storage: orNull(d.Storage), TTLSeconds: seconds(d.TTL), FullText: tokenizer(d.FullText),
		Metadata: appendMetadata(nil, d.Metadata), Embedder: embedderOf(d.Embedder), Optional: d.OptionalEmbeddings, Sparse: sparseNames(d.Sparse), Vectors: namedVectors(d.Vectors), TargetRecall: d.TargetRecall, Chunks: d.Chunks, Sequence: d.Sequence, CreatedAt: d.CreatedAt.UTC(),
	}
}

// tokenizer is a tokenizer by its name, or false.
type tokenizer domain.Tokenizer

// MarshalJSON writes the name, or false.
func (t tokenizer) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("false"), nil
	}
	return json.Marshal(string(t))
}

// DatabaseList is a page of databases.
type DatabaseList struct {
	Databases []Database      `json:"databases"`
	NextAfter json.RawMessage `json:"next_after,omitempty"` // null on the last page; missing where no limit was asked for
}

// DatabasesOf describes a page of databases; paged says that it has a limit.
func DatabasesOf(page app.DatabasePage, paged bool) DatabaseList {
	list := DatabaseList{Databases: make([]Database, len(page.Databases))}
	for i, d := range page.Databases {
		list.Databases[i] = DatabaseOf(d)
	}
	if paged {
		list.NextAfter = json.RawMessage("null")
		if page.Next != "" {
			list.NextAfter = wire.AppendString(nil, page.Next)
		}
	}
	return list
}
