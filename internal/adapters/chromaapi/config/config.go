// Package config is what a collection of Chroma was made with, and what is kept of it in the
// registry: its metadata, the parameters of an index and its embedding function, which
// clients compare with their own.
package config

import (
	"encoding/json"
	"strconv"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/domain"
)

// HNSW are the parameters of an index. They are given back as they came; besides the space
// memista's own index does not need them.
type HNSW struct {
	Space          string      `json:"space"` // l2, ip or cosine
	EfConstruction int64       `json:"ef_construction"`
	EfSearch       int64       `json:"ef_search"`
	MaxNeighbors   int64       `json:"max_neighbors"`
	ResizeFactor   json.Number `json:"resize_factor"`
	SyncThreshold  int64       `json:"sync_threshold"`
}

// DefaultHNSW are the parameters where nothing is said.
func DefaultHNSW() HNSW {
	return HNSW{Space: "l2", EfConstruction: 100, EfSearch: 100, MaxNeighbors: 16, ResizeFactor: "1.2", SyncThreshold: 1000}
}

// Metric is how memista measures distances in this space.
func (h *HNSW) Metric() domain.Metric { return domain.Metric(h.Space) }

// Config is what the registry keeps of a collection.
type Config struct {
	HNSW              HNSW            `json:"hnsw"`
	EmbeddingFunction json.RawMessage `json:"embedding_function,omitempty"` // word for word; nil: none
	Metadata          json.RawMessage `json:"metadata,omitempty"`           // an object; nil: none
}

// kept is the member of what the registry keeps that is this package's own: the rest is
// that of another surface.
const kept = "chroma"

// Read returns the configuration of a collection from what the registry keeps. The metric of
// its database says the space.
func Read(registry string, metric domain.Metric) Config {
	c := Config{HNSW: DefaultHNSW()}
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(registry), &all) != nil || all[kept] == nil || json.Unmarshal(all[kept], &c) != nil {
		c = Config{HNSW: DefaultHNSW()}
	}
	c.HNSW.Space = string(metric)
	return c
}

// Keep returns what the registry is to keep: what it did before, "{}" of a new collection,
// with c.
func (c *Config) Keep(before string) (string, error) {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(before), &all); err != nil {
		return "", err
	}
	own, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	all[kept] = own
	b, err := json.Marshal(all)
	return string(b), err
}

// given are parameters of an index as a request has them.
type given struct {
	Space          *string      `json:"space"`
	EfConstruction *int64       `json:"ef_construction"`
	EfSearch       *int64       `json:"ef_search"`
	MaxNeighbors   *int64       `json:"max_neighbors"`
	ResizeFactor   *json.Number `json:"resize_factor"`
	SyncThreshold  *int64       `json:"sync_threshold"`
}

// into overwrites the parameters that are given.
func (g *given) into(h *HNSW) error {
	if g.Space != nil {
		if !isSpace(*g.Space) {
			return refusal.Unprocessable(types+"configuration.hnsw.space: unknown variant `%.40s`, expected one of `l2`, `cosine`, `ip`", *g.Space)
		}
		h.Space = *g.Space
	}
	for _, p := range []struct {
		name string
		from *int64
		to   *int64
	}{
		{"ef_construction", g.EfConstruction, &h.EfConstruction}, {"ef_search", g.EfSearch, &h.EfSearch},
		{"max_neighbors", g.MaxNeighbors, &h.MaxNeighbors}, {"sync_threshold", g.SyncThreshold, &h.SyncThreshold},
	} {
		if p.from == nil {
			continue
		}
		if *p.from < 0 {
			return refusal.Unprocessable(types+"configuration.hnsw.%s: must not be negative, got %d", p.name, *p.from)
		}
		*p.to = *p.from
	}
	if g.ResizeFactor != nil {
		h.ResizeFactor = *g.ResizeFactor
	}
	return nil
}

// types begins messages about fields of other types than they have to be.
const types = "Failed to deserialize the JSON body into the target type: "

func isSpace(name string) bool { return name == "l2" || name == "ip" || name == "cosine" }

// sent is the field configuration of a request.
type sent struct {
	HNSW              *given          `json:"hnsw"`
	SPANN             *given          `json:"spann"`
	EmbeddingFunction json.RawMessage `json:"embedding_function"`
}

func parse(raw []byte) (s sent, err error) {
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, refusal.Unprocessable(types+"configuration: %v", err)
	}
	if string(s.EmbeddingFunction) == "null" {
		s.EmbeddingFunction = nil
	}
	return s, checkEmbeddingFunction(s.EmbeddingFunction)
}

// checkEmbeddingFunction refuses what clients could not read back.
func checkEmbeddingFunction(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	var f struct {
		Type   *string         `json:"type"`
		Name   *string         `json:"name"`
		Config json.RawMessage `json:"config"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return refusal.Unprocessable(types+"configuration.embedding_function: %v", err)
	}
	switch {
	case f.Type == nil:
		return refusal.Unprocessable(types + "configuration.embedding_function: missing field `type`")
	case *f.Type != "legacy" && *f.Type != "known" && *f.Type != "unknown":
		return refusal.Unprocessable(types+"configuration.embedding_function.type: unknown variant `%.40s`, expected one of `legacy`, `known`, `unknown`", *f.Type)
	case *f.Type == "known" && f.Name == nil:
		return refusal.Unprocessable(types + "configuration.embedding_function: missing field `name`")
	case *f.Type == "known" && f.Config == nil:
		return refusal.Unprocessable(types + "configuration.embedding_function: missing field `config`")
	}
	return nil
}

// New returns the configuration of a new collection: from the field configuration of the
// request, or where that leaves the index as it is by default, from its metadata. Both may
// be nil.
func New(configuration, metadata []byte) (Config, error) {
	c := Config{HNSW: DefaultHNSW(), Metadata: metadata}
	s, err := parse(configuration)
	if err != nil {
		return c, err
	}
	c.EmbeddingFunction = s.EmbeddingFunction
	if s.HNSW != nil && s.SPANN != nil {
		return c, refusal.Invalid("Multiple vector index configurations provided")
	}
	switch {
	case s.HNSW != nil:
		err = s.HNSW.into(&c.HNSW)
	case s.SPANN != nil && s.SPANN.Space != nil:
		err = (&given{Space: s.SPANN.Space}).into(&c.HNSW)
	}
	if err != nil || c.HNSW != DefaultHNSW() {
		return c, err
	}
	return c, c.HNSW.fromMetadata(metadata)
}

// Alter changes c as the field configuration of a request says: the space stays.
func (c *Config) Alter(configuration []byte) error {
	s, err := parse(configuration)
	if err != nil {
		return err
	}
	if s.HNSW != nil {
		if s.HNSW.Space != nil {
			return refusal.Unprocessable(types + "new_configuration.hnsw.space: the space of a collection cannot be changed")
		}
		if err := s.HNSW.into(&c.HNSW); err != nil {
			return err
		}
	}
	if s.EmbeddingFunction != nil {
		c.EmbeddingFunction = s.EmbeddingFunction
	}
	return nil
}

// fromMetadata reads the parameters that older clients put into the metadata.
func (h *HNSW) fromMetadata(metadata []byte) error {
	if metadata == nil {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(metadata, &fields); err != nil {
		return errParameters
	}
	for name, value := range fields {
		if len(name) < len(parameter) || name[:len(parameter)] != parameter {
			continue
		}
		if err := h.set(name[len(parameter):], value); err != nil {
			return err
		}
	}
	return nil
}

const parameter = "hnsw:"

var errParameters = refusal.Invalid("Failed to parse hnsw parameters from segment metadata")

// set reads one parameter from the metadata.
func (h *HNSW) set(name string, value json.RawMessage) error {
	numbers := map[string]*int64{
		"construction_ef": &h.EfConstruction, "search_ef": &h.EfSearch, "M": &h.MaxNeighbors, "sync_threshold": &h.SyncThreshold,
		"num_threads": new(int64), "batch_size": new(int64),
	}
	switch to, isNumber := numbers[name]; {
	case isNumber:
		f, err := strconv.ParseFloat(string(value), 64)
		if err != nil || f < 0 || f > 1<<53 {
			return errParameters
		}
		*to = int64(f)
	case name == "space":
		if json.Unmarshal(value, &h.Space) != nil || !isSpace(h.Space) {
			return errParameters
		}
	case name == "resize_factor":
		if _, err := strconv.ParseFloat(string(value), 64); err != nil {
			return errParameters
		}
		h.ResizeFactor = json.Number(value)
	default:
		return errParameters
	}
	return nil
}
