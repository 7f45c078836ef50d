// Package config is what the Qdrant API keeps of a collection beside the settings of its
// database: how its vectors are named, which of its fields have an index, and what it was
// created with, to tell it again.
package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/domain"
)

// Config is what is kept. It does not change once it is read.
type Config struct {
	Dense string `json:"dense,omitempty"` // the name of the dense vector
	Named bool   `json:"named,omitempty"` // vectors are told by name

	// As they were sent.
	Vectors      json.RawMessage `json:"vectors,omitempty"`
	Sparse       json.RawMessage `json:"sparse_vectors,omitempty"`
	HNSW         json.RawMessage `json:"hnsw_config,omitempty"`
	Optimizers   json.RawMessage `json:"optimizers_config,omitempty"`
	WAL          json.RawMessage `json:"wal_config,omitempty"`
	Quantization json.RawMessage `json:"quantization_config,omitempty"`
	Strict       json.RawMessage `json:"strict_mode_config,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`
	OnDisk       json.RawMessage `json:"on_disk_payload,omitempty"`
	Shards       json.RawMessage `json:"shard_number,omitempty"`
	Replicas     json.RawMessage `json:"replication_factor,omitempty"`
	WriteFactor  json.RawMessage `json:"write_consistency_factor,omitempty"`

	SparseNames []string `json:"sparse_names,omitempty"`
	// Fields are the fields with an index, by their paths.
	Fields map[string]Field `json:"fields,omitempty"`
}

// Field is an index of a field.
type Field struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema,omitempty"` // as it was sent, if that was an object
}

// Of returns what is kept of a collection that is created.
func Of(c *decode.Create) Config {
	return Config{
		Dense: c.Dense, Named: c.Named, Vectors: raw(c.Vectors), Sparse: raw(c.Sparse), HNSW: raw(c.HNSW), Optimizers: raw(c.Optimizers),
		WAL: raw(c.WAL), Quantization: raw(c.Quantization), Strict: raw(c.Strict), Metadata: raw(c.Metadata), OnDisk: raw(c.OnDisk),
		Shards: raw(c.Shards), Replicas: raw(c.Replicas), WriteFactor: raw(c.WriteFactor), SparseNames: slices.Sorted(maps.Keys(c.SparseNames)),
	}
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// Changed returns c with what an update of the collection changes: what is not about vectors.
func (c Config) Changed(up *decode.Create) Config {
	for _, f := range []struct {
		into *json.RawMessage
		from string
	}{
		{&c.HNSW, up.HNSW}, {&c.Optimizers, up.Optimizers}, {&c.WAL, up.WAL}, {&c.Quantization, up.Quantization},
		{&c.Strict, up.Strict}, {&c.Metadata, up.Metadata}, {&c.OnDisk, up.OnDisk},
	} {
		if f.from != "" {
			*f.into = raw(f.from)
		}
	}
	return c
}

// With returns c with an index of a field, or without if it has no type.
func (c Config) With(ix decode.Index) Config {
	fields := map[string]Field{}
	for name, f := range c.Fields {
		fields[name] = f
	}
	if ix.Type == "" {
		delete(fields, ix.Field)
	} else {
		fields[ix.Field] = Field{Type: ix.Type, Schema: raw(ix.Schema)}
	}
	c.Fields = fields
	return c
}

// member is where in the configuration of a collection the Qdrant API keeps its own: that of
// a collection of another API has members of that, which stay.
const member = "qdrant"

// Parse reads the configuration of a collection; of one that this API has not made it is the
// zero one.
func Parse(text string) (Config, error) {
	var own struct {
		Qdrant Config `json:"qdrant"`
	}
	if err := json.Unmarshal([]byte(text), &own); err != nil {
		return Config{}, fmt.Errorf("configuration of a collection: %w", err)
	}
	return own.Qdrant, nil
}

// Put returns text, the configuration of a collection, with c in it.
func (c Config) Put(text string) (string, error) {
	all := map[string]json.RawMessage{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return "", fmt.Errorf("configuration of a collection: %w", err)
		}
	}
	own, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("configuration of a collection: %w", err)
	}
	all[member] = own
	whole, err := json.Marshal(all)
	return string(whole), err
}

// Texts returns the fields with an index of words.
func (c *Config) Texts() map[string]filter.Words {
	var texts map[string]filter.Words
	for name, f := range c.Fields {
		if f.Type != "text" {
			continue
		}
		var schema struct {
			Tokenizer string `json:"tokenizer"`
			Lowercase *bool  `json:"lowercase"`
			Least     int    `json:"min_token_len"`
			Most      int    `json:"max_token_len"`
		}
		_ = json.Unmarshal(f.Schema, &schema) // what does not fit is the default
		if texts == nil {
			texts = map[string]filter.Words{}
		}
		texts[name] = filter.Words{
			Tokenizer: schema.Tokenizer, CaseKept: schema.Lowercase != nil && !*schema.Lowercase, Least: schema.Least, Most: schema.Most,
		}
	}
	return texts
}

// DistanceOf names a metric as Qdrant does.
func DistanceOf(m domain.Metric) string {
	switch m {
	case domain.L2:
		return "Euclid"
	case domain.InnerProduct:
		return "Dot"
	case domain.Cosine:
	}
	return "Cosine"
}
