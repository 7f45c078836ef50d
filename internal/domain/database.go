package domain

import (
	"errors"
	"strings"
	"time"
)

// MaxIDLength is the longest database id in bytes.
const MaxIDLength = 128

// MaxDims is the largest dimension memista stores, whatever the configured limit.
const MaxDims = 65536

// Incarnation identifies one life of a database: 128 random bits, new at create and at
// restore, so that an index file of an earlier life is never taken for this one's.
type Incarnation [16]byte

// Hash is the running hash over all changes of a database up to its sequence.
type Hash [16]byte

// Settings are the choices made when a database is created. Zero values mean "the
// default", or for Dims "the first embedding's dimension".
type Settings struct {
	Dims           int
	Metric         Metric
	Engine         string
	M              int    // graph links per node
	EfConstruction int    // beam width while building
	EfSearch       int    // beam width while searching; 0 adapts
	Storage        string // kind of codes the graph walks over: f32, bf16, f16, i8
	TTL            time.Duration
	FullText       Tokenizer // "": texts are not indexed
	Metadata       Metadata  // a JSON object about the database itself
	Embedder       Embedder  // what makes embeddings of texts; zero: nothing does
	Sparse         SparseNames
	Vectors        NamedVectors // beside the embedding; they are those of the beginning
	// OptionalEmbeddings lets chunks be without an embedding, and have one of length zero
	// under Cosine. Searches for what is near a vector never find them; everything else does.
	OptionalEmbeddings bool
	// TargetRecall is which share of the nearest TunedK searches are to find that bring no beam
	// width; 0: what the engine makes of it. EfSearch is 0 then.
	TargetRecall float64
	Tuned        Tuning // how it is reached
}

// CheckEmbedding reports why v cannot be stored in a database with settings s, whatever its
// dimension: as Metric.CheckVector does, but where embeddings are optional a vector of
// length zero, or of nearly so, is fine under Cosine. It must not be empty.
func (s *Settings) CheckEmbedding(v []float32) error {
	err := s.Metric.CheckVector(v)
	if s.OptionalEmbeddings && errors.Is(err, ErrZeroVector) {
		return nil
	}
	return err
}

// Searchable reports whether searches can find a chunk of a database with settings s by its
// embedding v: there is one, and it has a direction where the metric measures directions.
func (s *Settings) Searchable(v []float32) bool {
	if len(v) == 0 {
		return false
	}
	if !s.OptionalEmbeddings || s.Metric != Cosine {
		return true // one of length zero was refused
	}
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return float32(sum) >= minSquaredLength
}

// Database describes one database as its repository knows it.
type Database struct {
	Number int64 // never reused within a file; names the database in shared tables
	ID     string
	Settings
	Incarnation Incarnation
	Sequence    int64 // number of the last committed change
	Hash        Hash  // running hash at Sequence
	Chunks      int64 // live chunks
	CreatedAt   time.Time
}

// SameLife reports whether d and other are the same life of the same database.
func (d Database) SameLife(other Database) bool {
	return d.Number == other.Number && d.Incarnation == other.Incarnation
}

// CheckNumber is ErrNotFound where number is that of another database, which had the name of d
// before or has it by now; 0 is whichever has the name.
func (d Database) CheckNumber(number int64) error {
	if number != 0 && number != d.Number {
		return DatabaseNotFound(d.ID)
	}
	return nil
}

// CheckID reports why id cannot name a database: it must have 1 to 128 characters of
// A-Z a-z 0-9 _ - . and not start with a dot. Path separators, quotes and everything
// else that means something to SQL or to a file system are thereby impossible.
func CheckID(id string) error {
	if id == "" {
		return Errorf(ErrInvalid, "database_id cannot be empty")
	}
	if len(id) > MaxIDLength {
		return Errorf(ErrInvalid, "database_id has %d characters, at most %d are allowed", len(id), MaxIDLength)
	}
	if id[0] == '.' {
		return Errorf(ErrInvalid, "database_id cannot start with a dot")
	}
	for i := 0; i < len(id); i++ {
		if !isIDByte(id[i]) {
			return Errorf(ErrInvalid, "database_id may contain only A-Z a-z 0-9 _ - . (byte %d is another)", i)
		}
	}
	return nil
}

func isIDByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

// windowsReserved are device names that Windows gives no file, with any extension.
var windowsReserved = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true,
	"com1": true, "com2": true, "com3": true, "com4": true, "com5": true,
	"com6": true, "com7": true, "com8": true, "com9": true,
	"lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true, "lpt5": true,
	"lpt6": true, "lpt7": true, "lpt8": true, "lpt9": true,
}

// FileName returns the name of the index file of database id with extension ext (no
// dot), safe on every system: a reserved device name gets a "%" in front, which no id
// can contain, so two ids never share a file. The extension keeps a trailing dot of the
// id from standing last.
func FileName(id, ext string) string {
	stem, _, _ := strings.Cut(strings.ToLower(id), ".")
	if windowsReserved[stem] {
		id = "%" + id
	}
	return id + "." + ext
}

// FileID returns the id of the database whose index file with extension ext has the given
// name, and false if it is the name of none.
func FileID(name, ext string) (id string, ok bool) {
	id, ok = strings.CutSuffix(name, "."+ext)
	id = strings.TrimPrefix(id, "%")
	return id, ok && CheckID(id) == nil && FileName(id, ext) == name
}
