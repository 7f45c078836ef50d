package qdrantapi

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/qdrantapi/config"
	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// collections answers GET /collections.
func (a *api) collections(c call) error {
	all, err := a.cols.List(c.Context(), collections.List{Space: collection.DefaultSpace, Reach: c.Reaches})
	if err != nil {
		return err
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(b, `{"collections":[`...)
		for i := range all {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(wire.AppendString(append(b, `{"name":`...), all[i].Name), '}')
		}
		return append(b, "]}"...), nil
	})
}

// exists answers GET /collections/{collection}/exists.
func (a *api) exists(c call) error {
	_, err := a.find(c)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	return c.sendJSON(`{"exists":` + strconv.FormatBool(err == nil) + `}`)
}

// info answers GET /collections/{collection}.
func (a *api) info(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	db, err := a.uses.Database(c.Context(), t.ID)
	if err != nil {
		return t.inWords(err)
	}
	info := encode.Info{Config: *t.config, Settings: db.Settings, Points: db.Chunks, Indexed: db.Chunks, Building: db.Indexing, Foreign: !t.own()}
	if info.Values, err = a.valueCounts(c.Context(), t); err != nil {
		return t.inWords(err)
	}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return c.sendJSON(string(text))
}

// valueCounts returns how many points have each indexed field of t.
func (a *api) valueCounts(ctx context.Context, t *target) (map[string]int64, error) {
	paths, fields := slices.Sorted(maps.Keys(t.config.Fields)), []filterlang.Field{}
	for _, path := range paths {
		p, err := payload.ParsePath(path)
		if err != nil {
			return nil, err
		}
		fields = append(fields, filter.FieldOf(p))
	}
	list, err := a.countFields(ctx, t, fields)
	counts := make(map[string]int64, len(paths))
	for i := range list {
		counts[paths[i]] = list[i]
	}
	return counts, err
}

// countFields returns how many points have each of fields.
func (a *api) countFields(ctx context.Context, t *target, fields []filterlang.Field) ([]int64, error) {
	if c, ok := a.uses.(FieldCounter); ok {
		in := app.CountFields{Database: t.ID, Number: t.Number, Fields: make([]string, len(fields))}
		for i := range fields {
			in.Fields[i] = fields[i].String()
		}
		return c.CountFields(ctx, in)
	}
	counts := make([]int64, len(fields))
	for i := range fields {
		n, err := a.uses.Count(ctx, t.ID, &filterlang.Filter{Op: filterlang.Exists, Field: fields[i]})
		if err != nil {
			return nil, err
		}
		counts[i] = n
	}
	return counts, nil
}

// maxName is how many characters the name of a collection has at most.
const maxName = 255

// checkName refuses what cannot name a collection.
func checkName(name string) error {
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return said.Validation("collection_name", "value must have between 1 and 255 characters")
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(c rune) bool { return c < 0x20 || strings.ContainsRune(`<>:"/\|?*`, c) }) {
		return said.Validation("collection_name", `value must not contain any of < > : " / \ | ? * and control characters`)
	}
	return nil
}

// create answers PUT /collections/{collection}.
func (a *api) create(c call) error {
	name, err := c.PathValue(nameParam)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return err
	}
	var wanted decode.Create
	err = a.body(c, func(body []byte) (err error) {
		wanted, err = decode.ReadCreate(body)
		return err
	})
	if err != nil {
		return err
	}
	conf, err := config.Of(&wanted).Put("")
	if err != nil {
		return err
	}
	in := collections.New{
		Name: collection.Name{Space: collection.DefaultSpace, Name: name}, Surface: collection.Qdrant, Keys: collection.PointKeys, Config: conf,
		Settings: domain.Settings{Dims: wanted.Size, Metric: wanted.Metric, M: wanted.M, EfConstruction: wanted.Build, OptionalEmbeddings: true},
		Reach:    c.Reaches,
	}
	if in.Settings.Vectors, err = domain.NewNamedVectors(wanted.Many...); err != nil {
		return err
	}
	if len(wanted.SparseNames) > 0 {
		in.Settings.FullText = domain.English // as the model bm25 has it
		if in.Settings.Sparse, err = domain.NewSparseNames(wanted.SparseNames); err != nil {
			return err
		}
	}
	_, created, err := a.cols.Create(c.Patient(), in)
	if errors.Is(err, domain.ErrUnsupported) && in.Settings.FullText != "" {
		in.Settings.FullText = "" // a build without full text: queries by words are refused
		_, created, err = a.cols.Create(c.Patient(), in)
	}
	switch {
	case errors.Is(err, domain.ErrNotFound), errors.Is(err, domain.ErrConflict) && !c.Reaches(name): // out of reach
		return said.Forbidden("the key does not reach a collection of this name")
	case err != nil:
		return err
	case !created:
		return said.CollectionExists(name)
	}
	return c.sendJSON("true")
}

// alter answers PATCH /collections/{collection}: it keeps what is sent, to tell it again.
func (a *api) alter(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var wanted decode.Create
	err = a.body(c, func(body []byte) (err error) {
		wanted, err = decode.ReadPatch(body)
		return err
	})
	if err == nil {
		err = a.configure(c, t, func(conf config.Config) config.Config { return conf.Changed(&wanted) })
	}
	if err != nil {
		return err
	}
	return c.sendJSON("true")
}

// configure changes the configuration of t.
func (a *api) configure(c call, t *target, fn func(config.Config) config.Config) error {
	_, err := a.cols.Update(c.Context(), t.Collection, collections.Update{Surface: collection.Qdrant, Config: func(old string) (string, error) {
		conf, err := config.Parse(old)
		if err != nil {
			return "", err
		}
		return fn(conf).Put(old)
	}})
	return t.inWords(err)
}

// drop answers DELETE /collections/{collection}.
func (a *api) drop(c call) error {
	name, err := c.PathValue(nameParam)
	if err != nil {
		return err
	}
	existed, err := a.cols.Drop(c.Context(), collection.Name{Space: collection.DefaultSpace, Name: name}, c.Reaches)
	if err != nil {
		return err
	}
	return c.sendJSON(strconv.FormatBool(existed))
}

// createIndex answers PUT /collections/{collection}/index. Fields need no index in memista;
// it is kept, for it says how words are found in texts, and what points can be ordered by.
func (a *api) createIndex(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var ix decode.Index
	err = a.body(c, func(body []byte) (err error) {
		ix, err = decode.ReadIndex(body)
		return err
	})
	if err != nil {
		return err
	}
	if n := len(t.config.Fields); n >= maxFields && t.config.Fields[ix.Field].Type == "" {
		return said.Wrong("a collection has at most %d indexed fields", maxFields)
	}
	if err := a.configure(c, t, func(conf config.Config) config.Config { return conf.With(ix) }); err != nil {
		return err
	}
	return c.sendAppended(func(b []byte) ([]byte, error) { return encode.AppendUpdate(b, a.changes.Add(1)), nil })
}

// maxFields is how many indexed fields a collection has at most: each is counted when it is
// described.
const maxFields = 256

// dropIndex answers DELETE /collections/{collection}/index/{field}.
func (a *api) dropIndex(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	text, err := c.PathValue("field")
	if err != nil {
		return err
	}
	path, err := payload.ParsePath(text)
	if err != nil {
		return err
	}
	if _, known := t.config.Fields[path.String()]; known {
		err = a.configure(c, t, func(conf config.Config) config.Config { return conf.With(decode.Index{Field: path.String()}) })
	}
	if err != nil {
		return err
	}
	return c.sendAppended(func(b []byte) ([]byte, error) { return encode.AppendUpdate(b, a.changes.Add(1)), nil })
}
