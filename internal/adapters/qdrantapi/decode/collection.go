package decode

import (
	"strings"

	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/domain"
)

// Create is what a new collection, or one that is changed, is to be like. What of it memista
// does nothing with is kept as it was sent, to be told again.
type Create struct {
	Dense  string // name of the dense vector
	Named  bool   // it was sent by name, be that ""
	Size   int    // 0: as the first vector has it
	Metric domain.Metric
	Many   []domain.NamedVector // where there are several dense vectors: those above are none then
	M      int                  // of the graph; 0: the default
	Build  int                  // ef_construct; 0: the default

	// As they were sent, as JSON; "": not at all.
	Vectors, Sparse, Metadata                   string
	HNSW, Optimizers, WAL, Quantization, Strict string
	OnDisk, Shards, Replicas, WriteFactor       string

	SparseNames map[string]domain.SparseModifier
}

// ReadCreate reads the body of PUT /collections/{c}.
func ReadCreate(body []byte) (c Create, err error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	err = read(body, &Collection{}, func(r *reader) error { return r.create(&c) })
	if c.Metric == "" {
		c.Metric = domain.Cosine
	}
	return c, err
}

// ReadPatch reads the body of PATCH /collections/{c}. What it says of vectors is passed over:
// a vector that is there stays as it is.
func ReadPatch(body []byte) (c Create, err error) {
	if len(body) == 0 {
		return c, nil
	}
	err = read(body, &Collection{}, func(r *reader) error {
		kept := c.kept()
		kept["hnsw_config"] = &c.HNSW
		return r.object(func(name string) (known bool, err error) {
			into := kept[name]
			if into == nil {
				return false, nil
			}
			*into, err = r.raw()
			return true, err
		})
	})
	return c, err
}

// kept is what is kept as it was sent, by its name.
func (c *Create) kept() map[string]*string {
	return map[string]*string{
		"metadata": &c.Metadata, "optimizers_config": &c.Optimizers, "wal_config": &c.WAL,
		"quantization_config": &c.Quantization, "strict_mode_config": &c.Strict, "on_disk_payload": &c.OnDisk,
		"shard_number": &c.Shards, "replication_factor": &c.Replicas, "write_consistency_factor": &c.WriteFactor,
	}
}

func (r *reader) create(c *Create) error {
	kept := c.kept()
	return r.object(func(name string) (known bool, err error) {
		switch name {
		case "vectors":
			c.Vectors, err = r.describedVectors(c)
		case "sparse_vectors":
			c.Sparse, err = r.describedSparse(c)
		case "hnsw_config":
			c.HNSW, err = r.graph(c)
		default:
			into := kept[name]
			if into == nil {
				return false, nil
			}
			*into, err = r.raw()
			if err == nil && name == "metadata" && !strings.HasPrefix(*into, "{") {
				err = r.Errorf("metadata must be a map")
			}
		}
		return true, err
	})
}

// describedVectors reads one description of a vector, or several by names.
func (r *reader) describedVectors(c *Create) (raw string, err error) {
	if raw, err = r.raw(); err != nil {
		return "", err
	}
	var s reader
	s.Reset([]byte(raw))
	single := false
	names := 0
	err = s.Members(func(name []byte) error {
		if next := s.Next(); string(name) == "size" || string(name) == "distance" && next == '"' {
			single = true
		}
		names++
		_, err := s.Value()
		return err
	})
	s.Reset([]byte(raw))
	switch {
	case err != nil || names == 0:
		return raw, err
	case single:
		return raw, s.described(c)
	}
	c.Named = true
	return raw, s.Members(func(name []byte) error {
		if names == 1 {
			c.Dense = string(name)
			return s.described(c)
		}
		one, called := Create{}, string(name)
		err := s.described(&one)
		c.Many = append(c.Many, domain.NamedVector{Name: called, Dims: one.Size, Metric: one.Metric})
		return err
	})
}

// described reads the description of a dense vector.
func (r *reader) described(c *Create) error {
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "size":
			c.Size, err = r.count()
			if err == nil && (c.Size < 1 || c.Size > domain.MaxDims) {
				err = said.Validation("vectors.size", "value must be between 1 and 65536")
			}
		case "distance":
			var d string
			if d, err = r.text(); err == nil {
				c.Metric, err = metricOf(d)
			}
		case "multivector_config":
			err = said.Unsupported("memista has no multivectors")
		case "hnsw_config":
			_, err = r.graph(c)
		default:
			return false, nil
		}
		return true, err
	})
	switch {
	case err != nil:
		return err
	case c.Size == 0:
		return r.Errorf("missing field `size`")
	case c.Metric == "":
		return r.Errorf("missing field `distance`")
	}
	return nil
}

func metricOf(distance string) (domain.Metric, error) {
	switch strings.ToLower(distance) {
	case "cosine":
		return domain.Cosine, nil
	case "euclid":
		return domain.L2, nil
	case "dot":
		return domain.InnerProduct, nil
	case "manhattan":
		return "", said.Wrong("memista does not measure by Manhattan distance: use Cosine, Euclid or Dot")
	}
	return "", domain.Errorf(domain.ErrInvalid, "unknown variant `%s`, expected one of `Cosine`, `Euclid`, `Dot`, `Manhattan`", clip(distance))
}

// describedSparse reads descriptions of sparse vectors by their names.
func (r *reader) describedSparse(c *Create) (raw string, err error) {
	if raw, err = r.raw(); err != nil {
		return "", err
	}
	var s reader
	s.Reset([]byte(raw))
	c.SparseNames = map[string]domain.SparseModifier{}
	return raw, s.Members(func(name []byte) error {
		key := string(name)
		c.SparseNames[key] = domain.SparseNone
		if s.Null() {
			return nil
		}
		return s.object(func(name string) (bool, error) {
			if name != "modifier" {
				return false, nil
			}
			text, err := s.text()
			if err == nil {
				c.SparseNames[key], err = domain.ParseSparseModifier(text)
			}
			return true, err
		})
	})
}

// graph reads the parameters of a graph, of which those that say nothing useful, such as m 0
// to index nothing while loading, are the defaults.
func (r *reader) graph(c *Create) (raw string, err error) {
	if raw, err = r.raw(); err != nil {
		return "", err
	}
	var s reader
	s.Reset([]byte(raw))
	err = s.object(func(name string) (known bool, err error) {
		if name != "m" && name != "ef_construct" {
			return false, nil
		}
		n, err := s.count()
		switch {
		case name == "m" && n >= 2:
			c.M = min(n, maxM)
		case name == "ef_construct" && n >= 4:
			c.Build = min(n, maxBuild)
		}
		return true, err
	})
	return raw, err
}

// The most that memista takes of the parameters of a graph.
const (
	maxM     = 256
	maxBuild = 10_000
)

// Index is an index of a field.
type Index struct {
	Field  string // its path
	Type   string
	Schema string // as it was sent, if that was an object; "": by its type alone
}

var indexTypes = map[string]bool{"keyword": true, "integer": true, "float": true, "geo": true, "text": true, "bool": true, "datetime": true, "uuid": true}

// ReadIndex reads the body of PUT /collections/{c}/index.
func ReadIndex(body []byte) (ix Index, err error) {
	err = read(body, &Collection{}, func(r *reader) error {
		err := r.object(func(name string) (known bool, err error) {
			switch name {
			case "field_name":
				list, err := r.paths()
				if err == nil && len(list) == 1 {
					ix.Field = list[0].String()
				}
				return true, err
			case "field_schema", "field_type":
				err = r.schema(&ix)
			default:
				return false, nil
			}
			return true, err
		})
		switch {
		case err != nil:
			return err
		case ix.Field == "":
			return r.Errorf("missing field `field_name`")
		case ix.Type == "":
			return r.Errorf("missing field `field_schema`")
		case !indexTypes[ix.Type]:
			return r.Errorf("unknown variant `%s`, expected one of `keyword`, `integer`, `float`, `geo`, `text`, `bool`, `datetime`, `uuid`", clip(ix.Type))
		}
		return nil
	})
	return ix, err
}

// schema reads a type, or an object that has one.
func (r *reader) schema(ix *Index) (err error) {
	if r.Next() == '"' {
		ix.Type, err = r.text()
		return err
	}
	if ix.Schema, err = r.raw(); err != nil {
		return err
	}
	var s reader
	s.Reset([]byte(ix.Schema))
	return s.object(func(name string) (bool, error) {
		if name != "type" {
			return false, nil
		}
		ix.Type, err = s.text()
		return true, err
	})
}

// Alias is one change of aliases. Of its members those are set that it has.
type Alias struct {
	Do             string // create_alias, delete_alias or rename_alias
	Alias, NewName string
	Collection     string
}

// ReadAliases reads the body of POST /collections/aliases.
func ReadAliases(body []byte) (list []Alias, err error) {
	err = read(body, &Collection{}, func(r *reader) error {
		found := false
		err := r.object(func(name string) (bool, error) {
			if name != "actions" {
				return false, nil
			}
			found = true
			return true, r.Array(func(int) error {
				return r.object(func(name string) (bool, error) {
					a := Alias{Do: name}
					err := r.alias(&a)
					list = append(list, a)
					return true, err
				})
			})
		})
		if err == nil && !found {
			err = r.Errorf("missing field `actions`")
		}
		return err
	})
	return list, err
}

func (r *reader) alias(a *Alias) error {
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "collection_name":
			a.Collection, err = r.text()
		case "alias_name", "old_alias_name":
			a.Alias, err = r.text()
		case "new_alias_name":
			a.NewName, err = r.text()
		default:
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return err
	}
	missing := ""
	switch {
	case a.Alias == "":
		missing = "alias_name"
	case a.Do == "create_alias" && a.Collection == "":
		missing = "collection_name"
	case a.Do == "rename_alias" && a.NewName == "":
		missing = "new_alias_name"
	case a.Do != "create_alias" && a.Do != "rename_alias" && a.Do != "delete_alias":
		return r.Errorf("unknown variant `%s`, expected one of `create_alias`, `delete_alias`, `rename_alias`", clip(a.Do))
	}
	if missing != "" {
		return r.Errorf("missing field `%s`", missing)
	}
	return nil
}
