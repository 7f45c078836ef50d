package provider

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Options say where a provider is, and how to treat it. Zero values are the defaults.
type Options struct {
	Who string // names the caller in errors about options, such as "embedder openai/m"
	URL string // what the paths of calls come after
	// Key is sent to the host of URL, and only there, as a bearer token; none if empty.
	Key domain.Secret
	// KeyHeader is a further header that the key is sent in, as it is; none if empty.
	KeyHeader string
	// Concurrency is how many calls are under way at once; 0 means 4.
	Concurrency int
	// Timeout bounds each try of a call; 0 means a minute.
	Timeout time.Duration
	// Tries is how often a call is made at most; 0 means 4.
	Tries int
	// Backoff is the wait before the second try, doubled for each one after it and
	// shortened by up to a half at random; 0 means half a second.
	Backoff time.Duration
	// MaxWait bounds a wait. A provider that asks for a longer one is given up at once;
	// 0 means half a minute.
	MaxWait time.Duration
	// After is time.After if it is nil. Tests replace it.
	After func(time.Duration) <-chan time.Time
	// NobodyThere gives up at once where, before the first answer of all calls, a connection is
	// refused or the host has no address: nothing runs there then.
	NobodyThere bool
	// Again, if not nil, is told of each try that failed, and how long the wait before the next
	// one is. It is called by the goroutine of the call.
	Again func(why *Failure, wait time.Duration)
	// Hint says what to do about a refusal, "" if there is nothing to add; nil never does.
	Hint func(Refusal) string
}

// withDefaults returns o with defaults, and the base address. It is ErrInvalid for what
// cannot work.
func (o Options) withDefaults() (Options, *url.URL, error) {
	base, err := o.base()
	if err != nil {
		return o, nil, err
	}
	switch {
	case o.Concurrency < 0 || o.Tries < 0 || o.Timeout < 0 || o.Backoff < 0 || o.MaxWait < 0:
		return o, nil, o.invalid("a setting is negative: 0 means its default")
	case strings.ContainsFunc(o.Key.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return o, nil, o.invalid("the key has white space or characters that are not ASCII")
	}
	const (
		concurrency, tries = 4, 4
		timeout            = time.Minute
		backoff            = 500 * time.Millisecond
		maxWait            = 30 * time.Second
	)
	o.Concurrency, o.Tries = cmp.Or(o.Concurrency, concurrency), cmp.Or(o.Tries, tries)
	o.Timeout, o.Backoff, o.MaxWait = cmp.Or(o.Timeout, timeout), cmp.Or(o.Backoff, backoff), cmp.Or(o.MaxWait, maxWait)
	if o.After == nil {
		o.After = time.After
	}
	if o.Hint == nil {
		o.Hint = func(Refusal) string { return "" }
	}
	return o, base, nil
}

// base parses the address.
func (o Options) base() (*url.URL, error) {
	base, err := url.Parse(o.URL)
	if err != nil { // it quotes the address, which may have a password
		return nil, o.invalid("its address is no URL")
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, o.invalid("its address must begin with http:// or https:// and have a host")
	}
	if base.User != nil {
		return nil, o.invalid("its address must not have a user or a password: use a key")
	}
	base.Path, base.RawPath, base.Fragment = strings.TrimRight(base.Path, "/"), "", ""
	return base, nil
}

func (o Options) invalid(message string) error {
	return domain.Errorf(domain.ErrInvalid, "%s: %s", o.Who, message)
}
