// Package keys has the routes about API keys: what the caller's own may do, and for those
// who may do everything the list of all, new ones and their end.
package keys

import (
	"net/http"
	"time"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// Book keeps the API keys. It is safe for concurrent use.
type Book interface {
	// Required reports whether callers need a key.
	Required() bool
	// Keys lists the keys in the order in which they were made.
	Keys() ([]domain.KeyInfo, error)
	// CreateKey makes a key and returns it, this once, with its id and the time.
	CreateKey(want domain.KeyInfo) (key string, made domain.KeyInfo, err error)
	// RevokeKey ends the key with the id.
	RevokeKey(id string) error
}

type routes struct{ book Book }

// Route adds the routes. A nil book is one without keys that makes none.
func Route(s *web.Surface, book Book) {
	if book == nil {
		book = none{}
	}
	r := routes{book}
	s.Handle(http.MethodGet, "/v1/key", web.Reader(web.Nowhere), r.own)
	s.Handle(http.MethodGet, "/v1/keys", web.Admin(web.Everywhere), r.list)
	s.Handle(http.MethodPost, "/v1/keys", web.Admin(web.Everywhere), r.create)
	s.Handle(http.MethodDelete, "/v1/keys/:key_id", web.Admin(web.Everywhere), r.revoke)
}

// own is what the caller may do.
type own struct {
	Required  bool     `json:"required"`
	ID        *string  `json:"id"`
	Scopes    []string `json:"scopes"`
	Databases []string `json:"databases"`
}

// own answers GET /v1/key.
func (r routes) own(c *web.Call) error {
	g := c.Grant()
	if g == nil {
		return c.SendValue(http.StatusOK, own{Scopes: []string{"admin"}, Databases: []string{"*"}})
	}
	o := own{Required: true, Scopes: g.Scopes.Names(), Databases: g.Databases}
	if g.ID != "" {
		o.ID = &g.ID
	}
	return c.SendValue(http.StatusOK, o)
}

type entry struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	Databases []string   `json:"databases"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	Key       string     `json:"key,omitempty"` // told once
}

func entryOf(k domain.KeyInfo) entry {
	e := entry{ID: k.ID, Name: k.Name, Scopes: k.Scopes.Names(), Databases: k.Databases, CreatedAt: k.CreatedAt}
	if !k.ExpiresAt.IsZero() {
		e.ExpiresAt = &k.ExpiresAt
	}
	return e
}

type entries struct {
	Required bool    `json:"required"`
	Keys     []entry `json:"keys"`
}

// list answers GET /v1/keys.
func (r routes) list(c *web.Call) error {
	all, err := r.book.Keys()
	if err != nil {
		return err
	}
	list := entries{Required: r.book.Required(), Keys: []entry{}}
	for _, k := range all {
		list.Keys = append(list.Keys, entryOf(k))
	}
	return c.SendValue(http.StatusOK, list)
}

// create answers POST /v1/keys with the key.
func (r routes) create(c *web.Call) error {
	var want domain.KeyInfo
	err := c.Body(func(body []byte) (err error) {
		want, err = decode(body)
		return err
	})
	if err != nil {
		return err
	}
	key, made, err := r.book.CreateKey(want)
	if err != nil {
		return err
	}
	e := entryOf(made)
	e.Key = key
	return c.SendValue(http.StatusCreated, e)
}

type revoked struct {
	Revoked bool `json:"revoked"`
}

// revoke answers DELETE /v1/keys/{key_id}. The key of the request itself stays, so that
// nobody locks himself out by a slip.
func (r routes) revoke(c *web.Call) error {
	id, err := c.PathValue("key_id")
	if err != nil {
		return err
	}
	if g := c.Grant(); g != nil && g.ID == id {
		return domain.Errorf(domain.ErrConflict, "this is the key of the request: revoke it with another one")
	}
	if err := r.book.RevokeKey(id); err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, revoked{true})
}

// none is the book of a server that knows no keys.
type none struct{}

var errNone = domain.Errorf(domain.ErrConflict, "this server knows no keys")

func (none) Required() bool                  { return false }
func (none) Keys() ([]domain.KeyInfo, error) { return nil, nil }
func (none) RevokeKey(string) error          { return errNone }

func (none) CreateKey(domain.KeyInfo) (string, domain.KeyInfo, error) {
	return "", domain.KeyInfo{}, errNone
}
