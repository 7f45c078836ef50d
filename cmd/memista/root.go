package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/memista/memista/internal/app/config"
)

// dotEnv is read from the directory in which memista runs.
const dotEnv = ".env"

// global is what every command knows.
type global struct {
	file   string // --config
	server string // --server
	flags  map[string]string
}

// newRoot returns the command line. Bare memista serves.
func newRoot() *cobra.Command {
	g := &global{flags: map[string]string{}}
	root := &cobra.Command{
		Use:   "memista",
		Short: "Vector search service: one process, SQLite for the rows, JSON over HTTP",
		Long: "memista stores texts with their embeddings and finds the nearest ones.\n\n" +
			"Without a command it serves. The other commands work on the data file (--database-path),\n" +
			"or with --server on a running server. Settings come from flags, the environment, .env and\n" +
			"the file named by --config, in this order of weight.",
		Args:              commandNames,
		Version:           thisBuild().Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:              func(cmd *cobra.Command, _ []string) error { return g.serve(cmd) },
	}
	root.SetFlagErrorFunc(flagError)
	root.SuggestionsMinimumDistance = 2
	root.SetUsageFunc(printUsage)
	root.SetVersionTemplate("memista {{.Version}}\n")
	root.PersistentFlags().StringVar(&g.file, "config", "", "YAML file with settings ("+config.FileVariable+")")
	g.addSettings(root.PersistentFlags(), func(key string) bool { return everywhere[key] })
	g.addSettings(root.Flags(), func(key string) bool { return !everywhere[key] })
	root.AddCommand(
		newServe(g), newVersion(), newCreate(g), newImport(g), newInsert(g), newGet(g), newPatch(g), newDelete(g), newSearch(g), newCount(g), newList(g), newDatabases(g), newStats(g), newDrop(g), newRebuild(g), newAlter(g), newJobs(g), newBackup(g), newRestore(g), newVerify(g), newKeys(g), newSettingsTopic(),
	)
	for _, c := range append(root.Commands(), root) {
		c.Args = checked(c.Args)
	}
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

// flagError says what is wrong with a flag, and what with a vector that looks like one.
func flagError(_ *cobra.Command, err error) error {
	if negative.MatchString(err.Error()) {
		err = fmt.Errorf("%w (a vector with a number below zero goes after --)", err)
	}
	return usageError{err}
}

// everywhere are the settings that matter without a server, too.
var everywhere = map[string]bool{"database_path": true, "durability": true, "secure_delete": true, "engine": true, "keys_file": true}

// checked makes a wrong number of arguments a usageError.
func checked(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%w (see %s --help)", err, cmd.CommandPath())
		}
		return nil
	}
}

// addSettings makes a flag of each setting that pick picks.
func (g *global) addSettings(fs *pflag.FlagSet, pick func(key string) bool) {
	for _, s := range config.Settings() {
		if s.Secret() || !pick(s.Key) {
			continue
		}
		c := config.Default()
		f := fs.VarPF(&settingFlag{Value: s.In(&c), set: func(text string) { g.flags[s.Flag()] = text }}, s.Flag(), "", s.Doc+" ("+s.Env+")")
		f.Annotations = map[string][]string{settingAnnotation: nil}
		if s.In(&c).Type() == "bool" {
			f.NoOptDefVal = "true"
		}
	}
}

// settingFlag checks a setting and notes that it was given.
type settingFlag struct {
	config.Value
	set func(text string)
}

// Set is called for a flag that is on the command line.
func (f *settingFlag) Set(text string) error {
	if err := f.Value.Set(text); err != nil {
		return err
	}
	f.set(text)
	return nil
}

// config reads the settings from everywhere.
func (g *global) config() (config.Config, error) { return config.Load(g.sources()) }

func (g *global) sources() config.Sources {
	return config.Sources{Flags: g.flags, Environ: os.Environ(), DotEnv: dotEnv, File: g.file}
}
