package origin

import (
	"errors"
	"net/http"
)

// The kinds of refusals. Their errors say more.
var (
	// ErrHost refuses a request to a host that is not this server: 421 Misdirected
	// Request, which is what HTTP has for a server that is not the one to ask.
	ErrHost = errors.New("misdirected request")
	// ErrOrigin refuses a request by a page of another origin: 403 Forbidden, for it
	// reached the right server, which does not serve that page.
	ErrOrigin = errors.New("requests from pages of another origin are refused")
)

// Options are the choices of a Policy. The zero value serves callers that name the server
// by a loopback name or address, and pages of its own origin only.
type Options struct {
	// Hosts are names that the server is called by besides localhost and loopback
	// addresses, without ports: host names or IP addresses. "*" is every name.
	Hosts []string
	// Addresses serves callers that name the server by any IP address. A server that
	// listens beyond loopback cannot know all of its own: behind port forwarding the
	// callers use another than the one their connections arrive at.
	Addresses bool
	// Origins are the origins, such as https://app.example.org, whose pages may call the
	// server and read its answers (CORS). "*" is every origin.
	Origins []string
}

// Policy decides which requests are served. It is safe for concurrent use.
type Policy struct {
	hosts     map[string]bool
	anyHost   bool
	addresses bool
	origins   map[string]bool
	anyOrigin bool
	same      *http.CrossOriginProtection
}

// New returns the policy that o describes, or an error that says which entry is malformed.
func New(o Options) (*Policy, error) {
	p := &Policy{addresses: o.Addresses, hosts: map[string]bool{}, origins: map[string]bool{}, same: http.NewCrossOriginProtection()}
	for _, entry := range o.Hosts {
		name, err := parseHost(entry)
		if err != nil {
			return nil, err
		}
		p.anyHost = p.anyHost || name == every
		p.hosts[name] = true
	}
	for _, entry := range o.Origins {
		name, err := parseOrigin(entry)
		if err != nil {
			return nil, err
		}
		p.anyOrigin = p.anyOrigin || name == every
		p.origins[name] = true
	}
	return p, nil
}

// every stands for every name in a list.
const every = "*"

// AnyOrigin reports whether pages of every origin may call, which is safe only where all
// callers are asked for a key.
func (p *Policy) AnyOrigin() bool { return p.anyOrigin }

// Check returns an error of the kind ErrHost or ErrOrigin if r must not be served. Keyed
// says that the server asks every caller for a key, which a browser does not add by
// itself: then any name of the server will do, and pages of other origins may be sent
// what needs no key.
func (p *Policy) Check(r *http.Request, keyed bool) error {
	if !keyed {
		if err := p.checkHost(r); err != nil {
			return err
		}
	}
	return p.checkOrigin(r, keyed)
}

// Handler serves with next what the policy allows to callers without a key, and answers
// everything else in plain text.
func (p *Policy) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := p.Check(r, false)
		switch {
		case errors.Is(err, ErrHost):
			http.Error(w, err.Error(), http.StatusMisdirectedRequest)
		case err != nil:
			http.Error(w, err.Error(), http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
