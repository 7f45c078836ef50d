// Package cli is the command line of memista as a whole: its commands, its help and its exit
// codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/memista/memista/cmd/memista/internal/chunks"
	"github.com/memista/memista/cmd/memista/internal/databases"
	"github.com/memista/memista/cmd/memista/internal/export"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/migrate"
	"github.com/memista/memista/cmd/memista/internal/models"
	"github.com/memista/memista/cmd/memista/internal/service"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/cmd/memista/internal/transfer"
)

// Exit codes.
const (
	OK     = 0
	Failed = 1 // what was asked for could not be done
	Usage  = 2 // what was asked for is not clear
	Damage = 3 // verify has found damage that is still there
)

// Run executes one command line and returns the exit code.
func Run(ctx context.Context, b service.Build, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot(b)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return OK
	}
	fmt.Fprintln(errOut, "memista:", err)
	if text := hint(err); text != "" {
		fmt.Fprintln(errOut, "memista:", text)
	}
	if _, ok := errors.AsType[flags.UsageError](err); ok {
		return Usage
	}
	if errors.Is(err, service.ErrDamage) {
		return Damage
	}
	return Failed
}

// suggestionDistance is how many letters of a mistyped name may differ from one that is
// suggested for it.
const suggestionDistance = 2

// newRoot returns the command line. Bare memista serves.
func newRoot(b service.Build) *cobra.Command {
	a := &store.Access{Settings: flags.NewSettings()}
	root := &cobra.Command{
		Use:   "memista",
		Short: "Vector search service: one process, SQLite for the rows, JSON over HTTP",
		Long: "memista stores texts with their embeddings and finds the nearest ones.\n\n" +
			"Without a command it serves. The others work on the data file (--database-path), or with --server on\n" +
			"a running server. Settings come from flags, the environment, .env and the file of --config, in this order.",
		Args:              commandNames,
		Version:           b.Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:              func(cmd *cobra.Command, _ []string) error { return service.Serve(cmd, a, b) },
	}
	root.SetFlagErrorFunc(flagError)
	root.SuggestionsMinimumDistance = suggestionDistance
	root.SetUsageFunc(printUsage)
	root.SetVersionTemplate("memista {{.Version}}\n")
	a.AddFile(root.PersistentFlags())
	a.Add(root.PersistentFlags(), flags.Everywhere)
	a.Add(root.Flags(), flags.Serving)
	root.AddCommand(slices.Concat(chunks.Commands(a), databases.Commands(a), models.Commands(a), transfer.Commands(a), migrate.Commands(a), export.Commands(a), service.Commands(a, b))...)
	root.AddCommand(newSettingsTopic())
	flags.Checked(append(root.Commands(), root)...)
	return root
}

// commandNames refuses the name of a command that does not exist, and tells similar ones.
func commandNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		return fmt.Errorf("unknown command %q, did you mean %s?", args[0], strings.Join(similar, " or "))
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// negative finds a number below zero that was taken for a flag, in the parser's message.
var negative = regexp.MustCompile(` in -[.0-9]`)

// flagError says what is wrong with a flag, which ones are similar to one that does not
// exist, and what is wrong with a vector that looks like a flag.
func flagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		err = fmt.Errorf("%w (%s)", err, e.GetFlag().Usage)
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && e.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := similar(e.GetSpecifiedName(), names); len(near) > 0 {
			err = fmt.Errorf("%w, did you mean --%s?", err, strings.Join(near, " or --"))
		}
	}
	if negative.MatchString(err.Error()) {
		err = fmt.Errorf("%w (a vector with a number below zero goes after --)", err)
	}
	return flags.UsageError{Err: err}
}

// similar returns those of names that name may stand for, by the edit distance that cobra
// has for commands.
func similar(name string, names []string) []string {
	all := &cobra.Command{SuggestionsMinimumDistance: suggestionDistance}
	for _, n := range names {
		all.AddCommand(&cobra.Command{Use: n, Run: func(*cobra.Command, []string) {}})
	}
	return all.SuggestionsFor(name)
}
