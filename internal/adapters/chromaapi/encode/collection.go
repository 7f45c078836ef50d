package encode

import (
	"encoding/json"

	"github.com/memista/memista/internal/adapters/chromaapi/config"
)

// Collection describes a collection.
type Collection struct {
	ID            string          `json:"id"`
	Name          string          `json:"name"`
	Configuration Configuration   `json:"configuration_json"`
	Schema        *struct{}       `json:"schema"` // always null: memista has none
	Metadata      json.RawMessage `json:"metadata"`
	Dimension     *int            `json:"dimension"` // null until there is a record
	Tenant        string          `json:"tenant"`
	Database      string          `json:"database"`
	LogPosition   int             `json:"log_position"`
	Version       int             `json:"version"`
}

// Configuration is how a collection is indexed, and what makes its embeddings.
type Configuration struct {
	HNSW              config.HNSW     `json:"hnsw"`
	SPANN             *struct{}       `json:"spann"` // always null
	EmbeddingFunction json.RawMessage `json:"embedding_function"`
}

// CollectionOf describes a collection with a configuration and as many dimensions, 0 for as
// many as its first record will have.
func CollectionOf(c config.Config, dims int) Collection {
	d := Collection{
		Configuration: Configuration{HNSW: c.HNSW, EmbeddingFunction: orNull(c.EmbeddingFunction)},
		Metadata:      orNull(c.Metadata),
	}
	if dims > 0 {
		d.Dimension = &dims
	}
	return d
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// Database describes a database of a tenant.
type Database struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Tenant string `json:"tenant"`
}

// Tenant describes a tenant.
type Tenant struct {
	Name         string  `json:"name"`
	ResourceName *string `json:"resource_name"` // always null
}
