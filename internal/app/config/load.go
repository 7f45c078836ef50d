package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/joho/godotenv"
	"go.yaml.in/yaml/v3"

	"github.com/memista/memista/internal/domain"
)

// Sources says where settings come from. The zero value is: from nowhere, so Load
// returns the defaults.
type Sources struct {
	Flags   map[string]string // by Setting.Flag; only the ones that were given
	Environ []string          // as os.Environ returns it
	DotEnv  string            // path of the .env file; one that does not exist is passed over
	File    string            // path of the YAML file; it must exist. "" is none
}

// prefix of the variables that are ours: an unknown one is a misspelt one.
const prefix = "MEMISTA_"

// FileVariable names the environment variable that holds the path of the YAML file.
const FileVariable = "MEMISTA_CONFIG"

// ServerVariable names the environment variable that holds the address of the server on
// which commands work.
const ServerVariable = "MEMISTA_SERVER"

// ImportKeyVariable names the environment variable that holds the key for what
// `memista import --from` reads: that of a server, or of an encrypted file.
const ImportKeyVariable = "MEMISTA_IMPORT_KEY"

// TargetKeyVariable has the key of the server to which databases are moved.
const TargetKeyVariable = "MEMISTA_TARGET_KEY"

// elsewhere are variables of ours that other parts read: the kernels' instruction set,
// and the cache of the tools that build and measure.
var elsewhere = []string{"MEMISTA_SIMD", "MEMISTA_CACHE", ServerVariable, ImportKeyVariable, TargetKeyVariable}

// Server returns the address in ServerVariable, "" if there is none.
func Server(src Sources) (string, error) {
	env, err := environment(src)
	return env[ServerVariable].text, err
}

// ImportKey returns the key in ImportKeyVariable, which hides itself; none if there is none.
func ImportKey(src Sources) (domain.Secret, error) {
	env, err := environment(src)
	return domain.NewSecret(env[ImportKeyVariable].text), err
}

// TargetKey returns the key in TargetKeyVariable, which hides itself; none if there is none.
func TargetKey(src Sources) (domain.Secret, error) {
	env, err := environment(src)
	return domain.NewSecret(env[TargetKeyVariable].text), err
}

// Hints names variables that are set and that memista does not read although they look as if
// it did.
func Hints(src Sources) ([]string, error) {
	env, err := environment(src)
	if err != nil || env["database_path"].text != "" || env[urlVariable].text == "" {
		return nil, err
	}
	return []string{env[urlVariable].where + " is not read: the data file is named by DATABASE_PATH, as a path and not as a URL"}, nil
}

// urlVariable is what other programs call the place of their data.
const urlVariable = "DATABASE_URL"

// Load reads the settings and checks them.
func Load(src Sources) (Config, error) {
	c := Default()
	env, err := environment(src)
	if err != nil {
		return Config{}, err
	}
	file := src.File
	if file == "" {
		file = env[FileVariable].text
	}
	layers := make([]map[string]given, 0, 3) // later ones win
	if file != "" {
		fromFile, err := readFile(file)
		if err != nil {
			return Config{}, err
		}
		layers = append(layers, fromFile)
	}
	layers = append(layers, env, flags(src.Flags))
	var errs []error
	for _, s := range Settings() {
		for _, layer := range layers {
			g, ok := layer[s.Key]
			if !ok {
				continue
			}
			if err := s.In(&c).Set(g.text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", g.where, err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Config{}, err
	}
	return c, c.Check()
}

// given is a setting's text and the place it was read from.
type given struct{ text, where string }

func flags(set map[string]string) map[string]given {
	layer := map[string]given{}
	for _, s := range Settings() {
		if text, ok := set[s.Flag()]; ok && !s.Secret() {
			layer[s.Key] = given{text, "--" + s.Flag()}
		}
	}
	return layer
}

// environment returns the variables of .env and, over them, those of the environment, by
// key of their setting. An empty variable counts as one that is not set.
func environment(src Sources) (map[string]given, error) {
	layer := map[string]given{}
	if src.DotEnv != "" {
		vars, err := godotenv.Read(src.DotEnv)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", src.DotEnv, err)
		}
		if err := addVariables(layer, vars, " in "+src.DotEnv); err != nil {
			return nil, err
		}
	}
	vars := map[string]string{}
	for _, line := range src.Environ {
		name, text, _ := strings.Cut(line, "=")
		vars[name] = text
	}
	return layer, addVariables(layer, vars, "")
}

// UnknownVariable is the error for a variable that begins as those of memista do, and is
// none.
type UnknownVariable struct {
	Name  string
	where string // it stands, after " in "; "": in the environment
}

// Error names the variable, and its file.
func (e *UnknownVariable) Error() string { return "unknown variable " + e.Name + e.where }

func addVariables(layer map[string]given, vars map[string]string, where string) error {
	known := map[string]string{FileVariable: FileVariable}
	for _, name := range append([]string{urlVariable}, elsewhere...) {
		known[name] = name
	}
	for _, s := range Settings() {
		known[s.Env] = s.Key
	}
	var errs []error
	for name, text := range vars {
		key, ok := known[name]
		switch {
		case ok && text != "":
			layer[key] = given{text, name + where}
		case !ok && strings.HasPrefix(name, prefix):
			errs = append(errs, &UnknownVariable{Name: name, where: where})
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// readFile reads a YAML file of key: value lines.
func readFile(path string) (map[string]given, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	layer := map[string]given{}
	if len(doc.Content) == 0 {
		return layer, nil // empty, or comments only
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: expected lines of the form key: value", path, root.Line)
	}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		if err := addLine(layer, path, root.Content[i], root.Content[i+1]); err != nil {
			errs = append(errs, err)
		}
	}
	return layer, errors.Join(errs...)
}

func addLine(layer map[string]given, path string, key, val *yaml.Node) error {
	where := fmt.Sprintf("%s:%d: %s", path, key.Line, key.Value)
	i := slices.IndexFunc(Settings(), func(s Setting) bool { return s.Key == key.Value })
	if i < 0 {
		return fmt.Errorf("%s:%d: unknown key %q", path, key.Line, key.Value)
	}
	if s := Settings()[i]; s.Secret() {
		return fmt.Errorf("%s is a secret: give it in the environment, as %s", where, s.Env)
	}
	text, err := valueOf(Settings()[i], val)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	if _, twice := layer[key.Value]; twice {
		return fmt.Errorf("%s is given twice", where)
	}
	layer[key.Value] = given{text, where}
	return nil
}

// valueOf returns the text of a value, or of a list of them where s takes one.
func valueOf(s Setting, val *yaml.Node) (string, error) {
	if val.Kind == yaml.SequenceNode && s.takesList() {
		words := make([]string, len(val.Content))
		for i, v := range val.Content {
			if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
				return "", errors.New("expected a list of texts")
			}
			words[i] = v.Value
		}
		return strings.Join(words, ","), nil
	}
	if val.Kind != yaml.ScalarNode || val.Tag == "!!null" {
		return "", errors.New("expected one value")
	}
	return val.Value, nil
}
