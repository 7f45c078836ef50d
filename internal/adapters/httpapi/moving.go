package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
)

// changes answers POST /v1/databases/{id}/changes.
func (a *api) changes(c *web.Call) error {
	in, err := changesOf(c)
	if err != nil {
		return err
	}
	p, err := decode.Parts(c)
	if err != nil {
		return err
	}
	in.Fields = p.Fields
	page, err := a.uses.Changes(c.Context(), in)
	if err != nil {
		return err
	}
	b, err := a.chunks(page.Chunks, p)
	if err != nil {
		return err
	}
	b = append(b, `,"deleted":[`...)
	for i, id := range page.Deleted {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	b = append(b, `],"deleted_keys":[`...)
	for i, key := range page.Keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(b, key)
	}
	b = append(b, `],"next":`...)
	if page.Next == "" {
		b = append(b, "null"...)
	} else {
		b = wire.AppendString(b, page.Next)
	}
	b = strconv.AppendBool(append(b, `,"more":`...), page.More)
	c.Send(http.StatusOK, append(b, "}\n"...))
	return nil
}

// changesOf reads what the query asks for.
func changesOf(c *web.Call) (in app.Changes, err error) {
	if in.Database, err = databaseID(c); err != nil {
		return in, err
	}
	if err := c.Body(func(body []byte) error { return noBody(body) }); err != nil {
		return in, err
	}
	limit, err := limitParam(c, 0)
	if _, given := c.Query("limit"); !given {
		limit, err = 0, nil
	}
	if err != nil {
		return in, err
	}
	in.Limit = int(min(limit, 1<<31-1))
	keep, err := numberParam(c, "keep_seconds", 0)
	if err != nil {
		return in, err
	}
	in.Keep = time.Duration(min(keep, int64(feed.MaxKeep/time.Second)+1)) * time.Second
	in.After, _ = c.Query("after")
	switch text, _ := c.Query("close"); text {
	case "", "false":
	case "true":
		in.Close = true
	default:
		return in, domain.Errorf(domain.ErrInvalid, "close must be true or false")
	}
	return in, nil
}

// noBody refuses a body of a request whose query says everything.
func noBody(body []byte) error {
	if len(bytes.TrimSpace(body)) > 0 && !bytes.Equal(bytes.TrimSpace(body), []byte("{}")) {
		return domain.Errorf(domain.ErrInvalid, "this request has no body: its query says what it asks for")
	}
	return nil
}

// load answers POST /v1/databases/{id}/load.
func (a *api) load(c *web.Call) error {
	database, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.Load
	err = c.InsertBody(func(body []byte) error {
		read := func() (err error) {
			in, err = decode.Load(body)
			return err
		}
		if len(body) < heavyBody {
			return read()
		}
		return a.uses.Heavily(c.Context(), read)
	})
	if err != nil {
		return err
	}
	in.Database = database
	done, err := a.uses.Load(c.Patient(), in)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, loaded{done.Stored, done.Deleted})
}

type loaded struct {
	Stored  int `json:"stored"`
	Deleted int `json:"deleted"`
}

// hold answers POST /v1/databases/{id}/hold.
func (a *api) hold(c *web.Call) error {
	database, err := databaseID(c)
	if err != nil {
		return err
	}
	var h *feed.Hold
	err = c.Body(func(body []byte) (err error) {
		h, err = decode.Hold(body)
		return err
	})
	if err != nil {
		return err
	}
	s, err := a.uses.Hold(c.Context(), database, h)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, state{s.Sequence, s.Chunks, s.NextID, s.Until, s.Moved})
}

type state struct {
	Sequence int64     `json:"sequence"`
	Chunks   int64     `json:"chunks"`
	NextID   int64     `json:"next_id"`
	Until    time.Time `json:"held_until,omitzero"`
	Moved    string    `json:"moved_to,omitempty"`
}

// names is the JSON of collection.Names.
type names struct {
	Tenants     []string         `json:"tenants"`
	Spaces      []space          `json:"spaces"`
	Collections []collectionName `json:"collections"`
	Aliases     []alias          `json:"aliases"`
}

type space struct {
	Tenant   string `json:"tenant"`
	Database string `json:"database"`
}

type collectionName struct {
	space
	Name    string `json:"name"`
	ID      string `json:"database_id"`
	UUID    string `json:"uuid"`
	Surface string `json:"surface"`
	Keys    string `json:"keys"`
	Config  string `json:"config"`
}

// names answers GET /v1/names.
func (a *api) names(c *web.Call) error {
	found, err := a.uses.CarriedNames(c.Context())
	if err != nil {
		return err
	}
	n := names{Tenants: append([]string{}, found.Tenants...), Spaces: []space{}, Collections: []collectionName{}, Aliases: []alias{}}
	for _, s := range found.Spaces {
		n.Spaces = append(n.Spaces, space(s))
	}
	for _, f := range found.Collections {
		n.Collections = append(n.Collections, collectionName{space(f.Space), f.Name, f.ID, f.UUID.String(), string(f.Surface), string(f.Keys), f.Config})
	}
	for _, f := range found.Aliases {
		n.Aliases = append(n.Aliases, alias{f.Alias, f.ID})
	}
	return c.SendValue(http.StatusOK, n)
}

// putNames answers POST /v1/names.
func (a *api) putNames(c *web.Call) error {
	var n names
	err := c.Body(func(body []byte) error {
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&n); err != nil {
			return domain.Errorf(domain.ErrInvalid, "body: %v", err)
		}
		if d.More() {
			return domain.Errorf(domain.ErrInvalid, "body: there is more than one value")
		}
		return nil
	})
	if err != nil {
		return err
	}
	in := collection.Names{Tenants: n.Tenants}
	for _, s := range n.Spaces {
		in.Spaces = append(in.Spaces, collection.Space(s))
	}
	for _, f := range n.Collections {
		u, ok := collection.ParseUUID(f.UUID)
		if !ok {
			return domain.Errorf(domain.ErrInvalid, "collection '%s' has no valid UUID: %q", f.Name, f.UUID)
		}
		in.Collections = append(in.Collections, collection.Collection{
			Space: collection.Space(f.space), Name: f.Name, ID: f.ID, UUID: u, Surface: collection.Surface(f.Surface), Keys: collection.Keys(f.Keys), Config: f.Config,
		})
	}
	for _, f := range n.Aliases {
		in.Aliases = append(in.Aliases, collection.Alias{Alias: f.Alias, ID: f.Database})
	}
	if err := a.uses.PutNames(c.Context(), in); err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, doneActions{len(in.Collections) + len(in.Aliases) + len(in.Tenants) + len(in.Spaces)})
}
