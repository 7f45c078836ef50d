package memista

import "time"

// Durability says what an acknowledgement promises.
type Durability string

// The durabilities. Full is the default.
const (
	Full   Durability = "full"   // survives a crash of the process and of the machine
	Normal Durability = "normal" // survives a crash of the process; a power cut may lose the last changes
)

// Embedding says where the embeddings of chunks and questions come from that bring none:
// from which models, and which of them databases get that name none.
type Embedding struct {
	Default   string // "provider/model", such as "static/glove" or "openai/text-embedding-3-small"; "": none
	Models    string // directory with the folders of static models, which run in this process; "": models beside the file
	OpenAI    string // base address of a server with the API of OpenAI, such as "https://api.openai.com/v1"; "": none
	OpenAIKey string // sent to that server only, and never told in an error
	Ollama    string // base address of Ollama, such as "http://127.0.0.1:11434"; "": none
	// FileCache is how many bytes of embeddings of texts are kept in the file, so that a
	// text that comes again after a restart is not sent to OpenAI or Ollama again; 0 is
	// none. It cannot be had together with SecureDelete.
	FileCache int64
}

// Reranking says what ranks the first hits of searches again that ask for it.
type Reranking struct {
	URL   string // base address of a server with /rerank, such as "https://api.cohere.com/v2"; "": there is none
	API   string // "cohere", as Cohere, Jina, vLLM, Infinity and llama.cpp have it, or "tei"; "": cohere
	Model string // as the server calls it; tei needs none
	Key   string // sent to that server only, and never told in an error
	// Timeout is how long a ranking may take, with all tries and waits; 0 is half a minute.
	Timeout     time.Duration
	Concurrency int // most calls under way at once; 0 is 4
}

// Options configure Open. The zero value, and nil, mean the defaults.
type Options struct {
	Durability Durability // "" is Full
	// SecureDelete overwrites what is deleted with zeros in the SQLite file.
	SecureDelete bool
	Engine       string // engine of databases that name none; "" is the build's default
	// MemoryBudget bounds the bytes of vectors and graphs of all open databases: past it,
	// those used longest ago are closed, to be opened again at their next use. 0 is no
	// bound.
	MemoryBudget int64
	// IdleClose is after how long without use a database is closed in the same way; 0 is
	// never.
	IdleClose time.Duration
	// Embedding says where embeddings of texts come from.
	Embedding Embedding
	// Reranking says what ranks hits again.
	Reranking Reranking
	// Report, if not nil, is told of faults that no call returns: an index file that could
	// not be used or written. The rows are not touched by them. It may be called from any
	// goroutine.
	Report func(database string, err error)
}
