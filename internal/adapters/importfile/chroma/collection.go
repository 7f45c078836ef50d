package chroma

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/domain"
)

// Info is what a collection says about itself.
type Info struct {
	Dims   int           // of the embeddings; 0: nothing was stored yet
	Metric domain.Metric // "": memista has none that is like Space
	Space  string        // what Chroma calls the metric
	Count  int64
}

// collection is a collection as it is answered.
type collection struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Dimension     *int   `json:"dimension"`
	Configuration struct {
		HNSW  space `json:"hnsw"`
		SPANN space `json:"spann"`
		Old   space `json:"hnsw_configuration"` // before 1.0
	} `json:"configuration_json"`
	Metadata map[string]jsontext.Value `json:"metadata"`
}

// space is the part of the settings of an index that is needed.
type space struct {
	Space string `json:"space"`
}

// metric returns the metric as Chroma calls it: settings win over the older metadata.
func (c *collection) metric() string {
	for _, name := range []string{c.Configuration.HNSW.Space, c.Configuration.SPANN.Space, c.Configuration.Old.Space, text(c.Metadata["hnsw:space"])} {
		if name != "" {
			return name
		}
	}
	return "l2"
}

func text(raw jsontext.Value) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// mostRecords is how many records are asked for at once: hosted servers allow no more.
const mostRecords = 300

// pageOfNames is how many collections are asked for at once.
const pageOfNames = 100

// Collections returns the names of the collections that there are.
func (s *Server) Collections(ctx context.Context) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for {
		query := url.Values{"limit": {strconv.Itoa(pageOfNames)}, "offset": {strconv.Itoa(len(names))}}
		var page []collection
		if err := s.ask(ctx, s.path("/collections", query), nil, metaBytes, &page); err != nil {
			return nil, err
		}
		for _, c := range page {
			if seen[c.ID] { // a server that knows no pages
				return names, nil
			}
			seen[c.ID] = true
			names = append(names, c.Name)
		}
		if len(page) < pageOfNames {
			return names, nil
		}
	}
}

// Collection returns the records of the collection called name. A name that does not exist is
// a *provider.Failure.
func (s *Server) Collection(ctx context.Context, name string, b remote.Bounds) (*remote.Rows, Info, error) {
	if strings.ContainsAny(name, "/?") {
		return nil, Info{}, domain.Errorf(domain.ErrInvalid, "Chroma has no collections with names such as %q", name)
	}
	var c collection
	if err := s.ask(ctx, s.path("/collections/"+name, nil), nil, metaBytes, &c); err != nil {
		return nil, Info{}, err
	}
	if c.ID == "" || strings.ContainsAny(c.ID, "/?") {
		return nil, Info{}, fmt.Errorf("%s answered a collection without an id: is it Chroma?", s.url)
	}
	info := Info{Space: c.metric()}
	switch info.Space {
	case "cosine":
		info.Metric = domain.Cosine
	case "l2":
		info.Metric = domain.L2
	case "ip":
		info.Metric = domain.InnerProduct
	}
	if b.Records == 0 {
		b.Records = mostRecords
	}
	if c.Dimension != nil {
		info.Dims = *c.Dimension
	}
	if info.Dims < 0 || info.Dims > domain.MaxDims {
		return nil, Info{}, domain.Errorf(domain.ErrInvalid, "collection %q: embeddings of %d numbers, at most %d are allowed", name, info.Dims, domain.MaxDims)
	}
	records := &records{server: s, path: s.record(c.ID, "get")}
	if err := s.ask(ctx, s.record(c.ID, "count"), nil, metaBytes, &info.Count); err != nil {
		return nil, Info{}, err
	}
	return remote.NewRows(records, remote.About{
		Count: info.Count, Dims: info.Dims, Bounds: b,
		Identity: fmt.Sprintf("chroma %s %q %q %d", s.url, s.place, c.ID, info.Dims),
	}), info, nil
}

// record returns the path of a call about the records of the collection with an id. Version 1
// takes no tenant here.
func (s *Server) record(id, call string) string {
	if s.old {
		return "/api/v1/collections/" + id + "/" + call
	}
	return s.path("/collections/"+id+"/"+call, nil)
}
