package config

import (
	"math"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// Setting is one setting: its names, what it is for, and the value that it sets.
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
	return []Group{{"Data", dataSettings()}, {"Cluster", clusterSettings()}, {"Embeddings of texts", embedSettings()}, {"Reranking", rerankSettings()}, {"Server", serverSettings()}, {"Logs, profiles and traces", watchSettings()}, {"Limits", limitSettings()}}
}

// Settings lists all settings in the order in which they are documented.
func Settings() []Setting {
	var all []Setting
	for _, g := range Groups() {
		all = append(all, g.Settings...)
	}
	return all
}

// setting returns a setting whose name in the environment is made of its key.
func setting(key, doc string, bind func(*Config) Value) Setting {
	return Setting{key, prefix + strings.ToUpper(key), doc, bind}
}

// called returns s with the name in the environment that the original memista read.
func (s Setting) called(env string) Setting {
	s.Env = env
	return s
}

// Flag returns the name of the setting's flag, without the dashes.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, "_", "-") }

// Secret reports whether the setting may stand in the environment and in .env only:
// command lines are seen by everybody on a machine, and files of settings are shared.
func (s Setting) Secret() bool {
	_, ok := s.In(&Config{}).(secret)
	return ok
}

// takesList reports whether the setting has several values.
func (s Setting) takesList() bool {
	_, ok := s.In(&Config{}).(list)
	return ok
}

// In returns the setting's value inside c.
func (s Setting) In(c *Config) Value { return s.bind(c) }

// dataSettings say where data is kept, and how.
func dataSettings() []Setting {
	return []Setting{
		setting("database_path", "SQLite file that holds everything; index files lie beside it.",
			func(c *Config) Value { return filled(&c.Data.Path, "memista.db") }).called("DATABASE_PATH"),
		setting("durability", "full: an acknowledged change has reached the disk; normal: it survives a crash of the process, not one of the machine.",
			func(c *Config) Value { return word(&c.Data.Durability, "full", "full", "normal") }),
		setting("secure_delete", "Overwrite deleted text, metadata and vectors with zeros in the SQLite file; deletes cost more writing.",
			func(c *Config) Value { return toggle{&c.Data.SecureDelete} }),
		setting("engine", "Engine of databases that name none; empty is the build's default, memista version lists the others.",
			func(c *Config) Value { return text{at: &c.Data.Engine} }),
		setting("memory_budget", "Memory for open databases (vectors, graphs, filters, rows), past which those used longest ago close; 0 is no bound.",
			func(c *Config) Value { return size(&c.Data.Lifecycle.MemoryBudget, 0, 0, math.MaxInt64) }),
		setting("idle_close", "After how long without use a database is closed, to be opened again at its next use; 0 is never.",
			func(c *Config) Value { return duration{&c.Data.Lifecycle.IdleClose, 10 * time.Minute, 0} }),
		setting("tail_bytes", "Vectors of a database that wait for its graph, past which inserts wait too.",
			func(c *Config) Value { return size(&c.Data.Tail.MaxBytes, 256<<20, 1<<20, math.MaxInt64) }),
	}
}

// clusterSettings say which cluster keeps the chunks, if one does.
func clusterSettings() []Setting {
	return []Setting{
		setting("cluster", "Nodes of a cluster of Weaviate, host:port of REST separated by commas, that keeps all databases in place of database_path; empty is none.",
			func(c *Config) Value { return list{&c.Cluster.Addresses} }),
		setting("cluster_grpc", "Their addresses of gRPC as host:port, in the same order; empty: port 50051 of the same hosts.",
			func(c *Config) Value { return list{&c.Cluster.GRPC} }),
		setting("cluster_consistency", "How many replicas have stored what is acknowledged: quorum, or all of them.",
			func(c *Config) Value { return word(&c.Cluster.Consistency, "quorum", "quorum", "all") }),
		setting("cluster_replicas", "Copies of what is made from now on; 0 is three, or as many as the cluster has nodes.",
			func(c *Config) Value { return number(&c.Cluster.Replicas, 0, 0, 100) }),
		setting("cluster_api_key", "Key for the cluster, sent there only.",
			func(c *Config) Value { return secret{text{at: &c.Cluster.APIKey}} }),
		setting("cluster_timeout", "How long a call of the cluster may take, with all its tries; 0 is ten seconds.",
			func(c *Config) Value { return duration{&c.Cluster.Timeout, 0, 0} }),
		setting("cluster_lease", "Make writes of chunks with keys, patches and deletes under a lease on their database, which one process at a time has: on_conflict, patches and the API of Chroma need it. The same for all processes of a cluster.",
			func(c *Config) Value { return toggle{&c.Cluster.Lease} }),
		setting("cluster_wait", "Start although the cluster does not answer; /readyz says so until it does.",
			func(c *Config) Value { return toggle{&c.Cluster.Wait} }),
	}
}

// embedSettings say where embeddings of texts come from.
func embedSettings() []Setting {
	return []Setting{
		setting("embedder", "Embedder of databases that name none, as provider/model (static, openai or ollama); empty is none: chunks bring their embeddings.",
			func(c *Config) Value { return checked(&c.Data.Embed.Default, embedder) }),
		setting("models", "Directory with the folders of static models; empty is models beside the data file.",
			func(c *Config) Value { return text{at: &c.Data.Embed.Models} }),
		setting("openai_url", "Base address of a server with the API of OpenAI; embedders of the provider openai ask it.",
			func(c *Config) Value { return checked(&c.Data.Embed.OpenAI, checkServer) }),
		setting("openai_key", "Key for openai_url, sent there only.",
			func(c *Config) Value { return secret{text{at: &c.Data.Embed.OpenAIKey}} }),
		setting("ollama_url", "Base address of Ollama, such as http://127.0.0.1:11434; embedders of the provider ollama ask it.",
			func(c *Config) Value { return checked(&c.Data.Embed.Ollama, checkServer) }),
		setting("embedder_timeout", "How long one call of an embedder may take, before it is tried again; 0 is a minute, and two for Ollama, which may have to load the model.",
			func(c *Config) Value { return duration{&c.Data.Embed.Timeout, 0, 0} }),
		setting("embedding_cache", "Embeddings of texts that are kept in memory, for each model.",
			func(c *Config) Value { return size(&c.Data.Embed.CacheBytes, 16<<20, 0, math.MaxInt64) }),
		setting("embedding_cache_file", "Embeddings of texts that are kept in the data file, so that a text that comes again after a restart is not sent to openai or ollama again; 0 is none. Not together with secure_delete.",
			func(c *Config) Value { return size(&c.Data.Embed.FileBytes, 0, 0, math.MaxInt64) }),
	}
}

// rerankSettings say what ranks the first hits of searches again.
func rerankSettings() []Setting {
	return []Setting{
		setting("rerank_url", "Base address of a server with /rerank, which ranks the first hits again of searches that ask for it; empty is none.",
			func(c *Config) Value { return checked(&c.Data.Rerank.URL, checkServer) }),
		setting("rerank_api", "How it is asked. cohere: as Cohere, Jina, vLLM, Infinity and llama.cpp; tei: as Text Embeddings Inference.",
			func(c *Config) Value { return word(&c.Data.Rerank.API, "cohere", "cohere", "tei") }),
		setting("rerank_model", "Its model; tei needs none.",
			func(c *Config) Value { return text{at: &c.Data.Rerank.Model} }),
		setting("rerank_key", "Key for rerank_url, sent there only.",
			func(c *Config) Value { return secret{text{at: &c.Data.Rerank.Key}} }),
		setting("rerank_timeout", "How long a ranking may take, with all tries and waits; 0 is half a minute.",
			func(c *Config) Value { return duration{&c.Data.Rerank.Timeout, 0, 0} }),
		setting("rerank_concurrency", "Most calls of it that are under way at once; others wait.",
			func(c *Config) Value { return number(&c.Data.Rerank.Concurrency, 4, 1, 1000) }),
	}
}

// embedder checks a name of an embedder.
func embedder(s string) error {
	_, err := domain.ParseEmbedderRef(s)
	return err
}

// serverSettings say how it is served.
func serverSettings() []Setting {
	return []Setting{
		setting("server_host", "Address to listen on; any other than loopback needs API keys, or insecure.",
			func(c *Config) Value { return text{at: &c.ServerHost, initial: "127.0.0.1"} }).called("SERVER_HOST"),
		setting("server_port", "Port to listen on; 0 takes a free one.",
			func(c *Config) Value { return number(&c.ServerPort, 8083, 0, 65535) }).called("SERVER_PORT"),
		setting("insecure", "Serve on addresses that other machines reach without asking callers for a key.",
			func(c *Config) Value { return toggle{&c.Insecure} }),
		setting("allowed_hosts", "Host names, separated by commas and without ports, that requests may name the server by besides localhost and IP addresses of its own; * is any. Without effect where callers need API keys.",
			func(c *Config) Value { return list{&c.AllowedHosts} }),
		setting("cors_origins", "Origins, such as https://app.example.org, separated by commas, whose pages may call the server from a browser; * is any, and needs API keys.",
			func(c *Config) Value { return list{&c.CORSOrigins} }),
		setting("keys_file", "File of API keys, see memista keys; empty is the data file's name with .keys behind it, in force where it exists.",
			func(c *Config) Value { return text{at: &c.KeysFile} }),
		setting("api_key", "API key that may do everything, or several separated by commas; commands with --server send the first. In the environment only.",
			func(c *Config) Value { return secret{text{at: &c.APIKey}} }),
		setting("tls_cert", "File with the certificate chain in PEM; with tls_key the server speaks HTTPS, and reads both again when they change.",
			func(c *Config) Value { return text{at: &c.TLSCert} }),
		setting("tls_key", "File with the private key of the certificate in PEM.",
			func(c *Config) Value { return text{at: &c.TLSKey} }),
		setting("original_scores", "Send the distance under the name score on the three original routes, as the original memista did.",
			func(c *Config) Value { return toggle{&c.API.OriginalScores} }),
		setting("console", "Serve the console at /console: pages to look at databases, to search them and to watch the server.",
			func(c *Config) Value { return enabled{toggle{&c.Console}} }),
		setting("mcp", "Speak the Model Context Protocol to agents at /mcp.",
			func(c *Config) Value { return enabled{toggle{&c.MCP}} }),
		setting("mcp_write", "Let agents write over the Model Context Protocol, with a key that has the scope write where keys are needed.",
			func(c *Config) Value { return toggle{&c.Agents.Write} }),
		setting("qdrant", "Serve the REST API of Qdrant, at /collections and the paths beside it.",
			func(c *Config) Value { return enabled{toggle{&c.Qdrant}} }),
		setting("qdrant_port", "Further port to listen on, usually 6333, for programs that expect Qdrant there; 0 is none.",
			func(c *Config) Value { return number(&c.QdrantPort, 0, 0, 65535) }),
		setting("chroma", "Serve the HTTP API of Chroma, at /api/v2 and /api/v1.",
			func(c *Config) Value { return enabled{toggle{&c.Chroma}} }),
		setting("chroma_port", "Further port to listen on, usually 8000, for programs that expect Chroma there; 0 is none.",
			func(c *Config) Value { return number(&c.ChromaPort, 0, 0, 65535) }),
		setting("chroma_allow_reset", "Let POST /api/v2/reset drop all databases, those of other APIs too, with a key that has the scope admin where keys are needed.",
			func(c *Config) Value { return toggle{&c.ChromaReset} }),
		setting("shutdown_timeout", "How long requests in flight may take to finish after SIGTERM.",
			func(c *Config) Value { return duration{&c.ShutdownTimeout, 15 * time.Second, 1} }),
	}
}

// watchSettings say what it tells of its work.
func watchSettings() []Setting {
	return []Setting{
		setting("log_level", "debug, info, warn or error; info has requests.",
			func(c *Config) Value { return word(&c.LogLevel, "info", "debug", "info", "warn", "error") }).called("LOG_LEVEL"),
		setting("log_format", "json or console.",
			func(c *Config) Value { return word(&c.LogFormat, "json", "json", "console") }),
		setting("slow_query", "A search that takes longer is explained in the log; 0 is never.",
			func(c *Config) Value { return duration{&c.API.SlowQuery, time.Second, 0} }),
		setting("pprof_address", "Loopback address, such as 127.0.0.1:6060, to serve profiles of the program on; empty is none.",
			func(c *Config) Value { return checked(&c.PprofAddress, checkProfiles) }),
		setting("otlp_endpoint", "Base URL of an OpenTelemetry collector, such as http://127.0.0.1:4318, to send traces to over OTLP/HTTP; empty is none.",
			func(c *Config) Value { return checked(&c.OTLPEndpoint, checkCollector) }),
		setting("otlp_headers", "Headers that go with them, such as api-key=secret,x-tenant=a with values percent-encoded. In the environment only.",
			func(c *Config) Value { return secret{checked(&c.OTLPHeaders, checkHeaders)} }),
	}
}

// limitSettings say how much may be asked.
func limitSettings() []Setting {
	asked, served := domain.DefaultLimits(), web.DefaultLimits()
	return []Setting{
		setting("max_insert_body", "Largest body of an insert.",
			func(c *Config) Value { return size(&c.Web.InsertBodyLimit, 32<<20, 1<<10, 4<<30) }),
		setting("max_body", "Largest body of any request but an insert.",
			func(c *Config) Value { return size(&c.Web.BodyLimit, 4<<20, 1<<10, 4<<30) }),
		setting("max_dims", "Most components an embedding may have.",
			func(c *Config) Value { return number(&c.Data.Limits.Dims, asked.Dims, 1, domain.MaxDims) }),
		setting("max_results", "Most hits one query may ask for.",
			func(c *Config) Value { return number(&c.Data.Limits.Results, asked.Results, 1, 1_000_000) }),
		setting("max_chunks", "Most chunks in one insert.",
			func(c *Config) Value { return number(&c.Data.Limits.Chunks, asked.Chunks, 1, 10_000_000) }),
		setting("max_queries", "Most queries in one search.",
			func(c *Config) Value { return number(&c.Data.Limits.Queries, asked.Queries, 1, 1_000_000) }),
		setting("max_hits", "Most hits that all queries of one search may ask for together.",
			func(c *Config) Value { return number(&c.Data.Limits.Hits, asked.Hits, 1, 100_000_000) }),
		setting("max_ef", "Widest beam a query may ask for.",
			func(c *Config) Value { return number(&c.Data.Limits.Ef, asked.Ef, 1, 1_000_000) }),
		setting("max_filter", "Most comparisons and values in one filter.",
			func(c *Config) Value { return number(&c.Data.Limits.Filter, asked.Filter, 1, domain.MaxFilterSize) }),
		setting("max_answer", "Largest answer to a search or a listing: texts, metadata and embeddings, as they are stored and as JSON.",
			func(c *Config) Value { return size(&c.Data.Limits.Answer, asked.Answer, 1<<20, 4<<30) }),
		setting("compress_above", "Answers larger than this are compressed, zstd or gzip, for callers whose Accept-Encoding takes it; 0 is never.",
			func(c *Config) Value { return size(&c.Web.CompressAbove, 16<<10, 0, 1<<30).orNone() }),
		setting("max_databases", "Most databases there may be, and aliases, and tenants; 0 is no bound.",
			func(c *Config) Value { return number(&c.Data.Databases, 10_000, 0, math.MaxInt32) }),
		setting("max_searches", "Most requests that read and are worked on at once; others wait in the queue.",
			func(c *Config) Value { return number(&c.Web.Limits.Searches, served.Searches, 1, 1_000_000) }),
		setting("max_waiting", "Most requests that wait for an embedder or a reranker of another process, besides those that are worked on.",
			func(c *Config) Value { return number(&c.Web.Limits.Waiting, served.Waiting, 1, 1_000_000) }),
		setting("max_writes", "Most requests that write and are worked on at once; others wait in the queue.",
			func(c *Config) Value { return number(&c.Web.Limits.Writes, served.Writes, 1, 1_000_000) }),
		setting("max_admin", "Most requests that administer, such as drops and backups, and are worked on at once; others wait in the queue.",
			func(c *Config) Value { return number(&c.Web.Limits.Admin, served.Admin, 1, 1_000_000) }),
		setting("queue", "Most requests that wait, of each kind (reads, writes, administration); more are answered 429 at once.",
			func(c *Config) Value { return number(&c.Web.Limits.Queue, served.Queue, 0, 1_000_000).orNone() }),
		setting("queue_wait", "How long requests wait in the queue before they are answered 429.",
			func(c *Config) Value { return duration{&c.Web.Limits.QueueWait, served.QueueWait, 1} }),
		setting("body_memory", "Most memory for the bodies of all requests under way; more are answered 429.",
			func(c *Config) Value { return size(&c.Web.Limits.BodyMemory, served.BodyMemory, 1<<20, math.MaxInt64) }),
		setting("max_connections", "Most open connections; a new one takes the place of the one that has waited longest for a request.",
			func(c *Config) Value { return number(&c.Server.MaxConnections, 4096, 1, math.MaxInt32) }),
		setting("header_timeout", "How long the headers of a request may take.",
			func(c *Config) Value { return duration{&c.Server.ReadHeaderTimeout, 5 * time.Second, 1} }),
		setting("body_timeout", "How long a body may take, and a second more for each min_body_rate of it that has come.",
			func(c *Config) Value { return duration{&c.Web.Limits.BodyTimeout, served.BodyTimeout, 1} }),
		setting("min_body_rate", "Slowest rate per second at which a body may come once body_timeout is over.",
			func(c *Config) Value { return size(&c.Web.Limits.MinBodyRate, served.MinBodyRate, 1, 1<<40) }),
		setting("write_timeout", "How long a request may take from the end of its headers to the end of the answer.",
			func(c *Config) Value { return duration{&c.Server.WriteTimeout, 5 * time.Minute, 1} }),
		setting("idle_timeout", "How long a connection may wait for the next request.",
			func(c *Config) Value { return duration{&c.Server.IdleTimeout, 2 * time.Minute, 1} }),
	}
}
