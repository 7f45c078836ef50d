// Package flags is what stands on the command line: settings, the flags that several
// commands have, and what is wrong with them.
package flags

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/memista/memista/internal/app/config"
)

// dotEnv is read from the directory in which memista runs.
const dotEnv = ".env"

// settingAnnotation marks flags that are settings, of which there are many.
const settingAnnotation = "memista_setting"

// everywhere are the settings that matter without a server, too.
var everywhere = map[string]bool{"database_path": true, "durability": true, "secure_delete": true, "engine": true, "keys_file": true}

// Settings are those of the program, as far as they come from its command line.
type Settings struct {
	file  string            // --config
	given map[string]string // by config.Setting.Flag
}

// NewSettings returns settings of which no flag was given yet.
func NewSettings() *Settings { return &Settings{given: map[string]string{}} }

// AddFile adds the flag that names the file with settings.
func (s *Settings) AddFile(fs *pflag.FlagSet) {
	fs.StringVar(&s.file, "config", "", "YAML file with settings ("+config.FileVariable+")")
}

// Add makes a flag of each setting that pick picks.
func (s *Settings) Add(fs *pflag.FlagSet, pick func(config.Setting) bool) {
	c := config.Default() // flags show what is in it, and write to it; nobody reads that
	for _, one := range config.Settings() {
		if one.Secret() || !pick(one) {
			continue
		}
		f := fs.VarPF(&settingFlag{Value: one.In(&c), set: func(text string) { s.given[one.Flag()] = text }}, one.Flag(), "", one.Doc+" ("+one.Env+")")
		f.Annotations = map[string][]string{settingAnnotation: nil}
		if one.In(&c).Type() == "bool" {
			f.NoOptDefVal = "true"
		}
	}
}

// Engine returns the engine that the command line names, which new databases of the command
// get; "" if it names none.
func Engine(cmd *cobra.Command) string {
	if f := cmd.Flag("engine"); f != nil && f.Changed {
		return f.Value.String()
	}
	return ""
}

// Everywhere reports whether a setting matters to commands that do not serve.
func Everywhere(s config.Setting) bool { return everywhere[s.Key] }

// Serving reports whether a setting matters to the server only.
func Serving(s config.Setting) bool { return !Everywhere(s) }

// IsSetting reports whether f was added by Settings.Add.
func IsSetting(f *pflag.Flag) bool {
	_, is := f.Annotations[settingAnnotation]
	return is
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

// Load reads the settings from everywhere, and checks them.
func (s *Settings) Load() (config.Config, error) { return config.Load(s.Sources()) }

// Sources says where settings come from.
func (s *Settings) Sources() config.Sources {
	return config.Sources{Flags: s.given, Environ: os.Environ(), DotEnv: dotEnv, File: s.file}
}
