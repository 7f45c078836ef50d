package provider

import (
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

const (
	dialTimeout = 10 * time.Second
	idleTimeout = 90 * time.Second
	hops        = 3 // redirects that are followed
)

// Client makes calls of one provider. It is safe for concurrent use.
type Client struct {
	options   Options
	base      *url.URL
	where     string // names the host in messages
	http      *http.Client
	transport *http.Transport
	slots     chan struct{} // one for each call under way
	closing   chan struct{} // closed when the client is
	reached   atomic.Bool   // there was an answer

	mu     sync.RWMutex // guards closed, and what is under way against Close
	closed bool
	under  sync.WaitGroup
}

// New returns a client. Nothing is sent yet. It is domain.ErrInvalid for options that
// cannot work.
func New(o Options) (*Client, error) {
	o, base, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConnsPerHost: o.Concurrency,
		IdleConnTimeout:     idleTimeout,
	}
	return &Client{
		options: o, base: base, where: base.Scheme + "://" + base.Host,
		http: &http.Client{Transport: t, CheckRedirect: stayOnHost}, transport: t,
		slots: make(chan struct{}, o.Concurrency), closing: make(chan struct{}),
	}, nil
}

// Concurrency returns how many calls are under way at once at most.
func (c *Client) Concurrency() int { return c.options.Concurrency }

// Begin counts work of one or more calls, for which Close waits; End ends it. It is
// domain.ErrClosed once the client is closed.
func (c *Client) Begin() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return domain.ErrClosed
	}
	c.under.Add(1)
	return nil
}

// End ends what Begin began.
func (c *Client) End() { c.under.Done() }

// Close waits for what is under way; calls that wait for their turn or for another try end
// with domain.ErrClosed. It may be called twice.
func (c *Client) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
	c.mu.Unlock()
	c.under.Wait()
	c.transport.CloseIdleConnections()
}

// stayOnHost follows redirects that send the same request to the same host. Any other would
// take texts and key to somebody whom nobody has configured, or make a GET of the POST.
func stayOnHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > hops || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host || req.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}
