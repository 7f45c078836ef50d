package encode

import (
	"encoding/json"
	"fmt"

	"github.com/memista/memista/internal/adapters/qdrantapi/config"
	"github.com/memista/memista/internal/domain"
)

// Info is what a collection is like.
type Info struct {
	Config   config.Config
	Settings domain.Settings
	Points   int64 // stored
	Indexed  int64 // of them in the index
	Building bool
	Foreign  bool             // another API has made it
	Values   map[string]int64 // points with each indexed field
}

type params struct {
	Vectors     json.RawMessage `json:"vectors"`
	Shards      json.RawMessage `json:"shard_number"`
	Replicas    json.RawMessage `json:"replication_factor"`
	WriteFactor json.RawMessage `json:"write_consistency_factor"`
	OnDisk      json.RawMessage `json:"on_disk_payload"`
	Sparse      json.RawMessage `json:"sparse_vectors,omitempty"`
}

// fieldInfo is an index of a field.
type fieldInfo struct {
	Type   string          `json:"data_type"`
	Params json.RawMessage `json:"params,omitempty"`
	Points int64           `json:"points"`
}

// What a collection is like where nobody has said so.
const (
	defaultOptimizers = `{"deleted_threshold":0.2,"vacuum_min_vector_number":1000,"default_segment_number":0,"max_segment_size":null,"memmap_threshold":null,"indexing_threshold":10000,"flush_interval_sec":5,"max_optimization_threads":null}`
	defaultWAL        = `{"wal_capacity_mb":32,"wal_segments_ahead":0}`
	defaultGraph      = `{"m":%d,"ef_construct":%d,"full_scan_threshold":10000,"max_indexing_threads":0,"on_disk":false}`
)

// The graph of a database that does not say.
const (
	defaultM     = 16
	defaultBuild = 100
)

// MarshalJSON writes all that clients look for in the description of a collection.
func (i Info) MarshalJSON() ([]byte, error) {
	c, set := &i.Config, &i.Settings
	graph, build := or(set.M, defaultM), or(set.EfConstruction, defaultBuild)
	status := "green"
	if i.Building {
		status = "yellow"
	}
	fields := map[string]fieldInfo{}
	for name, f := range c.Fields {
		fields[name] = fieldInfo{f.Type, f.Schema, i.Values[name]}
	}
	return json.Marshal(map[string]any{
		"status": status, "optimizer_status": "ok", "points_count": i.Points, "indexed_vectors_count": i.Indexed, "segments_count": 1,
		"config": withMetadata(c.Metadata, map[string]any{
			"params": params{
				Vectors: i.vectors(), Sparse: c.Sparse, Shards: orRaw(c.Shards, "1"), Replicas: orRaw(c.Replicas, "1"),
				WriteFactor: orRaw(c.WriteFactor, "1"), OnDisk: orRaw(c.OnDisk, "true"),
			},
			"hnsw_config":         over(fmt.Sprintf(defaultGraph, graph, build), c.HNSW),
			"optimizer_config":    over(defaultOptimizers, c.Optimizers),
			"wal_config":          over(defaultWAL, c.WAL),
			"quantization_config": orRaw(c.Quantization, "null"),
		}),
		"payload_schema": fields,
	})
}

func withMetadata(metadata json.RawMessage, config map[string]any) map[string]any {
	if metadata != nil {
		config["metadata"] = metadata
	}
	return config
}

// vectors returns the description of the vectors, as it was sent.
func (i *Info) vectors() json.RawMessage {
	set := &i.Settings
	switch {
	case len(i.Config.Vectors) > len("{}"):
		return i.Config.Vectors
	case set.Vectors.Len() > 0:
		return i.many()
	case set.Dims == 0 && i.Foreign && i.Points == 0: // its metric is known, and nothing else yet
		return json.RawMessage(fmt.Sprintf(`{"size":0,"distance":%q}`, config.DistanceOf(set.Metric)))
	case set.Dims == 0:
		return json.RawMessage("{}")
	}
	return json.RawMessage(fmt.Sprintf(`{"size":%d,"distance":%q}`, set.Dims, config.DistanceOf(set.Metric)))
}

// many returns the description of several dense vectors, with that of the embedding under no name.
func (i *Info) many() json.RawMessage {
	all := map[string]json.RawMessage{}
	of := func(dims int, m domain.Metric) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"size":%d,"distance":%q}`, dims, config.DistanceOf(m)))
	}
	if i.Settings.Dims > 0 {
		all[""] = of(i.Settings.Dims, i.Settings.Metric)
	}
	for v := range i.Settings.Vectors.All() {
		all[v.Name] = of(v.Dims, v.Metric)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic("encode: " + err.Error()) // it is valid JSON by names
	}
	return raw
}

func or(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}

func orRaw(raw json.RawMessage, def string) json.RawMessage {
	if raw == nil {
		return json.RawMessage(def)
	}
	return raw
}

// over returns the object def with the members of what was sent, unless that is no object.
func over(def string, sent json.RawMessage) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(def), &all); err != nil {
		panic("encode: " + err.Error()) // it is one of ours
	}
	_ = json.Unmarshal(sent, &all) // what is no object changes nothing
	return all
}
