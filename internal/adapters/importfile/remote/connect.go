package remote

import (
	"time"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
)

// Options say where a store is. Zero values are the defaults.
type Options struct {
	URL string // what the paths of its API come after
	Key domain.Secret
	// Hint says what to do where the store refuses the key or asks for one; "" adds nothing.
	Hint string
	// Timeout bounds each try of a request; 0 means two minutes.
	Timeout time.Duration
	// Again, if not nil, is told why a try failed, and how long the wait before the next one is.
	Again func(why string, wait time.Duration)
	// After is time.After if it is nil. Tests replace it.
	After func(time.Duration) <-chan time.Time
}

const (
	timeout = 2 * time.Minute
	// tries and maxWait let a store be away for about two minutes, which a restart takes.
	tries   = 9
	maxWait = time.Minute
	// pause is how long the wait after the first failure is.
	pause = 500 * time.Millisecond
)

// Connect returns a client of the store called who. Its key is also sent in keyHeader.
// Nothing is sent yet. It is ErrInvalid for options that cannot work.
func Connect(who, keyHeader string, o Options) (*provider.Client, error) {
	if o.Timeout == 0 {
		o.Timeout = timeout
	}
	var again func(*provider.Failure, time.Duration)
	if o.Again != nil {
		again = func(f *provider.Failure, wait time.Duration) { o.Again(f.Message, wait) }
	}
	return provider.New(provider.Options{
		Who: who, URL: o.URL, Key: o.Key, KeyHeader: keyHeader, Concurrency: 1,
		Timeout: o.Timeout, Tries: tries, Backoff: pause, MaxWait: maxWait, After: o.After, NobodyThere: true, Again: again,
		Hint: func(r provider.Refusal) string {
			if r.Status == 401 || r.Status == 403 {
				return o.Hint
			}
			return ""
		},
	})
}
