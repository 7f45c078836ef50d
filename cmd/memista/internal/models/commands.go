// Package models is the commands about static models, which turn texts into embeddings in
// process.
package models

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
	"github.com/memista/memista/internal/app/config"
)

// Commands returns the commands of this package, each of which is a file of its own.
func Commands(a *store.Access) []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Bring and list static models, which make embeddings of texts",
		Long: "model manages the folder of static models (--models; by default models beside the data file).\n" +
			"A static model is a table of words with their embeddings, in the format of model2vec. It needs\n" +
			"no network and no other program, and finds less than a transformer does.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	a.Add(cmd.PersistentFlags(), func(s config.Setting) bool { return s.Key == "models" })
	cmd.AddCommand(newPull(a), newList(a))
	flags.Checked(cmd.Commands()...)
	return []*cobra.Command{cmd}
}

// folder returns the models that the command line is about.
func folder(a *store.Access) (*modeldir.Dir, error) {
	cfg, err := a.Load()
	if err != nil {
		return nil, err
	}
	if cfg.Data.Embed.Models != "" {
		return modeldir.New(cfg.Data.Embed.Models), nil
	}
	path, err := datafile.Resolve(cfg.Data.Path)
	if err != nil {
		return nil, fmt.Errorf("name the folder of the models with --models: %w", err)
	}
	return modeldir.New(modeldir.Beside(path)), nil
}
