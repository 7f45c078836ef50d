package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
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

// Rehearse calls fn with a store in memory that has the embedders of the data file, if that is
// yet to be made: where fn fails, no file is left behind. Else it does nothing.
func (a *Access) Rehearse(cmd *cobra.Command, fn func(*Store) error) error {
	cfg, path, err := a.place()
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // With tells what else may be wrong
	}
	if cfg.Data.Embed.Models == "" {
		cfg.Data.Embed.Models = modeldir.Beside(path)
	}
	cfg.Data.Embed.FileBytes = 0 // memory has none
	s, err := OpenFile(cmd.Context(), cfg, "")
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.Close())
}

// OpenTarget opens the store at address, which is that of a server or the path of a data file
// that is made if it is not there. The key of the server is that in TargetKeyVariable.
func (a *Access) OpenTarget(ctx context.Context, address string) (*Store, error) {
	cfg, err := a.Load()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(address, "://") {
		path, err := datafile.Resolve(address)
		if err != nil {
			return nil, err
		}
		return OpenFile(ctx, cfg, path)
	}
	key, err := config.TargetKey(a.Sources())
	if err != nil {
		return nil, err
	}
	return openServer(address, []string{key.Reveal()})
}

func (a *Access) with(cmd *cobra.Command, create bool, fn func(*Store) error) error {
	s, err := a.open(cmd, create)
	if err != nil {
		return err
	}
	return errors.Join(withHint(fn(s)), s.Close())
}

func (a *Access) open(cmd *cobra.Command, create bool) (*Store, error) {
	cfg, path, err := a.place()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return openServer(a.Address, cfg.APIKeys())
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, fmt.Errorf("there is no data file %s: name one with --database-path, or a server with --server", path)
	}
	return OpenFile(cmd.Context(), cfg, path)
}

// place returns the settings with the path of the data file, which is empty if the store is a
// server. Address is its then.
func (a *Access) place() (cfg config.Config, path string, err error) {
	if cfg, err = a.Load(); err != nil {
		return cfg, "", err
	}
	if a.Address == "" {
		if a.Address, err = config.Server(a.Sources()); err != nil {
			return cfg, "", err
		}
	}
	if a.Address == "" {
		path, err = datafile.Resolve(cfg.Data.Path)
	}
	return cfg, path, err
}
