package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/foreign"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/importer"
)

// importFrom imports from another store. args are a database, if one is named, and where the
// store is.
func importFrom(cmd *cobra.Command, a *store.Access, f *importFlags, args []string) (err error) {
	if err := f.checkFrom(args); err != nil {
		return err
	}
	key, err := config.ImportKey(a.Sources())
	if err != nil {
		return err
	}
	where := args[len(args)-1]
	src, names, err := f.from.Open(cmd.Context(), where, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	databases, left, err := f.targets(names, args)
	if err != nil {
		return err
	}
	collections, err := f.open(cmd.Context(), src, names, databases)
	if err != nil {
		return err
	}
	return a.WithNew(cmd, func(s *store.Store) error {
		var notes []string
		for _, c := range collections { // before anything is stored
			if _, err := f.fits(cmd, s, c); err != nil {
				return errors.Join(err, closeAll(collections))
			}
		}
		for i, c := range collections {
			note := noteFile(s.Name, c.database, f.from.Place(where), c.Name)
			if err := f.importCollection(cmd, s, c, note); err != nil {
				return errors.Join(err, closeAll(collections[i:]))
			}
			notes = append(notes, note)
		}
		for _, note := range notes { // the next import of all begins with the first again
			if err := importer.Forget(note); err != nil {
				return err
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("left out, for memista has no such ids: %s; import each with --collection NAME into a DATABASE", strings.Join(left, ", "))
		}
		return nil
	})
}

// checkFrom refuses flags and arguments that make no sense for another store.
func (f *importFlags) checkFrom(args []string) error {
	switch {
	case f.original != "":
		return flags.Usage("give either --from or --from-memista")
	case f.text != "" || f.name != "":
		return flags.Usage("--text and --key-prefix are for files of vectors")
	case f.from.All && len(args) > 1:
		return flags.Usage("--all imports each collection into a database of its name: give none")
	case len(args) > 1:
		if err := flags.CheckDatabase(args[0]); err != nil {
			return err
		}
	}
	return f.checkRows()
}

// targets returns the database for each of the collections, "" for those that are left out,
// and the names of these. One collection alone is not left out: that is an error.
func (f *importFlags) targets(names, args []string) (databases, left []string, err error) {
	if len(args) > 1 {
		return args[:1], nil, nil
	}
	for _, name := range names {
		switch err := flags.CheckDatabase(name); {
		case err == nil:
			databases = append(databases, name)
		case f.from.All:
			databases, left = append(databases, ""), append(left, output.OneLine(name))
		default:
			return nil, nil, flags.Usage("%s cannot be the name of a database, give one: memista import DATABASE …: %w", output.OneLine(name), err)
		}
	}
	return databases, left, nil
}

// planned is a collection with the database that it goes to.
type planned struct {
	foreign.Collection
	database string
}

// open opens the collections that have a database, so that one that cannot be imported is
// found out before anything is stored.
func (f *importFlags) open(ctx context.Context, src foreign.Store, names, databases []string) (all []planned, err error) {
	for i, name := range names {
		if databases[i] == "" {
			continue
		}
		c, err := src.Collection(ctx, name)
		if err == nil && c.Metric == "" && f.metric == "" {
			err = flags.Usage("%s measures by %s, which memista does not: choose another with --metric", output.OneLine(name), c.Distance)
		}
		if err != nil {
			return nil, errors.Join(err, closeAll(all))
		}
		all = append(all, planned{c, databases[i]})
	}
	return all, nil
}

func closeAll(all []planned) (err error) {
	for _, c := range all {
		err = errors.Join(err, c.Close())
	}
	return err
}

// importCollection imports one collection. The note of how far it is stays.
func (f *importFlags) importCollection(cmd *cobra.Command, s *store.Store, c planned, note string) (err error) {
	database, label := c.database, output.OneLine(c.Name)
	isNew, err := absent(cmd.Context(), s, database)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && isNew {
			err = errors.Join(err, undo(cmd, s, database))
		}
	}()
	if err := f.prepare(cmd, s, c); err != nil {
		return err
	}
	points, err := s.HasPoints(cmd.Context(), database)
	if err != nil {
		return err
	}
	for _, text := range c.Notes {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", label, text)
	}
	m := newMeter(cmd.ErrOrStderr(), c.Rows.Size())
	ctx, l := listImport(cmd.Context(), s, database)
	done, err := importer.Run(ctx, c.Rows, target{s, points}, importer.Options{
		Database: database, Name: c.Name, Batch: f.batch, Restart: f.restart, Keep: true, TTL: f.ttl, State: note,
		Began:    func(after int64, why string) { m.began(after, why); l.began(after) },
		Progress: func(p importer.Progress) { m.progress(p); l.progress(p) },
	})
	err = l.end(ctx, err)
	m.End()
	err = errors.Join(err, c.Close())
	if err := reportImport(cmd, label, done, err); err != nil || f.noIndex {
		return err
	}
	return finishIndex(cmd, s, database)
}
