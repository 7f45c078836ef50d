package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/app/config"
)

// Access is what every command is given: the settings, and the way to the store that the
// command line names.
type Access struct {
	*flags.Settings
	Address string // --server
}

// AddServer gives a command the choice between the data file and a server.
func (a *Access) AddServer(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.Address, "server", "", "work on the server at this address, such as http://127.0.0.1:8083, instead of on the data file ("+config.ServerVariable+")")
}

// With calls fn with the store that the command line names. A data file that is not there
// is an error.
func (a *Access) With(cmd *cobra.Command, fn func(*Store) error) error { return a.with(cmd, false, fn) }

// WithNew is With that makes a data file which is not there.
func (a *Access) WithNew(cmd *cobra.Command, fn func(*Store) error) error {
	return a.with(cmd, true, fn)
}

func (a *Access) with(cmd *cobra.Command, create bool, fn func(*Store) error) error {
	s, err := a.open(cmd, create)
	if err != nil {
		return err
	}
	return errors.Join(withHint(fn(s)), s.Close())
}

func (a *Access) open(cmd *cobra.Command, create bool) (*Store, error) {
	cfg, err := a.Load()
	if err != nil {
		return nil, err
	}
	address := a.Address
	if address == "" {
		if address, err = config.Server(a.Sources()); err != nil {
			return nil, err
		}
	}
	if address != "" {
		return openServer(address, cfg.APIKeys())
	}
	path, err := datafile.Resolve(cfg.Data.Path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, fmt.Errorf("there is no data file %s: name one with --database-path, or a server with --server", path)
	}
	return OpenFile(cmd.Context(), cfg, path)
}
