package chromaapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/adapters/chromaapi/config"
	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/encode"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// create answers POST /collections.
func (a *api) create(c *web.Call) error {
	space, err := spaceOf(c)
	if err != nil {
		return err
	}
	var in decode.Collection
	err = c.Body(func(body []byte) (err error) {
		in, err = decode.NewCollection(body)
		return err
	})
	if err != nil {
		return err
	}
	kept, err := in.Config.Keep(collection.NoConfig)
	if err != nil {
		return err
	}
	col, created, err := a.cols.Create(c.Context(), collections.New{
		Name: collection.Name{Space: space, Name: in.Name}, Surface: collection.Chroma, Keys: collection.RawKeys, Config: kept,
		Settings: domain.Settings{Metric: in.Config.HNSW.Metric(), OptionalEmbeddings: true}, Reach: c.Reaches,
	})
	if errors.Is(err, domain.ErrConflict) && in.GetOrCreate { // the name is an alias
		if col, err = a.cols.Find(c.Context(), collection.Name{Space: space, Name: in.Name}); err == nil && !c.Reaches(col.Called()) {
			err = domain.DatabaseNotFound(in.Name)
		}
	}
	switch {
	case errors.Is(err, domain.ErrNotFound) && isSpaceError(err):
		return refusal.Invalid("Database [%s] does not exist", space.Database)
	case errors.Is(err, domain.ErrNotFound), errors.Is(err, domain.ErrConflict) && !c.Reaches(in.Name): // out of the caller's reach
		return errOutOfReach
	case errors.Is(err, domain.ErrConflict), err == nil && !created && !in.GetOrCreate:
		return refusal.Exists("Collection [%s] already exists", in.Name)
	case err != nil:
		return err
	}
	return a.describe(c, col)
}

// errOutOfReach refuses to make what the caller could not use then.
var errOutOfReach = refusal.New(http.StatusForbidden, "this API key does not reach a collection of that name")

// isSpaceError reports whether err is about a tenant or its database.
func isSpaceError(err error) bool {
	e, ok := errors.AsType[*collection.NameError](err)
	return ok && (e.What == collection.ATenant || e.What == collection.ASpace)
}

// describe answers with a collection.
func (a *api) describe(c *web.Call, col collection.Collection) error {
	d, err := a.cols.Describe(c.Context(), col)
	if errors.Is(err, domain.ErrNotFound) {
		err = noCollection(col.Name)
	}
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, described(&d))
}

func described(d *collection.Described) encode.Collection {
	conf := config.Read(d.Config, d.State.Metric)
	if d.Surface != collection.Chroma && conf.Metadata == nil {
		conf.Metadata = flat(d.State.Metadata)
	}
	e := encode.CollectionOf(conf, d.State.Dims)
	e.ID, e.Name, e.Tenant, e.Database = d.UUID.String(), d.Name, d.Tenant, d.Database
	return e
}

// flat is the metadata of a database as that of a collection; nil where that has no form for
// it.
func flat(m domain.Metadata) json.RawMessage {
	object, ok := m.Fields()
	var fields map[string]json.RawMessage
	if !ok || json.Unmarshal([]byte(object), &fields) != nil || len(fields) == 0 {
		return nil
	}
	for _, value := range fields {
		if value[0] == '{' || value[0] == '[' || value[0] == 'n' {
			return nil
		}
	}
	return json.RawMessage(object)
}

// noCollection is the error for a collection that does not exist, or is out of reach.
func noCollection(name string) error { return refusal.NotFound("Collection [%s] does not exist", name) }

// findNamed returns the collection that the path names.
func (a *api) findNamed(c *web.Call) (col collection.Collection, err error) {
	space, err := spaceOf(c)
	if err != nil {
		return col, err
	}
	name, err := c.PathValue("collection")
	if err != nil {
		return col, err
	}
	col, err = a.cols.Find(c.Context(), collection.Name{Space: space, Name: name})
	if errors.Is(err, domain.ErrNotFound) || errors.Is(err, domain.ErrInvalid) || err == nil && !c.Reaches(col.Called()) {
		err = noCollection(name)
	}
	return col, err
}

// collectionByName answers GET /collections/{name}.
func (a *api) collectionByName(c *web.Call) error {
	col, err := a.findNamed(c)
	if err != nil {
		return err
	}
	return a.describe(c, col)
}

// collectionByID answers GET /collections/by-id/{uuid}.
func (a *api) collectionByID(c *web.Call) error {
	space, err := spaceOf(c)
	if err != nil {
		return err
	}
	text, err := c.PathValue("collection")
	if err != nil {
		return err
	}
	id, ok := collection.ParseUUID(text)
	if !ok {
		return refusal.Invalid("Validation error: collection_id: Invalid collection ID format, expected UUID")
	}
	col, err := a.cols.FindUUID(c.Context(), id)
	if errors.Is(err, domain.ErrNotFound) || err == nil && (col.Space != space || !c.Reaches(col.Called())) {
		err = noCollection(text)
	}
	if err != nil {
		return err
	}
	return a.describe(c, col)
}

// list answers GET /collections, with those that the caller's key reaches.
func (a *api) list(c *web.Call) error {
	space, err := spaceOf(c)
	if err != nil {
		return err
	}
	limit, offset, err := window(c)
	if err != nil {
		return err
	}
	list := []encode.Collection{}
	if limit != 0 {
		all, err := a.cols.List(c.Context(), collections.List{Space: space, Limit: max(limit, 0), Offset: offset, Reach: c.Reaches})
		if err != nil && !errors.Is(err, domain.ErrNotFound) {
			return err
		}
		for i := range all {
			list = append(list, described(&all[i]))
		}
	}
	return c.SendValue(http.StatusOK, list)
}

// countCollections answers GET /collections_count.
func (a *api) countCollections(c *web.Call) error {
	space, err := spaceOf(c)
	if err != nil {
		return err
	}
	n, err := a.cols.Count(c.Context(), collections.List{Space: space, Reach: c.Reaches})
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	send(c, http.StatusOK, strconv.Itoa(n))
	return nil
}

// alter answers PUT /collections/{uuid}.
func (a *api) alter(c *web.Call) error {
	col, err := a.find(c)
	if err != nil {
		return err
	}
	var in decode.Changes
	err = c.Body(func(body []byte) (err error) {
		in, err = decode.CollectionChanges(body)
		return err
	})
	if err != nil {
		return err
	}
	set, err := a.cols.Settings(c.Context(), col)
	if err != nil {
		return gone(err, col)
	}
	up := update(&in, set.Metric)
	if up.Name == nil && up.Config == nil {
		send(c, http.StatusOK, "{}")
		return nil
	}
	up.Reach = c.Reaches
	if _, err = a.cols.Update(c.Context(), col, up); err != nil {
		name := col.Name
		if in.Name != nil {
			name = *in.Name
		}
		return notAltered(err, col, name)
	}
	send(c, http.StatusOK, "{}")
	return nil
}

// update is what in asks for, of a collection with that metric.
func update(in *decode.Changes, m domain.Metric) collections.Update {
	up := collections.Update{Name: in.Name}
	if in.NewMetadata || in.Configuration != nil {
		up.Config = func(old string) (string, error) {
			conf := config.Read(old, m)
			if in.NewMetadata {
				conf.Metadata = in.Metadata
			}
			if err := conf.Alter(in.Configuration); err != nil {
				return "", err
			}
			return conf.Keep(old)
		}
	}
	return up
}

// notAltered is the error err of a change of col, which was to have that name.
func notAltered(err error, col collection.Collection, name string) error {
	if errors.Is(err, domain.ErrConflict) {
		return refusal.Exists("Collection [%s] already exists", name)
	}
	e, ok := errors.AsType[*collection.NameError](err)
	if ok && e.What == collection.ACollection && errors.Is(err, domain.ErrNotFound) { // the new name is out of reach
		return errOutOfReach
	}
	return gone(err, col)
}

// drop answers DELETE /collections/{name}.
func (a *api) drop(v version) func(*web.Call) error {
	return func(c *web.Call) error {
		space, err := spaceOf(c)
		if err != nil {
			return err
		}
		name, err := c.PathValue("collection")
		if err != nil {
			return err
		}
		existed, err := a.cols.Drop(c.Context(), collection.Name{Space: space, Name: name}, c.Reaches)
		if errors.Is(err, domain.ErrNotFound) || errors.Is(err, domain.ErrInvalid) || err == nil && !existed {
			err = noCollection(name)
		}
		if err != nil {
			return err
		}
		send(c, http.StatusOK, v.dropped)
		return nil
	}
}
