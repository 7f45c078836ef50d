package httpapi

import (
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

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

// where says how a route names the databases it works on, so that a key's reach can be
// held against them.
type where uint8

const (
	unsaid     where = iota
	inPath           // in the path, as :id: checked before the route's function is called
	inBody           // in the body: the function calls reach when it has decoded it
	inList           // the function leaves out what reaches does not report
	everywhere       // on all of them: the key must reach all
	nowhere          // on none
)

// rule says who may call a route. Every route has one: see reader, writer, admin,
// monitor and anyone.
type rule struct {
	scope domain.Scope // that a key needs; 0: no key is needed
	where where
}

func reader(w where) rule { return rule{domain.ScopeRead, w} }
func writer(w where) rule { return rule{domain.ScopeWrite, w} }
func admin(w where) rule  { return rule{domain.ScopeAdmin, w} }

var (
	monitor = rule{domain.ScopeMonitor, nowhere} // routes that tell figures of the service and no contents
	anyone  = rule{0, nowhere}                   // routes that tell nothing worth a key
)

// call is what the handler knows of a request besides its gin.Context.
type call struct {
	grant  *domain.Grant // nil: everything is allowed
	gate   *gate
	lane   *lane       // nil: the call needs no place
	placed bool        // it has one
	read   bool        // the body has been read, or was begun to be
	held   int64       // bytes of the body, counted in gate
	bag    map[any]any // holds the call under callKey, for gin
}

type callKey struct{}

// calls holds *call, for one is needed per request.
var calls = sync.Pool{New: func() any {
	k := &call{}
	k.bag = map[any]any{callKey{}: k}
	return k
}}

// begin notes a new call in c.
func (h *Handler) begin(c *gin.Context, r rule) *call {
	k := calls.Get().(*call)
	k.gate, k.lane = h.gate, h.gate.lanes[r.scope]
	if c.Keys == nil {
		c.Keys = k.bag // spares gin a map per request
	} else {
		c.Set(callKey{}, k)
	}
	return k
}

// end gives k and all it has taken back. What others have left in its bag must not reach
// another request.
func (k *call) end(c *gin.Context) {
	k.leave()
	k.gate.held.Add(-k.held)
	c.Keys = nil
	bag := k.bag
	if len(bag) > 1 {
		clear(bag)
		bag[callKey{}] = k
	}
	*k = call{bag: bag}
	calls.Put(k)
}

// callOf returns the call that c is about.
func callOf(c *gin.Context) *call {
	v, ok := c.Get(callKey{})
	if !ok {
		panic("httpapi: a route outside handle")
	}
	return v.(*call)
}

// unread reports whether the body of the request has not been looked at.
func unread(c *gin.Context) bool {
	v, ok := c.Get(callKey{})
	return !ok || !v.(*call).read
}

// keyed reports whether callers are asked for keys.
func (h *Handler) keyed() bool { return h.opts.Keys != nil && h.opts.Keys.Required() }

// authorize holds the key that came with the request against the rule of its route.
func (h *Handler) authorize(c *gin.Context, k *call, r rule) error {
	if r.scope == 0 || !h.keyed() {
		return nil
	}
	sent := sentKey(c)
	if sent == "" {
		return errNoKey
	}
	grant, ok := h.opts.Keys.Grant(sent)
	if !ok {
		return errBadKey
	}
	if !grant.Allows(r.scope) {
		return errScope[r.scope]
	}
	k.grant = grant
	switch {
	case r.where == inPath:
		id, err := databaseID(c)
		if err != nil {
			return err
		}
		return reach(c, id)
	case r.where == everywhere && !grant.ReachesAll():
		return errEverywhere
	}
	return nil
}

// sentKey returns the key that the request carries, "" for none. A request with several
// is ambiguous: it counts as one with a bad key.
func sentKey(c *gin.Context) string {
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
	return ""
}

func oneOf(values []string, key string) string {
	if len(values) > 1 {
		return "ambiguous"
	}
	return key
}

// reach returns an error, the one for a database that does not exist, if the caller's
// key does not reach database id.
func reach(c *gin.Context, id string) error {
	if reaches(c, id) {
		return nil
	}
	return domain.DatabaseNotFound(id)
}

// reaches reports whether the caller's key reaches database id.
func reaches(c *gin.Context, id string) bool {
	k := callOf(c)
	return k.grant == nil || k.grant.Reaches(id)
}
