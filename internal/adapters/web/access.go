package web

import (
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Keys knows the API keys. It is safe for concurrent use.
type Keys interface {
	// Required reports whether a request needs a key at all.
	Required() bool
	// Grant returns what key lets its holder do, and false if it is unknown, revoked or
	// expired. The caller does not change the grant.
	Grant(key string) (*domain.Grant, bool)
}

// Keyed reports whether callers need a key.
func (h *Handler) Keyed() bool { return h.opts.Keys != nil && h.opts.Keys.Required() }

// Where says how a route names the databases it works on, so that they can be compared
// with those that a key reaches.
type Where uint8

// The ways to name databases.
const (
	unset      Where = iota
	InPath           // in the path, as :id: checked before the route's function is called
	InBody           // the function calls Call.Reach when it knows the database, as from the body
	InList           // the function leaves out what Call.Reaches does not report
	Everywhere       // on all of them: the key must reach all
	Nowhere          // on none
)

// databaseParam is the path parameter of routes that name their database in the path.
const databaseParam = "id"

// Rule says who may call a route. Every route has one: see Reader, Writer, Admin, Monitor
// and Anyone.
type Rule struct {
	scope domain.Scope // that a key needs; 0: no key is needed
	where Where
}

// Reader is the rule of routes that read databases.
func Reader(w Where) Rule { return Rule{domain.ScopeRead, w} }

// Writer is the rule of routes that change what is in databases.
func Writer(w Where) Rule { return Rule{domain.ScopeWrite, w} }

// Admin is the rule of routes that drop or change databases as a whole.
func Admin(w Where) Rule { return Rule{domain.ScopeAdmin, w} }

// Monitor is the rule of routes that tell figures of the service and no contents.
func Monitor() Rule { return Rule{domain.ScopeMonitor, Nowhere} }

// Anyone is the rule of routes that tell nothing worth a key.
func Anyone() Rule { return Rule{0, Nowhere} }

// authorize checks the key that came with the request against the rule of its route.
func (c *Call) authorize() error {
	rule := c.route.rule
	if rule.scope == 0 || !c.h.Keyed() {
		return nil
	}
	sent := c.sentKey()
	if sent == "" {
		return errNoKey
	}
	grant, ok := c.h.opts.Keys.Grant(sent)
	if !ok {
		return errBadKey
	}
	if !grant.Allows(rule.scope) {
		return errScope[rule.scope]
	}
	c.grant = grant
	switch {
	case rule.where == InPath:
		id, err := c.PathValue(databaseParam)
		if err != nil {
			return err
		}
		return c.Reach(id)
	case rule.where == Everywhere && !grant.ReachesAll():
		return errEverywhere
	}
	return nil
}

// sentKey returns the key that the request carries, "" for none. A request with several
// is ambiguous: it counts as one with a bad key.
func (c *Call) sentKey() string {
	header := c.Request.Header
	const bearer = "Bearer "
	if auth := header["Authorization"]; len(auth) > 0 {
		if len(auth[0]) > len(bearer) && strings.EqualFold(auth[0][:len(bearer)], bearer) {
			return oneOf(auth, strings.TrimSpace(auth[0][len(bearer):]))
		}
	}
	if keys := header["Api-Key"]; len(keys) > 0 {
		return oneOf(keys, keys[0])
	}
	for _, name := range c.surface.o.KeyHeaders {
		if keys := header[name]; len(keys) > 0 && keys[0] != "" {
			return oneOf(keys, keys[0])
		}
	}
	return ""
}

func oneOf(values []string, key string) string {
	if len(values) > 1 {
		return "ambiguous"
	}
	return key
}

// Grant returns what the caller's key lets its holder do, nil where no key is needed. It is
// not to be changed.
func (c *Call) Grant() *domain.Grant { return c.grant }

// Reach returns an error, the one for a database that does not exist, if the caller's
// key does not reach database id.
func (c *Call) Reach(id string) error {
	if c.Reaches(id) {
		return nil
	}
	return domain.DatabaseNotFound(id)
}

// Reaches reports whether the caller's key reaches database id.
func (c *Call) Reaches(id string) bool { return c.grant == nil || c.grant.Reaches(id) }

// Allows reports whether the caller's key has scope.
func (c *Call) Allows(scope domain.Scope) bool { return c.grant == nil || c.grant.Allows(scope) }
