package config

import (
	"fmt"
	"strings"
)

// YAML returns a configuration file with every setting that may stand in one at its
// default, one comment each.
func YAML() string {
	var b strings.Builder
	b.WriteString("# Settings of memista, each at its default. Give the file with --config or MEMISTA_CONFIG.\n" +
		"# A flag wins over an environment variable, that over .env, that over this file.\n")
	c := Default()
	for _, s := range Settings() {
		if !s.Secret() {
			fmt.Fprintf(&b, "\n# %s\n%s: %s\n", s.Doc, s.Key, quoted(s.In(&c).String()))
		}
	}
	return b.String()
}

// quoted returns text as YAML and tables need it: an empty one has to be seen.
func quoted(text string) string {
	if text == "" {
		return `""`
	}
	return text
}

// DotEnv returns an environment file with every setting at its default, commented out.
func DotEnv() string {
	var b strings.Builder
	b.WriteString("# Copy to .env in the directory where memista runs and take the # from what you change.\n")
	c := Default()
	for _, s := range Settings() {
		fmt.Fprintf(&b, "\n# %s\n#%s=%s\n", s.Doc, s.Env, s.In(&c))
	}
	return b.String()
}

// Table returns the settings as a Markdown table, for docs/configuration.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| key in the file | environment | flag | default | what it does |\n|---|---|---|---|---|\n")
	c := Default()
	for _, s := range Settings() {
		key, flag := "`"+s.Key+"`", "`--"+s.Flag()+"`"
		if s.Secret() {
			key, flag = "–", "–"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | `%s` | %s |\n", key, s.Env, flag, quoted(s.In(&c).String()), s.Doc)
	}
	return b.String()
}
