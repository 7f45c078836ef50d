package wire

import (
	"crypto/tls"
	"net"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/memista/memista/internal/domain"
)

// Consistency says how many replicas have to agree before a request is answered.
type Consistency string

// The levels of consistency.
const (
	One    Consistency = "ONE"
	Quorum Consistency = "QUORUM"
	All    Consistency = "ALL"
)

// Options say where a cluster is, and how to treat it. Zero values are the defaults.
type Options struct {
	// Addresses are those of REST: host:port, or a URL that begins with http:// or https://.
	Addresses []string
	// GRPC are those of gRPC, one for each of Addresses in the same order, as host:port; none:
	// port 50051 of the same hosts. They are encrypted where the address of REST is https.
	GRPC []string
	// APIKey is sent as a bearer token; none if empty.
	APIKey domain.Secret
	// Timeout bounds a request with all its tries where its context has no earlier deadline;
	// 0 means ten seconds. The first try of one that may be repeated has an eighth
	// of it, the next twice as long.
	Timeout time.Duration
	// Write is the consistency of writes and deletes, Read that of reads by id; Quorum if "".
	Write, Read Consistency
	// TLS is used for https; nil means the system's certificates.
	TLS *tls.Config
	// Every is how often nodes are asked whether they are ready; 0 means a second.
	Every time.Duration
	// Observer is told of requests and of the health of nodes; nil: nobody is.
	Observer Observer
	// Tracer makes the spans of requests; nil: none are made.
	Tracer trace.Tracer
}

// Observer is told what happens. Its methods are called by the goroutines of requests and
// checks, and must not block.
type Observer interface {
	// Requested is told of each request that ended, with all its tries: its name such as
	// "search", "rest", "grpc" or "graphql", how long it took, and its error.
	Requested(name, protocol string, took time.Duration, err error)
	// Repeated is told that a request is made again as the node at address failed.
	Repeated(address string, err error)
	// Changed is told that the node at address went down, or is back if err is nil.
	Changed(address string, err error)
}

// NodeName returns what Observer and errors call the node at an address of Options.
func NodeName(address string) string {
	if !strings.Contains(address, "://") {
		return "http://" + address
	}
	return strings.TrimRight(address, "/")
}

// addresses returns the addresses of REST with their scheme.
func (o Options) addresses() ([]string, error) {
	bases := make([]string, len(o.Addresses))
	for i, address := range o.Addresses {
		u, err := url.Parse(NodeName(address))
		switch {
		case err != nil: // it quotes the address, which may have a password
			return nil, domain.Errorf(domain.ErrInvalid, "address %d of the cluster is no URL", i+1)
		case u.User != nil:
			return nil, domain.Errorf(domain.ErrInvalid, "address %d of the cluster must not have a user or a password: use an API key", i+1)
		case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
			return nil, domain.Errorf(domain.ErrInvalid, "address %q of the cluster must be host:port, or begin with http:// or https://", u.Redacted())
		case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			return nil, domain.Errorf(domain.ErrInvalid, "address %q of the cluster has a path or a query: give scheme, host and port", u.Redacted())
		}
		bases[i] = u.Scheme + "://" + u.Host
	}
	return bases, nil
}

// grpcAddresses returns the addresses of gRPC of the nodes at bases.
func (o Options) grpcAddresses(bases []string) ([]string, error) {
	const usual = "50051"
	if len(o.GRPC) > 0 {
		for _, address := range o.GRPC {
			if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
				return nil, domain.Errorf(domain.ErrInvalid, "address %q of gRPC must be host:port", address)
			}
		}
		return o.GRPC, nil
	}
	addresses := make([]string, len(bases))
	for i, base := range bases {
		u, err := url.Parse(base)
		if err != nil {
			return nil, domain.Errorf(domain.ErrInvalid, "address %d of the cluster is no URL", i+1)
		}
		addresses[i] = net.JoinHostPort(u.Hostname(), usual)
	}
	return addresses, nil
}

// checked returns o with defaults. It is ErrInvalid for what cannot work.
func (o Options) checked() (Options, error) {
	if o.Write == "" {
		o.Write = Quorum
	}
	if o.Read == "" {
		o.Read = Quorum
	}
	for _, level := range []Consistency{o.Write, o.Read} {
		if level != One && level != Quorum && level != All {
			return o, domain.Errorf(domain.ErrInvalid, "consistency %q: known are ONE, QUORUM and ALL", level)
		}
	}
	switch {
	case o.Timeout < 0 || o.Every < 0:
		return o, domain.Errorf(domain.ErrInvalid, "a time of the cluster is negative: 0 means its default")
	case strings.ContainsFunc(o.APIKey.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return o, domain.Errorf(domain.ErrInvalid, "the API key of the cluster has white space or characters that are not ASCII")
	}
	return o, nil
}
