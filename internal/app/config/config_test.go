package config_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/config"
)

const root = "../../.."

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), "\r\n", "\n") // as git checks out on Windows
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// regenerate names the variable that makes the tests write the documents they compare.
const regenerate = "UPDATE_CONFIG_DOCS"

func TestDocuments(t *testing.T) {
	documents := []struct{ path, want string }{
		{"configs/memista.yaml", config.YAML()},
		{"configs/sample.env", config.DotEnv()},
	}
	for _, d := range documents {
		t.Run(d.path+" has every setting at its default", func(t *testing.T) {
			path := filepath.Join(root, d.path)
			if os.Getenv(regenerate) != "" {
				if err := os.WriteFile(path, []byte(d.want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(d.want, read(t, path)); diff != "" {
				t.Errorf("%s differs, run with %s=1 (-want +got):\n%s", d.path, regenerate, diff)
			}
		})
	}
	t.Run("docs/configuration.md has the table of all settings", func(t *testing.T) {
		if !strings.Contains(read(t, filepath.Join(root, "docs/configuration.md")), config.Table()) {
			t.Errorf("docs/configuration.md lacks this table:\n%s", config.Table())
		}
	})
	t.Run("configs/memista.yaml loads as the defaults", func(t *testing.T) {
		got, err := config.Load(config.Sources{File: filepath.Join(root, "configs/memista.yaml")})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(config.Default(), got); diff != "" {
			t.Errorf("Load (-want +got):\n%s", diff)
		}
	})
	t.Run("sample.env loads as the defaults with every line in force", func(t *testing.T) {
		env := write(t, ".env", strings.ReplaceAll(config.DotEnv(), "\n#", "\n"))
		lines := []string{}
		for line := range strings.Lines(read(t, env)) {
			if name, _, ok := strings.Cut(line, "="); ok && !strings.Contains(name, " ") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		if len(lines) != len(config.Settings()) {
			t.Fatalf("sample.env has %d variables; want %d", len(lines), len(config.Settings()))
		}
		got, err := config.Load(config.Sources{DotEnv: write(t, ".env", strings.Join(lines, "\n"))})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(config.Default(), got); diff != "" {
			t.Errorf("Load (-want +got):\n%s", diff)
		}
	})
}

func TestNothingConfiguredIsTheDefault(t *testing.T) {
	got, err := config.Load(config.Sources{DotEnv: filepath.Join(t.TempDir(), ".env")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestNamesOfTheOriginalKeepTheirMeaning(t *testing.T) {
	got, err := config.Load(config.Sources{Environ: []string{
		"DATABASE_PATH=/data/m.db", "SERVER_HOST=::1", "SERVER_PORT=9000", "LOG_LEVEL=WARN",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Data.Path, want.ServerHost, want.ServerPort, want.LogLevel = "/data/m.db", "::1", 9000, "warn"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
	if got.Address() != "[::1]:9000" {
		t.Errorf("Address() = %s; want [::1]:9000", got.Address())
	}
}

func TestPrecedence(t *testing.T) {
	file := write(t, "m.yaml", "server_port: 1\nlog_level: debug\nmax_dims: 5\nshutdown_timeout: 3s\n")
	dotenv := write(t, ".env", "SERVER_PORT=2\nLOG_LEVEL=warn\nMEMISTA_MAX_DIMS=6\n")
	got, err := config.Load(config.Sources{
		File: file, DotEnv: dotenv,
		Environ: []string{"SERVER_PORT=3", "LOG_LEVEL=error", "MEMISTA_MAX_DIMS="},
		Flags:   map[string]string{"server-port": "4"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.ServerPort != 4 {
		t.Errorf("flag: ServerPort = %d; want 4", got.ServerPort)
	}
	if got.LogLevel != "error" {
		t.Errorf("environment: LogLevel = %s; want error", got.LogLevel)
	}
	if got.Data.Limits.Dims != 6 {
		t.Errorf(".env, under an empty variable: max_dims = %d; want 6", got.Data.Limits.Dims)
	}
	if got.ShutdownTimeout != 3*time.Second {
		t.Errorf("file: ShutdownTimeout = %v; want 3s", got.ShutdownTimeout)
	}
	if got.Data.Path != "memista.db" {
		t.Errorf("default: database_path = %s; want memista.db", got.Data.Path)
	}
}

func TestFileCanBeNamedInTheEnvironment(t *testing.T) {
	file := write(t, "m.yaml", "server_port: 77\n")
	for _, src := range []config.Sources{
		{Environ: []string{"MEMISTA_CONFIG=" + file}},
		{DotEnv: write(t, ".env", "MEMISTA_CONFIG="+file)},
		{Environ: []string{"MEMISTA_CONFIG=/nowhere"}, File: file},
	} {
		got, err := config.Load(src)
		if err != nil || got.ServerPort != 77 {
			t.Errorf("Load(%+v) = port %d, %v; want 77", src, got.ServerPort, err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	yaml := func(content string) config.Sources { return config.Sources{File: write(t, "m.yaml", content)} }
	tests := []struct {
		name string
		src  config.Sources
		want string
	}{
		{"unknown key", yaml("server_port: 1\nserver_prot: 2\n"), `m.yaml:2: unknown key "server_prot"`},
		{"key given twice", yaml("server_port: 1\nserver_port: 2\n"), "m.yaml:2: server_port is given twice"},
		{"a list as value", yaml("server_port: [1]\n"), "m.yaml:1: server_port: expected one value"},
		{"no value", yaml("server_port:\n"), "m.yaml:1: server_port: expected one value"},
		{"not a mapping", yaml("- a\n"), "m.yaml:1: expected lines of the form key: value"},
		{"not YAML", yaml("a: [\n"), "m.yaml: yaml:"},
		{"missing file", config.Sources{File: "/nowhere/m.yaml"}, "configuration file: open /nowhere/m.yaml"},
		{"unknown variable", config.Sources{Environ: []string{"MEMISTA_PROT=1"}}, "unknown variable MEMISTA_PROT"},
		{"unknown variable in .env", config.Sources{DotEnv: write(t, ".env", "MEMISTA_PROT=1")}, "unknown variable MEMISTA_PROT in "},
		{"word as port", config.Sources{Environ: []string{"SERVER_PORT=http"}}, `SERVER_PORT: "http" is not a whole number`},
		{"port out of range", config.Sources{Flags: map[string]string{"server-port": "65536"}}, "server_port: must be between 0 and 65535, got 65536"},
		{"unknown level", config.Sources{Environ: []string{"LOG_LEVEL=loud"}}, `log_level: unknown value "loud", use one of debug, info, warn, error`},
		{"unknown durability", yaml("durability: none\n"), `durability: unknown value "none"`},
		{"bad duration", yaml("shutdown_timeout: 5\n"), `shutdown_timeout: "5" is not a duration`},
		{"no time to stop", yaml("shutdown_timeout: 0s\n"), "shutdown_timeout: must be longer than 0"},
		{"bad size", yaml("max_body: 4MB\n"), `max_body: "4MB" is not a size`},
		{"size that overflows", yaml("max_body: 9999999999GiB\n"), "is not a size"},
		{"bad truth value", yaml("insecure: maybe\n"), `insecure: "maybe" is neither true nor false`},
		{"a secret in the file", yaml("api_key: x\n"), "m.yaml:1: api_key is a secret: give it in the environment, as MEMISTA_API_KEY"},
		{"a certificate without its key", yaml("tls_cert: x\n"), "tls_cert and tls_key are needed together"},
		{"blank path", yaml("database_path: ' '\n"), "database_path: cannot be empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Load(tt.src)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load: %v; want an error with %q", err, tt.want)
			}
		})
	}
}

func TestExposure(t *testing.T) {
	c := config.Default()
	for _, host := range []string{"127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"} {
		c.ServerHost = host
		if err := c.CheckExposure(false); err != nil {
			t.Errorf("CheckExposure with %s: %v; want none", host, err)
		}
	}
	for _, host := range []string{"0.0.0.0", "::", "", "192.0.2.1", "example.test"} {
		c.ServerHost, c.Insecure = host, false
		if err := c.CheckExposure(false); err == nil {
			t.Errorf("CheckExposure with %q: none; want an error", host)
		}
		if err := c.CheckExposure(true); err != nil {
			t.Errorf("CheckExposure with %q and keys: %v; want none", host, err)
		}
		c.Insecure = true
		if err := c.CheckExposure(false); err != nil {
			t.Errorf("CheckExposure with %q, insecure: %v; want none", host, err)
		}
	}
}

func TestLists(t *testing.T) {
	want := []string{"a.example", "b.example"}
	for name, src := range map[string]config.Sources{
		"flag":          {Flags: map[string]string{"allowed-hosts": "a.example,b.example"}},
		"environment":   {Environ: []string{"MEMISTA_ALLOWED_HOSTS= a.example , b.example,"}},
		"file, a text":  {File: write(t, "m.yaml", "allowed_hosts: a.example b.example\n")},
		"file, a list":  {File: write(t, "m.yaml", "allowed_hosts: [a.example, b.example]\n")},
		"file, in rows": {File: write(t, "m.yaml", "allowed_hosts:\n  - a.example\n  - \"b.example\"\n")},
	} {
		got, err := config.Load(src)
		if diff := cmp.Diff(want, got.AllowedHosts); err != nil || diff != "" {
			t.Errorf("%s: AllowedHosts: %v (-want +got):\n%s", name, err, diff)
		}
	}
	for _, bad := range []string{"allowed_hosts: [[a]]\n", "allowed_hosts: [null]\n", "allowed_hosts: {a: b}\n", "allowed_hosts:\n"} {
		if _, err := config.Load(config.Sources{File: write(t, "m.yaml", bad)}); err == nil || !strings.Contains(err.Error(), "m.yaml:1: allowed_hosts: expected") {
			t.Errorf("Load of %q = %v; want an error that says what was expected", bad, err)
		}
	}
}

func TestEveryOriginNeedsKeys(t *testing.T) {
	c := config.Default()
	c.CORSOrigins = []string{"https://app.example.org"}
	if err := c.CheckOrigins(false); err != nil {
		t.Errorf("CheckOrigins with a named origin: %v; want none", err)
	}
	c.CORSOrigins = append(c.CORSOrigins, "*")
	if err := c.CheckOrigins(true); err != nil {
		t.Errorf("CheckOrigins with * and keys: %v; want none", err)
	}
	if err := c.CheckOrigins(false); err == nil || !strings.Contains(err.Error(), "cors_origins") {
		t.Errorf("CheckOrigins with * and no keys: %v; want an error", err)
	}
}

func TestAPIKeysStandInTheEnvironmentOnly(t *testing.T) {
	got, err := config.Load(config.Sources{
		Environ: []string{"MEMISTA_API_KEY= one,two\n three "},
		Flags:   map[string]string{"api-key": "from the command line"},
	})
	if diff := cmp.Diff([]string{"one", "two", "three"}, got.APIKeys()); err != nil || diff != "" {
		t.Errorf("APIKeys: %v (-want +got):\n%s", err, diff)
	}
	if strings.Contains(config.YAML(), "api_key") {
		t.Error("the file of all settings has the secret one")
	}
}

func TestSizesComeBackAsWritten(t *testing.T) {
	all := config.Settings()
	budget := all[slices.IndexFunc(all, func(s config.Setting) bool { return s.Key == "memory_budget" })]
	for text, want := range map[string]int64{
		"0": 0, "1000": 1000, "1KiB": 1 << 10, "4MiB": 4 << 20, "3GiB": 3 << 30, "1537B": 1537, " 2 MiB ": 2 << 20,
	} {
		var c, again config.Config
		z := budget.In(&c)
		if err := z.Set(text); err != nil || c.Data.Lifecycle.MemoryBudget != want {
			t.Errorf("Set(%q) = %d, %v; want %d", text, c.Data.Lifecycle.MemoryBudget, err, want)
		}
		if err := budget.In(&again).Set(z.String()); err != nil || again.Data.Lifecycle.MemoryBudget != want {
			t.Errorf("Set(%q) = %d, %v; want %d", z.String(), again.Data.Lifecycle.MemoryBudget, err, want)
		}
	}
}

func TestEachSettingHasAPlaceOfItsOwn(t *testing.T) {
	other := map[string]string{"int": "7", "size": "7", "bool": "true", "duration": "7s", "string": "x", "list": "x", "secret": "x"}
	before := config.Default()
	for _, s := range config.Settings() {
		c := config.Default()
		value := other[s.In(&c).Type()]
		if value == s.In(&c).String() {
			value = "false" // it is a toggle that is on
		}
		if err := s.In(&c).Set(value); err != nil {
			t.Fatalf("%s: %v", s.Key, err)
		}
		for _, o := range config.Settings() {
			if same := o.In(&c).String() == o.In(&before).String(); same == (o.Key == s.Key) {
				t.Errorf("setting %s: %s is %s, and was %s", s.Key, o.Key, o.In(&c), o.In(&before))
			}
		}
	}
}

// TestNoneIsToldFromTheDefault is about parts that take 0 for their default.
func TestNoneIsToldFromTheDefault(t *testing.T) {
	c, err := config.Load(config.Sources{Environ: []string{"MEMISTA_QUEUE=0", "MEMISTA_COMPRESS_ABOVE=0"}})
	if err != nil || c.Web.Limits.Queue != -1 || c.Web.CompressAbove != -1 {
		t.Errorf("Load = queue %d, compress_above %d, %v; want -1, which is none", c.Web.Limits.Queue, c.Web.CompressAbove, err)
	}
	for _, s := range config.Settings() {
		if (s.Key == "queue" || s.Key == "compress_above") && s.In(&c).String() != "0" {
			t.Errorf("%s is written as %s; want 0", s.Key, s.In(&c))
		}
	}
	if _, err := config.Load(config.Sources{Environ: []string{"MEMISTA_QUEUE=-1"}}); err == nil || !strings.Contains(err.Error(), "must be between 0 and") {
		t.Errorf("Load with queue -1 = %v; want it refused", err)
	}
}

func TestAddressesOfWatchers(t *testing.T) {
	for env, want := range map[string]string{
		"MEMISTA_PPROF_ADDRESS=127.0.0.1:6060":        "",
		"MEMISTA_PPROF_ADDRESS=[::1]:0":               "",
		"MEMISTA_PPROF_ADDRESS=localhost:1":           "",
		"MEMISTA_PPROF_ADDRESS=0.0.0.0:6060":          "pprof_address",
		"MEMISTA_PPROF_ADDRESS=:6060":                 "pprof_address",
		"MEMISTA_PPROF_ADDRESS=example.org:6060":      "pprof_address",
		"MEMISTA_PPROF_ADDRESS=127.0.0.1":             "pprof_address",
		"MEMISTA_OTLP_ENDPOINT=http://127.0.0.1:4318": "",
		"MEMISTA_OTLP_ENDPOINT=127.0.0.1:4318":        "otlp_endpoint",
		"MEMISTA_OTLP_ENDPOINT=ftp://x":               "otlp_endpoint",
		"MEMISTA_SLOW_QUERY=0s":                       "",
		"MEMISTA_SLOW_QUERY=-1s":                      "slow_query",
	} {
		_, err := config.Load(config.Sources{Environ: []string{env}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Load(%s) = %v; want an error that names %q", env, err, want)
		}
	}
}

func TestOTLPHeaders(t *testing.T) {
	for text, want := range map[string]http.Header{
		"":                               {},
		" ":                              {},
		"api-key=secret":                 {"Api-Key": {"secret"}},
		"a=1, B = x%20y%2Cz%3D ,a=2,c=":  {"A": {"1", "2"}, "B": {"x y,z="}, "C": {""}},
		"authorization=Basic%20dXNlcg==": {"Authorization": {"Basic dXNlcg=="}},
	} {
		got, err := config.Config{OTLPHeaders: text}.OTLPHeader()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("OTLPHeader of %q: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, bad := range []string{"secret", "a=1,", "=secret", "a b=secret", "a=secret%0d%0ab: c", "a=secret%00", "a=secret%zz", "a=1,secret", "é=secret"} {
		_, err := config.Load(config.Sources{Environ: []string{"MEMISTA_OTLP_HEADERS=" + bad}})
		if err == nil || !strings.Contains(err.Error(), "otlp_headers: entry") || strings.Contains(err.Error(), "secret") {
			t.Errorf("Load with headers %q = %v; want them refused, and not told", bad, err)
		}
	}
	if _, err := config.Load(config.Sources{File: write(t, "m.yaml", "otlp_headers: a=b\n")}); err == nil || !strings.Contains(err.Error(), "secret") {
		t.Errorf("headers in the file: %v; want them refused", err)
	}
}

func TestHints(t *testing.T) {
	for _, tt := range []struct {
		env  []string
		want int
	}{
		{nil, 0},
		{[]string{"DATABASE_URL=sqlite://m.db"}, 1},
		{[]string{"DATABASE_URL="}, 0},
		{[]string{"DATABASE_URL=sqlite://m.db", "DATABASE_PATH=m.db"}, 0},
	} {
		inFile := write(t, ".env", strings.Join(tt.env, "\n"))
		for _, src := range []config.Sources{{Environ: tt.env}, {DotEnv: inFile}} {
			got, err := config.Hints(src)
			if err != nil || len(got) != tt.want || tt.want > 0 && !strings.Contains(got[0], "DATABASE_PATH") {
				t.Errorf("Hints(%v) = %q, %v; want %d that name DATABASE_PATH", tt.env, got, err, tt.want)
			}
			if _, err := config.Load(src); err != nil {
				t.Errorf("Load(%v) = %v; want none", tt.env, err)
			}
		}
	}
}
