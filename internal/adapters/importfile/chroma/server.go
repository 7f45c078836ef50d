package chroma

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
)

// Where collections are if nothing else is said.
const (
	DefaultTenant   = "default_tenant"
	DefaultDatabase = "default_database"
)

// Place is a database of a Chroma server. Empty names are the defaults.
type Place struct{ Tenant, Database string }

// Server is a database of a Chroma server. It is for one goroutine.
type Server struct {
	calls *provider.Client
	url   string
	place Place
	old   bool // it has version 1 only
}

// metaBytes bounds answers that have no records in them.
const metaBytes = 8 << 20

// Open asks the server at o.URL which version of the API it has.
func Open(ctx context.Context, o remote.Options, p Place) (*Server, error) {
	if p.Tenant == "" {
		p.Tenant = DefaultTenant
	}
	if p.Database == "" {
		p.Database = DefaultDatabase
	}
	if strings.ContainsAny(p.Tenant+p.Database, "/?") {
		return nil, domain.Errorf(domain.ErrInvalid, "tenants and databases with / or ? in their names cannot be read")
	}
	calls, err := remote.Connect("Chroma", "x-chroma-token", o)
	if err != nil {
		return nil, err
	}
	s := &Server{calls: calls, url: strings.TrimRight(o.URL, "/"), place: p}
	var beat map[string]jsontext.Value
	err = s.ask(ctx, "/api/v2/heartbeat", nil, metaBytes, &beat)
	if status(err) == 404 {
		s.old = true
		err = s.ask(ctx, "/api/v1/heartbeat", nil, metaBytes, &beat)
	}
	if status(err) == 404 {
		err = errors.New(s.url + " has no /api/v2/heartbeat: is it the address of Chroma?")
	}
	if err != nil {
		calls.Close()
		return nil, err
	}
	return s, nil
}

// status returns that of a refusal, 0 if err is none.
func status(err error) int {
	if f, ok := errors.AsType[*provider.Failure](err); ok && f.Refusal != nil {
		return f.Refusal.Status
	}
	return 0
}

// Close closes the connections.
func (s *Server) Close() error {
	s.calls.Close()
	return nil
}

// path returns the path of what is called rest in the database, with a query; query may be
// nil.
func (s *Server) path(rest string, query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	path := "/api/v2/tenants/" + s.place.Tenant + "/databases/" + s.place.Database + rest
	if s.old {
		path = "/api/v1" + rest
		query.Set("tenant", s.place.Tenant)
		query.Set("database", s.place.Database)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// ask sends body, or nothing, to path, and reads the answer into v.
func (s *Server) ask(ctx context.Context, path string, body any, most int64, v any) error {
	raw, err := s.calls.Call(ctx, path, body, most)
	if err != nil {
		return err
	}
	return s.calls.Read(raw, func(raw []byte) error { return remote.Decode(raw, v) })
}
