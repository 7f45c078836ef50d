package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Setting is one setting: its names, what it is for, and how to read and write it.
type Setting struct {
	Key  string // in the configuration file
	Env  string // in the environment and in .env
	Doc  string // one sentence
	bind func(*Config) Value
}

// Group is settings that belong together.
type Group struct {
	Name     string
	Settings []Setting
}

// Groups returns all settings, in groups and in the order in which they are documented.
func Groups() []Group {
	return []Group{{"Data", dataSettings()}, {"Server", serverSettings()}, {"Logs, profiles and traces", watchSettings()}, {"Limits", limitSettings()}}
}

// Value is a setting inside a Config; setting it changes the Config. It has the methods
// of a command-line flag.
type Value interface {
	Set(text string) error
	String() string
	Type() string
}

// Flag returns the name of the setting's flag, without the dashes.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, "_", "-") }

// Secret reports whether the setting may stand in the environment and in .env only:
// command lines are seen by everybody on a machine, and files of settings are shared.
func (s Setting) Secret() bool {
	_, ok := s.In(&Config{}).(*secret)
	return ok
}

// takesList reports whether the setting has several values.
func (s Setting) takesList() bool {
	_, ok := s.In(&Config{}).(*list)
	return ok
}

// In returns the setting's value inside c.
func (s Setting) In(c *Config) Value { return s.bind(c) }

// Settings lists all settings in the order in which they are documented. Their names in
// the environment start with MEMISTA_, but for the four that the original memista read.
func Settings() []Setting {
	var all []Setting
	for _, g := range Groups() {
		all = append(all, g.Settings...)
	}
	return all
}

// dataSettings say where data is kept, and how.
func dataSettings() []Setting {
	return []Setting{
		{"database_path", "DATABASE_PATH", "SQLite file that holds everything; index files lie beside it.",
			func(c *Config) Value { return (*text)(&c.DatabasePath) }},
		{"durability", "MEMISTA_DURABILITY", "full: an acknowledged change has reached the disk; normal: it survives a crash of the process, not one of the machine.",
			func(c *Config) Value { return (*text)(&c.Durability) }},
		{"secure_delete", "MEMISTA_SECURE_DELETE", "Overwrite deleted text, metadata and vectors with zeros in the SQLite file; deletes cost more writing.",
			func(c *Config) Value { return (*toggle)(&c.SecureDelete) }},
		{"engine", "MEMISTA_ENGINE", "Engine of databases that name none; empty is the build's default, memista version lists the others.",
			func(c *Config) Value { return (*text)(&c.Engine) }},
		{"memory_budget", "MEMISTA_MEMORY_BUDGET", "Memory for what open databases keep (vectors, graphs, filters, rows found lately), past which those used longest ago are closed; 0 is no bound.",
			func(c *Config) Value { return &c.MemoryBudget }},
		{"idle_close", "MEMISTA_IDLE_CLOSE", "After how long without use a database is closed, to be opened again at its next use; 0 is never.",
			func(c *Config) Value { return (*duration)(&c.IdleClose) }},
		{"tail_bytes", "MEMISTA_TAIL_BYTES", "Vectors of a database that wait for its graph, past which inserts wait too.",
			func(c *Config) Value { return &c.TailBytes }},
	}
}

// serverSettings say how it is served.
func serverSettings() []Setting {
	return []Setting{
		{"server_host", "SERVER_HOST", "Address to listen on; any other than loopback needs API keys, or insecure.",
			func(c *Config) Value { return (*text)(&c.ServerHost) }},
		{"server_port", "SERVER_PORT", "Port to listen on; 0 takes a free one.",
			func(c *Config) Value { return (*number)(&c.ServerPort) }},
		{"insecure", "MEMISTA_INSECURE", "Serve on addresses that other machines reach without asking callers for a key.",
			func(c *Config) Value { return (*toggle)(&c.Insecure) }},
		{"allowed_hosts", "MEMISTA_ALLOWED_HOSTS", "Host names, separated by commas and without ports, that requests may name the server by besides localhost and IP addresses of its own; * is any. Without effect where callers need API keys.",
			func(c *Config) Value { return (*list)(&c.AllowedHosts) }},
		{"cors_origins", "MEMISTA_CORS_ORIGINS", "Origins, such as https://app.example.org, separated by commas, whose pages may call the server from a browser; * is any, and needs API keys.",
			func(c *Config) Value { return (*list)(&c.CORSOrigins) }},
		{"keys_file", "MEMISTA_KEYS_FILE", "File of API keys, see memista keys; empty is the data file's name with .keys behind it, in force where it exists.",
			func(c *Config) Value { return (*text)(&c.KeysFile) }},
		{"api_key", "MEMISTA_API_KEY", "API key that may do everything, or several separated by commas; commands with --server send the first. In the environment only.",
			func(c *Config) Value { return (*secret)(&c.APIKey) }},
		{"tls_cert", "MEMISTA_TLS_CERT", "File with the certificate chain in PEM; with tls_key the server speaks HTTPS, and reads both again when they change.",
			func(c *Config) Value { return (*text)(&c.TLSCert) }},
		{"tls_key", "MEMISTA_TLS_KEY", "File with the private key of the certificate in PEM.",
			func(c *Config) Value { return (*text)(&c.TLSKey) }},
		{"original_scores", "MEMISTA_ORIGINAL_SCORES", "Send the distance under the name score on the three original routes, as the original memista did.",
			func(c *Config) Value { return (*toggle)(&c.OriginalScores) }},
		{"shutdown_timeout", "MEMISTA_SHUTDOWN_TIMEOUT", "How long requests in flight may take to finish after SIGTERM.",
			func(c *Config) Value { return (*duration)(&c.ShutdownTimeout) }},
	}
}

// watchSettings say what it tells of its work.
func watchSettings() []Setting {
	return []Setting{
		{"log_level", "LOG_LEVEL", "debug, info, warn or error; requests are logged at info.",
			func(c *Config) Value { return (*lower)(&c.LogLevel) }},
		{"log_format", "MEMISTA_LOG_FORMAT", "json or console.",
			func(c *Config) Value { return (*lower)(&c.LogFormat) }},
		{"slow_query", "MEMISTA_SLOW_QUERY", "A search that takes longer is explained in the log; 0 is never.",
			func(c *Config) Value { return (*duration)(&c.SlowQuery) }},
		{"pprof_address", "MEMISTA_PPROF_ADDRESS", "Loopback address, such as 127.0.0.1:6060, to serve profiles of the program on; empty is none.",
			func(c *Config) Value { return (*text)(&c.PprofAddress) }},
		{"otlp_endpoint", "MEMISTA_OTLP_ENDPOINT", "Base URL of an OpenTelemetry collector, such as http://127.0.0.1:4318, to send traces to over OTLP/HTTP; empty is none.",
			func(c *Config) Value { return (*text)(&c.OTLPEndpoint) }},
		{"otlp_headers", "MEMISTA_OTLP_HEADERS", "Headers that go with them, such as api-key=secret,x-tenant=a with values percent-encoded. In the environment only.",
			func(c *Config) Value { return (*secret)(&c.OTLPHeaders) }},
	}
}

// limitSettings say how much may be asked.
func limitSettings() []Setting {
	return []Setting{
		{"max_insert_body", "MEMISTA_MAX_INSERT_BODY", "Largest body of an insert.",
			func(c *Config) Value { return &c.MaxInsertBody }},
		{"max_body", "MEMISTA_MAX_BODY", "Largest body of any request but an insert.",
			func(c *Config) Value { return &c.MaxBody }},
		{"max_dims", "MEMISTA_MAX_DIMS", "Most components an embedding may have.",
			func(c *Config) Value { return (*number)(&c.MaxDims) }},
		{"max_results", "MEMISTA_MAX_RESULTS", "Most hits one query may ask for.",
			func(c *Config) Value { return (*number)(&c.MaxResults) }},
		{"max_chunks", "MEMISTA_MAX_CHUNKS", "Most chunks in one insert.",
			func(c *Config) Value { return (*number)(&c.MaxChunks) }},
		{"max_queries", "MEMISTA_MAX_QUERIES", "Most queries in one search.",
			func(c *Config) Value { return (*number)(&c.MaxQueries) }},
		{"max_hits", "MEMISTA_MAX_HITS", "Most hits that all queries of one search may ask for together.",
			func(c *Config) Value { return (*number)(&c.MaxHits) }},
		{"max_ef", "MEMISTA_MAX_EF", "Widest beam a query may ask for.",
			func(c *Config) Value { return (*number)(&c.MaxEf) }},
		{"max_filter", "MEMISTA_MAX_FILTER", "Most comparisons and values in one filter.",
			func(c *Config) Value { return (*number)(&c.MaxFilter) }},
		{"max_answer", "MEMISTA_MAX_ANSWER", "Largest answer to a search or a listing: texts, metadata and embeddings, as they are stored and as JSON.",
			func(c *Config) Value { return &c.MaxAnswer }},
		{"compress_above", "MEMISTA_COMPRESS_ABOVE", "Answers larger than this are compressed, zstd or gzip, for callers whose Accept-Encoding takes it; 0 is never.",
			func(c *Config) Value { return &c.CompressAbove }},
		{"max_databases", "MEMISTA_MAX_DATABASES", "Most databases there may be; 0 is no bound.",
			func(c *Config) Value { return (*number)(&c.MaxDatabases) }},
		{"max_searches", "MEMISTA_MAX_SEARCHES", "Most requests that read and are worked on at once; others wait in the queue.",
			func(c *Config) Value { return (*number)(&c.Searches) }},
		{"max_writes", "MEMISTA_MAX_WRITES", "Most requests that write and are worked on at once; others wait in the queue.",
			func(c *Config) Value { return (*number)(&c.Writes) }},
		{"max_admin", "MEMISTA_MAX_ADMIN", "Most requests that administer, such as drops and backups, and are worked on at once; others wait in the queue.",
			func(c *Config) Value { return (*number)(&c.AdminCalls) }},
		{"queue", "MEMISTA_QUEUE", "Most requests that wait, of each kind (reads, writes, administration); more are answered 429 at once.",
			func(c *Config) Value { return (*number)(&c.Queue) }},
		{"queue_wait", "MEMISTA_QUEUE_WAIT", "How long requests wait in the queue before they are answered 429.",
			func(c *Config) Value { return (*duration)(&c.QueueWait) }},
		{"body_memory", "MEMISTA_BODY_MEMORY", "Most memory for the bodies of all requests under way; more are answered 429.",
			func(c *Config) Value { return &c.BodyMemory }},
		{"max_connections", "MEMISTA_MAX_CONNECTIONS", "Most open connections; a new one takes the place of the one that has waited longest for a request.",
			func(c *Config) Value { return (*number)(&c.Connections) }},
		{"header_timeout", "MEMISTA_HEADER_TIMEOUT", "How long the headers of a request may take.",
			func(c *Config) Value { return (*duration)(&c.HeaderTimeout) }},
		{"body_timeout", "MEMISTA_BODY_TIMEOUT", "How long a body may take, and a second more for each min_body_rate of it that has come.",
			func(c *Config) Value { return (*duration)(&c.BodyTimeout) }},
		{"min_body_rate", "MEMISTA_MIN_BODY_RATE", "Slowest rate per second at which a body may come once body_timeout is over.",
			func(c *Config) Value { return &c.MinBodyRate }},
		{"write_timeout", "MEMISTA_WRITE_TIMEOUT", "How long a request may take from the end of its headers to the end of the answer.",
			func(c *Config) Value { return (*duration)(&c.WriteTimeout) }},
		{"idle_timeout", "MEMISTA_IDLE_TIMEOUT", "How long a connection may wait for the next request.",
			func(c *Config) Value { return (*duration)(&c.IdleTimeout) }},
	}
}

type text string

func (t *text) Set(s string) error { *t = text(s); return nil }
func (t *text) String() string     { return string(*t) }
func (t *text) Type() string       { return "string" }

// secret is a text that is not for everybody's eyes.
type secret string

func (s *secret) Set(text string) error { *s = secret(text); return nil }
func (s *secret) String() string        { return string(*s) }
func (s *secret) Type() string          { return "secret" }

// lower is a word that may be written in any case.
type lower string

func (l *lower) Set(s string) error { *l = lower(strings.ToLower(s)); return nil }
func (l *lower) String() string     { return string(*l) }
func (l *lower) Type() string       { return "string" }

// list is several words separated by commas or blanks.
type list []string

func (l *list) Set(s string) error { *l = split(s); return nil }
func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Type() string       { return "list" }

// split returns the words of s, nil if there are none.
func split(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if len(words) == 0 {
		return nil
	}
	return words
}

type number int

func (n *number) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", s)
	}
	*n = number(v)
	return nil
}
func (n *number) String() string { return strconv.Itoa(int(*n)) }
func (n *number) Type() string   { return "int" }

type toggle bool

func (t *toggle) Set(s string) error {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*t = toggle(v)
	return nil
}
func (t *toggle) String() string { return strconv.FormatBool(bool(*t)) }
func (t *toggle) Type() string   { return "bool" }

// IsBoolFlag lets the flag stand alone for true.
func (t *toggle) IsBoolFlag() bool { return true }

type duration time.Duration

func (d *duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 15s or 1m30s", s)
	}
	*d = duration(v)
	return nil
}
func (d *duration) String() string { return time.Duration(*d).String() }
func (d *duration) Type() string   { return "duration" }

// Size is a number of bytes, written with or without a unit: 4MiB, 512KiB, 1000.
type Size int64

var units = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// Set reads a size.
func (z *Size) Set(s string) error {
	number, factor := strings.TrimSpace(s), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 0 || v > (1<<62)/factor {
		return fmt.Errorf("%q is not a size such as 4MiB, 512KiB or 1000", s)
	}
	*z = Size(v * factor)
	return nil
}

// String writes the size with the largest unit that loses nothing.
func (z *Size) String() string {
	for _, u := range units {
		if v := int64(*z); v != 0 && v%u.bytes == 0 && u.bytes > 1 {
			return strconv.FormatInt(v/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*z), 10)
}

// Type names the kind of value in the help.
func (z *Size) Type() string { return "size" }
