package original

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/adapters/importfile/sqlitefile"
	"github.com/memista/memista/internal/domain"
)

// fileName is the original's default name of its database file.
const fileName = "memista.db"

// batchSize is how many chunks Chunks hands over at once.
const batchSize = 1000

// Source is an opened data directory of the original memista. It is for one goroutine.
type Source struct {
	dir       string
	file      *sqlitefile.File
	databases []string
	skipped   []string
}

// Counts says what became of the chunks of one database.
type Counts struct {
	Chunks        int64 // handed over
	WithoutVector int64 // rows left out: the index has no vector for them
	WithoutRow    int64 // vectors left out: the table has no row for them
}

// Open opens the data directory dir, or the one around the database file dir names. It
// returns ErrNotFound without a database file, and ErrInvalid if the file is not the
// original's.
func Open(dir string) (*Source, error) {
	path := filepath.Join(dir, fileName)
	if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() {
		dir, path = filepath.Dir(dir), dir
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, domain.Errorf(domain.ErrNotFound, "no %s in %s: name the original memista's data directory, or its database file", fileName, dir)
	} else if err != nil {
		return nil, err
	}
	file, err := sqlitefile.Open(path)
	if err != nil {
		return nil, err
	}
	s := &Source{dir: dir, file: file}
	if err := s.list(); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// list finds the original's tables: named chunks_<id>, with the columns chunk_id, text
// and metadata and no others.
func (s *Source) list() error {
	// Nothing cuts it short: it reads the schema, which is small.
	rows, err := s.file.DB.QueryContext(context.Background(), `SELECT m.name, (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_table_info(m.name) ORDER BY cid))
		FROM sqlite_schema m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name`)
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "not a database of the original memista: %v", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var columns sql.NullString
		if err := rows.Scan(&name, &columns); err != nil {
			return err
		}
		id, ok := strings.CutPrefix(name, "chunks_")
		if !ok || columns.String != "chunk_id,text,metadata" {
			return domain.Errorf(domain.ErrInvalid, "not a database of the original memista: it has a table %q", name)
		}
		if domain.CheckID(id) != nil {
			s.skipped = append(s.skipped, id)
			continue
		}
		s.databases = append(s.databases, id)
	}
	return rows.Err()
}

// Databases returns the ids of the databases, in order.
func (s *Source) Databases() []string { return s.databases }

// Skipped returns the ids that this memista does not allow; their databases are left out.
func (s *Source) Skipped() []string { return s.skipped }

// Dims returns the dimension of the vectors of database id.
func (s *Source) Dims(id string) (int, error) {
	v, err := readVectors(s.indexFile(id))
	if err != nil {
		return 0, err
	}
	return v.dims, nil
}

func (s *Source) indexFile(id string) string { return filepath.Join(s.dir, id+".usearch") }

// Chunks hands the chunks of database id to f in batches, in the order of the ids they
// had, which they carry. Metadata is in string form, as the original kept it. The batch
// belongs to f. An index file that is missing is ErrNotFound and one that is damaged
// ErrCorrupt; nothing was handed over then.
func (s *Source) Chunks(ctx context.Context, id string, f func(batch []domain.Chunk) error) (Counts, error) {
	if domain.CheckID(id) != nil {
		return Counts{}, domain.DatabaseNotFound(id)
	}
	v, err := readVectors(s.indexFile(id))
	if err != nil {
		return Counts{}, err
	}
	query := fmt.Sprintf(`SELECT chunk_id, text, metadata FROM "chunks_%s" WHERE chunk_id > ? ORDER BY chunk_id LIMIT %d`, id, batchSize)
	var n Counts
	met := int64(0)
	for after := int64(-1 << 62); ; {
		batch, last, rows, err := s.page(ctx, query, after, v)
		if err != nil {
			return n, err
		}
		met += int64(len(batch))
		n.WithoutVector += int64(rows - len(batch))
		if len(batch) > 0 {
			if err := f(batch); err != nil {
				return n, err
			}
		}
		n.Chunks = met
		if rows < batchSize {
			n.WithoutRow = int64(len(v.at)) - met
			return n, nil
		}
		after = last
	}
}

func (s *Source) page(ctx context.Context, query string, after int64, v *vectors) (batch []domain.Chunk, last int64, n int, err error) {
	rows, err := s.file.DB.QueryContext(ctx, query, after)
	if err != nil {
		return nil, 0, 0, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		var text, metadata sql.NullString
		if err := rows.Scan(&last, &text, &metadata); err != nil {
			return nil, 0, 0, err
		}
		embedding := v.of(last)
		if embedding == nil {
			continue
		}
		c := domain.Chunk{ID: last, Text: text.String, Embedding: embedding}
		if metadata.Valid {
			c.Metadata = domain.MetadataString(metadata.String)
		}
		batch = append(batch, c)
	}
	return batch, last, n, rows.Err()
}

// Close closes the database. It may be called twice.
func (s *Source) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
