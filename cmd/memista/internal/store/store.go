// Package store is where commands work: a data file that this process opens, or a server.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"syscall"

	_ "github.com/memista/memista" // for bridge
	"github.com/memista/memista/api"
	"github.com/memista/memista/client"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/domain"
)

// Store is a data file or a server: what can be done with both, and either File or Server
// for what only one of them can.
type Store struct {
	api.Service
	Name   string         // path of the file or address of the server, which tell stores apart
	File   *app.Service   // nil: it is a server
	Server *client.Client // nil: it is a file
}

// OpenFile opens the data file at path, and makes it if it is not there.
func OpenFile(ctx context.Context, cfg config.Config, path string) (*Store, error) {
	data := cfg.Data
	data.Path = path
	made, err := compose.Open(ctx, data)
	if errors.Is(err, domain.ErrLocked) {
		return nil, fmt.Errorf("%w (if it is a server, name it with --server)", err)
	}
	if err != nil {
		return nil, err
	}
	return &Store{Service: bridge.Wrap(made.Service), Name: path, File: made.Service}, nil
}

// openServer connects to the server at address, with the first of the keys.
func openServer(address string, keys []string) (*Store, error) {
	var o client.Options
	if len(keys) > 0 {
		o.APIKey = keys[0]
	}
	c, err := client.New(address, &o)
	if err != nil {
		return nil, flags.UsageError{Err: err}
	}
	return &Store{Service: c, Name: address, Server: c}, nil
}

// withHint says where a key comes from, if err says that one is wanted, and what a server
// that does not answer may mean.
func withHint(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w (is the server running? memista serve starts one)", err)
	}
	if e, ok := errors.AsType[*client.Error](err); ok && e.Status == http.StatusUnauthorized {
		return fmt.Errorf("%w (commands send the key in MEMISTA_API_KEY)", err)
	}
	return err
}
