package remote

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Options say which model of which provider, and how to treat it. Zero values are the
// defaults.
type Options struct {
	Provider string // names the provider in errors and in Model
	Model    string // as the provider calls it
	URL      string // what the paths of the protocol come after
	// Key is sent to the host of URL, and only there, as a bearer token; none if empty.
	Key domain.Secret
	// Dims is how many components are asked for; 0 are as many as the model has.
	Dims int
	// QueryPrefix and DocumentPrefix are put before each text of their purpose, for models
	// that were trained so, such as "query: " and "passage: " for E5. They count as tokens.
	QueryPrefix    string
	DocumentPrefix string
	// Limits are taken as they are: 0 is no limit.
	Limits ports.EmbedLimits
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
	// AnswerBytes bounds an answer; 0 means what the embeddings that are asked for can
	// need as numbers.
	AnswerBytes int64
	// After is time.After if it is nil. Tests replace it.
	After func(time.Duration) <-chan time.Time
}

// withDefaults returns o with defaults, and the base address. It is ErrInvalid for what
// cannot work.
func (o Options) withDefaults() (Options, *url.URL, error) {
	base, err := o.base()
	if err != nil {
		return o, nil, err
	}
	switch l := o.Limits; {
	case o.Model == "":
		return o, nil, o.invalid("it has no model")
	case o.Dims < 0 || o.Dims > domain.MaxDims:
		return o, nil, o.invalid("%d dims are asked for: 1 to %d", o.Dims, domain.MaxDims)
	case l.Texts < 0 || l.Tokens < 0 || l.TextTokens < 0:
		return o, nil, o.invalid("a limit is negative: 0 means none")
	case o.Concurrency < 0 || o.Tries < 0 || o.Timeout < 0 || o.Backoff < 0 || o.MaxWait < 0 || o.AnswerBytes < 0:
		return o, nil, o.invalid("a setting is negative: 0 means its default")
	case strings.ContainsFunc(o.Key.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return o, nil, o.invalid("the key has white space or characters that are not ASCII")
	}
	for _, prefix := range []string{o.QueryPrefix, o.DocumentPrefix} {
		if most := o.Limits.TextTokens; most > 0 && EstimateTokens(prefix) >= most {
			return o, nil, o.invalid("the prefix %q leaves nothing of %d tokens", prefix, most)
		}
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

func (o Options) invalid(format string, args ...any) error {
	return domain.Errorf(domain.ErrInvalid, "embedder %s: "+format, append([]any{o.ref()}, args...)...)
}

func (o Options) ref() domain.EmbedderRef {
	return domain.EmbedderRef{Provider: o.Provider, Model: o.Model}
}
