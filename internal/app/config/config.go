package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/compose/cluster"
)

// Config is every setting of the binary. Where a part has options, its settings stand in
// them; what no setting says is left for the caller. Default returns it with nothing
// configured.
type Config struct {
	Data    compose.Config
	Cluster cluster.Config
	Web     web.Options
	Server  web.ServerOptions // the time for a body is that of Web.Limits
	API     httpapi.Options
	Agents  mcp.Options // of the Model Context Protocol, over HTTP and on stdio

	ServerHost      string
	ServerPort      int
	Insecure        bool     // serve on other addresses than loopback without keys
	AllowedHosts    []string // names the server is called by, besides loopback ones; checked without keys
	CORSOrigins     []string // origins whose pages may call the server
	KeysFile        string   // of API keys; "" is DefaultKeysFile, where it exists
	APIKey          string   // keys that may do everything, see APIKeys
	TLSCert, TLSKey string   // files in PEM; both or none
	ShutdownTimeout time.Duration
	MCP             bool // serve the Model Context Protocol
	Console         bool // serve the console
	// Qdrant and Chroma serve the APIs of these two, and the ports are further ones to listen
	// on; 0: none.
	Qdrant, Chroma         bool
	QdrantPort, ChromaPort int
	// ChromaReset lets Chroma's API drop all databases at once.
	ChromaReset bool

	LogLevel     string
	LogFormat    string
	PprofAddress string // host:port of profiles, on loopback; "": none
	OTLPEndpoint string // base URL that traces are sent to; "": none
	OTLPHeaders  string // that go with them, see OTLPHeader
}

// Default returns the settings where nothing is configured.
func Default() Config {
	c := Config{Data: compose.Config{FullTextHelp: compose.MakeFullText}}
	for _, s := range Settings() {
		s.In(&c).reset()
	}
	return c
}

// Address returns where the server listens, as host:port.
func (c Config) Address() string {
	return net.JoinHostPort(c.ServerHost, strconv.Itoa(c.ServerPort))
}

// Also returns the further addresses where the server listens, as host:port.
func (c Config) Also() []string {
	var also []string
	if c.Qdrant && c.QdrantPort > 0 {
		also = append(also, net.JoinHostPort(c.ServerHost, strconv.Itoa(c.QdrantPort)))
	}
	if c.Chroma && c.ChromaPort > 0 {
		also = append(also, net.JoinHostPort(c.ServerHost, strconv.Itoa(c.ChromaPort)))
	}
	return also
}

// Check reports every setting that cannot be used, all in one error.
func (c Config) Check() error {
	var errs []error
	for _, s := range Settings() {
		if err := s.In(&c).check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Key, err))
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("tls_cert: tls_cert and tls_key are needed together"))
	}
	if n := len(c.Cluster.GRPC); n > 0 && n != len(c.Cluster.Addresses) {
		errs = append(errs, fmt.Errorf("cluster_grpc: there are %d addresses, and %d in cluster: each node has one of both, in the same order", n, len(c.Cluster.Addresses)))
	}
	return errors.Join(errs...)
}

// checkProfiles checks the address on which profiles are served.
func checkProfiles(address string) error {
	if host, _, err := net.SplitHostPort(address); address != "" && (err != nil || !isLoopback(host)) {
		return fmt.Errorf("must be a loopback address and a port, such as 127.0.0.1:6060, for profiles tell what is in memory; got %q", address)
	}
	return nil
}

// checkCollector checks the URL that traces are sent to.
func checkCollector(base string) error {
	if u, err := url.Parse(base); base != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return errors.New("must be a URL such as http://127.0.0.1:4318")
	}
	return nil
}

// checkServer checks the base address of a provider of embeddings.
func checkServer(base string) error {
	u, err := url.Parse(base)
	switch {
	case base == "":
		return nil
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("must be a URL such as http://127.0.0.1:11434")
	case u.User != nil:
		return errors.New("must be a URL without a name and password")
	}
	return nil
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
func (c Config) DefaultKeysFile() string { return c.Data.Path + ".keys" }

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
