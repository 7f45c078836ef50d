package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Config is every setting of the binary. Default returns it with nothing configured.
type Config struct {
	DatabasePath string        // the SQLite file; index files lie beside it
	Durability   string        // Full or Normal
	SecureDelete bool          // overwrite what is deleted
	Engine       string        // of databases that name none; "" is the build's default
	MemoryBudget Size          // bytes of vectors and graphs; 0: no bound
	IdleClose    time.Duration // of databases; 0: never
	TailBytes    Size          // bytes of vectors that wait for the graph of their database

	ServerHost      string
	ServerPort      int
	Insecure        bool     // serve on other addresses than loopback without keys
	AllowedHosts    []string // names the server is called by, besides loopback ones; checked without keys
	CORSOrigins     []string // origins whose pages may call the server
	KeysFile        string   // of API keys; "" is DefaultKeysFile, where it exists
	APIKey          string   // keys that may do everything, see APIKeys
	TLSCert, TLSKey string   // files in PEM; both or none
	OriginalScores  bool     // the original routes send distances as scores
	ShutdownTimeout time.Duration

	LogLevel  string
	LogFormat string

	SlowQuery    time.Duration // searches that take longer are explained in the log; 0: never
	PprofAddress string        // host:port of profiles, on loopback; "": none
	OTLPEndpoint string        // base URL that traces are sent to; "": none
	OTLPHeaders  string        // that go with them, see OTLPHeader

	MaxInsertBody Size // bytes of an insert's body
	MaxBody       Size // bytes of any other body
	MaxDims       int
	MaxResults    int
	MaxChunks     int
	MaxQueries    int
	MaxHits       int // of all queries in one search
	MaxEf         int
	MaxFilter     int  // comparisons and values in one filter
	MaxAnswer     Size // bytes of one answer
	CompressAbove Size // bytes past which an answer may be compressed; 0: never
	MaxDatabases  int  // 0: no bound

	Searches    int // requests of a kind under way at once
	Writes      int
	AdminCalls  int
	Queue       int // requests of a kind that wait besides; 0: none
	QueueWait   time.Duration
	BodyMemory  Size // bytes of all bodies held at once
	Connections int

	HeaderTimeout time.Duration // for the headers of a request
	BodyTimeout   time.Duration // for its body, and a second more for each MinBodyRate bytes
	MinBodyRate   Size
	WriteTimeout  time.Duration // from the headers to the end of the answer
	IdleTimeout   time.Duration // between two requests of a connection
}

// Full and Normal are the values of Durability.
const (
	Full   = "full"   // an acknowledged change has reached the disk
	Normal = "normal" // it survives a crash of the process, not one of the machine
)

// Default returns the settings where nothing is configured.
func Default() Config {
	return Config{
		DatabasePath:    "memista.db",
		Durability:      Full,
		IdleClose:       10 * time.Minute,
		TailBytes:       256 << 20,
		ServerHost:      "127.0.0.1",
		ServerPort:      8083,
		ShutdownTimeout: 15 * time.Second,
		LogLevel:        "info",
		LogFormat:       "json",
		SlowQuery:       time.Second,
		MaxInsertBody:   32 << 20,
		MaxBody:         4 << 20,
		MaxDims:         domain.MaxDims,
		MaxResults:      10_000,
		MaxChunks:       100_000,
		MaxQueries:      10_000,
		MaxHits:         100_000,
		MaxEf:           100_000,
		MaxFilter:       domain.MaxFilterSize,
		MaxAnswer:       128 << 20,
		CompressAbove:   16 << 10,
		MaxDatabases:    10_000,
		Searches:        64,
		Writes:          64,
		AdminCalls:      16,
		Queue:           256,
		QueueWait:       time.Second,
		BodyMemory:      256 << 20,
		Connections:     4096,
		HeaderTimeout:   5 * time.Second,
		BodyTimeout:     15 * time.Second,
		MinBodyRate:     16 << 10,
		WriteTimeout:    5 * time.Minute,
		IdleTimeout:     2 * time.Minute,
	}
}

// Address returns where the server listens, as host:port.
func (c Config) Address() string {
	return net.JoinHostPort(c.ServerHost, strconv.Itoa(c.ServerPort))
}

// Check reports every setting that cannot be used, all in one error.
func (c Config) Check() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if strings.TrimSpace(c.DatabasePath) == "" {
		bad("database_path", "cannot be empty")
	}
	oneOf := func(key, got string, allowed ...string) {
		for _, a := range allowed {
			if got == a {
				return
			}
		}
		bad(key, "unknown value %q, use one of %s", got, strings.Join(allowed, ", "))
	}
	oneOf("durability", c.Durability, Full, Normal)
	oneOf("log_level", c.LogLevel, "debug", "info", "warn", "error")
	oneOf("log_format", c.LogFormat, "json", "console")
	c.checkServing(bad)
	between := func(key string, got, low, high int64) {
		if got < low || got > high {
			bad(key, "must be between %d and %d, got %d", low, high, got)
		}
	}
	between("memory_budget", int64(c.MemoryBudget), 0, math.MaxInt64)
	between("tail_bytes", int64(c.TailBytes), 1<<20, math.MaxInt64)
	if c.IdleClose < 0 {
		bad("idle_close", "must be 0 or longer, got %v", c.IdleClose)
	}
	between("server_port", int64(c.ServerPort), 0, 65535)
	between("max_insert_body", int64(c.MaxInsertBody), 1<<10, 4<<30)
	between("max_body", int64(c.MaxBody), 1<<10, 4<<30)
	between("max_dims", int64(c.MaxDims), 1, domain.MaxDims)
	between("max_results", int64(c.MaxResults), 1, 1_000_000)
	between("max_chunks", int64(c.MaxChunks), 1, 10_000_000)
	between("max_queries", int64(c.MaxQueries), 1, 1_000_000)
	between("max_hits", int64(c.MaxHits), 1, 100_000_000)
	between("max_ef", int64(c.MaxEf), 1, 1_000_000)
	between("max_filter", int64(c.MaxFilter), 1, domain.MaxFilterSize)
	between("max_answer", int64(c.MaxAnswer), 1<<20, 4<<30)
	between("max_databases", int64(c.MaxDatabases), 0, math.MaxInt32)
	between("max_searches", int64(c.Searches), 1, 1_000_000)
	between("max_writes", int64(c.Writes), 1, 1_000_000)
	between("max_admin", int64(c.AdminCalls), 1, 1_000_000)
	between("queue", int64(c.Queue), 0, 1_000_000)
	between("body_memory", int64(c.BodyMemory), 1<<20, math.MaxInt64)
	between("max_connections", int64(c.Connections), 1, math.MaxInt32)
	between("min_body_rate", int64(c.MinBodyRate), 1, 1<<40)
	longer := func(key string, d time.Duration) {
		if d <= 0 {
			bad(key, "must be longer than 0, got %v", d)
		}
	}
	longer("shutdown_timeout", c.ShutdownTimeout)
	longer("queue_wait", c.QueueWait)
	longer("header_timeout", c.HeaderTimeout)
	longer("body_timeout", c.BodyTimeout)
	longer("write_timeout", c.WriteTimeout)
	longer("idle_timeout", c.IdleTimeout)
	return errors.Join(errs...)
}

// checkServing checks what has to do with certificates and with watching over the server.
func (c Config) checkServing(bad func(key, format string, args ...any)) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad("tls_cert", "tls_cert and tls_key are needed together")
	}
	if c.CompressAbove > 1<<30 {
		bad("compress_above", "must be at most 1GiB")
	}
	if c.SlowQuery < 0 {
		bad("slow_query", "must be 0 or longer, got %v", c.SlowQuery)
	}
	if host, _, err := net.SplitHostPort(c.PprofAddress); c.PprofAddress != "" && (err != nil || !isLoopback(host)) {
		bad("pprof_address", "must be a loopback address and a port, such as 127.0.0.1:6060, for profiles tell what is in memory; got %q", c.PprofAddress)
	}
	if u, err := url.Parse(c.OTLPEndpoint); c.OTLPEndpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		bad("otlp_endpoint", "must be a URL such as http://127.0.0.1:4318")
	}
	if _, err := c.OTLPHeader(); err != nil {
		bad("otlp_headers", "%v", err)
	}
}

// CheckExposure refuses to serve on an address that other machines reach where nobody is
// asked for a key, unless insecure says that this is meant.
func (c Config) CheckExposure(keys bool) error {
	if keys || c.Insecure || c.Loopback() {
		return nil
	}
	return fmt.Errorf("server_host %q can be reached from other machines and every caller may read and drop everything: "+
		"make an API key (memista keys create), use 127.0.0.1, or set insecure (--insecure, MEMISTA_INSECURE=true) "+
		"if something in front of memista decides who may call", c.ServerHost)
}

// CheckOrigins refuses to let the pages of every origin call a server that asks nobody for
// a key: any page that a user visits could then read and drop everything.
func (c Config) CheckOrigins(keys bool) error {
	if !keys && slices.Contains(c.CORSOrigins, "*") {
		return errors.New("cors_origins: * would let every page in the browser of anybody who reaches the server read and drop everything: " +
			"name the origins, or make an API key (memista keys create)")
	}
	return nil
}

// Loopback reports whether only this machine reaches the server.
func (c Config) Loopback() bool { return isLoopback(c.ServerHost) }

// DefaultKeysFile is where keys are kept if nothing else is said: beside the data file.
func (c Config) DefaultKeysFile() string { return c.DatabasePath + ".keys" }

// APIKeys splits APIKey at commas and blanks: two keys are valid while one takes over
// from the other.
func (c Config) APIKeys() []string { return split(c.APIKey) }

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
