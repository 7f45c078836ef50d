package remote

import (
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/provider"
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

// check refuses what cannot work; what belongs to calls provider.New does.
func (o Options) check() error {
	switch l := o.Limits; {
	case o.Model == "":
		return o.invalid("it has no model")
	case o.Dims < 0 || o.Dims > domain.MaxDims:
		return o.invalid("%d dims are asked for: 1 to %d", o.Dims, domain.MaxDims)
	case l.Texts < 0 || l.Tokens < 0 || l.TextTokens < 0:
		return o.invalid("a limit is negative: 0 means none")
	case o.AnswerBytes < 0:
		return o.invalid("a setting is negative: 0 means its default")
	}
	for _, prefix := range []string{o.QueryPrefix, o.DocumentPrefix} {
		if most := o.Limits.TextTokens; most > 0 && provider.EstimateTokens(prefix) >= most {
			return o.invalid("the prefix %q leaves nothing of %d tokens", prefix, most)
		}
	}
	return nil
}

// provider returns what calls go by.
func (o Options) provider(hint func(Refusal) string) provider.Options {
	return provider.Options{
		Who: o.who(), URL: o.URL, Key: o.Key, Concurrency: o.Concurrency, Timeout: o.Timeout,
		Tries: o.Tries, Backoff: o.Backoff, MaxWait: o.MaxWait, After: o.After, Hint: hint,
	}
}

func (o Options) who() string { return "embedder " + o.ref().String() }

func (o Options) invalid(format string, args ...any) error {
	return domain.Errorf(domain.ErrInvalid, "%s: %s", o.who(), fmt.Sprintf(format, args...))
}

func (o Options) ref() domain.EmbedderRef {
	return domain.EmbedderRef{Provider: o.Provider, Model: o.Model}
}
