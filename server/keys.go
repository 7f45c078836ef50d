package server

import (
	"context"
	"sync"
	"time"

	"github.com/memista/memista/internal/adapters/keyfile"
)

// Keys are the API keys that a handler asks for. They are safe for concurrent use, and
// may serve several handlers.
type Keys struct {
	ring *keyfile.Ring
	stop context.CancelFunc
	done sync.WaitGroup
}

// KeysOptions are the choices of OpenKeys. Zero values, and nil, work.
type KeysOptions struct {
	// Extra are keys that may do everything, besides those of the file, of 20 to 256
	// characters.
	Extra []string
	// Report, if not nil, is told when the file has changed and cannot be read; the keys
	// it had before stay valid. It is called from a goroutine of Keys.
	Report func(error)
}

// OpenKeys reads the file of keys that "memista keys create" makes, and takes up changes
// of it within a second until Close. The path may be "" if there are Extra keys. A file
// that is missing or that others can write is an error.
func OpenKeys(path string, opts *KeysOptions) (*Keys, error) {
	if opts == nil {
		opts = &KeysOptions{}
	}
	ring, err := keyfile.Open(keyfile.Source{Path: path, Keys: opts.Extra})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Keys{ring: ring, stop: stop}
	k.done.Go(func() { k.follow(ctx, opts.Report) })
	return k, nil
}

func (k *Keys) follow(ctx context.Context, report func(error)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := k.ring.Refresh(false); err != nil && report != nil {
			report(err)
		}
	}
}

// Reload reads the file at once, for programs that are told of its changes. When it
// fails the keys that were valid stay valid.
func (k *Keys) Reload() error {
	_, err := k.ring.Refresh(true)
	return err
}

// Close ends the watch over the file; the keys stay valid. Close may be called twice.
func (k *Keys) Close() {
	k.stop()
	k.done.Wait()
}
