package sqlitevec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/memista/memista/internal/adapters/importfile/sqlitefile"
	"github.com/memista/memista/internal/domain"
)

// File is an opened SQLite file. It is for one goroutine.
type File struct {
	file   *sqlitefile.File
	tables []string
	print  string
}

// Info is what a table says about itself.
type Info struct {
	Dims   int
	Metric domain.Metric // "": memista has none that is like Distance
	// Distance is what sqlite-vec calls the metric, in lower case.
	Distance string
	Count    int64
	Vector   string // name of the vector column that is taken
}

// Open opens the file at path and finds the tables in it. It is ErrInvalid if it is no SQLite
// file.
func Open(ctx context.Context, path string) (*File, error) {
	mark, err := fingerprint(path)
	if err != nil {
		return nil, err
	}
	file, err := sqlitefile.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file, print: mark}
	if err := f.list(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

// fingerprint changes, as good as always, when the file or its log does.
func fingerprint(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", path)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %d\n", info.Size(), info.ModTime().UnixNano())
	if log, err := os.Stat(path + "-wal"); err == nil {
		fmt.Fprintf(h, "%d %d\n", log.Size(), log.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (f *File) list(ctx context.Context) error {
	rows, err := f.file.DB.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' ORDER BY name`)
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "not a SQLite file that can be read: %v", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, sql string
		if err := rows.Scan(&name, &sql); err != nil {
			return err
		}
		if isVec0(sql) {
			f.tables = append(f.tables, name)
		}
	}
	return rows.Err()
}

// Tables returns the names of the tables of sqlite-vec, in order.
func (f *File) Tables() []string { return slices.Clone(f.tables) }

// Close closes the file. It may be called twice.
func (f *File) Close() error { return f.file.Close() }

// Choice says what of the rows to take.
type Choice struct {
	Vector    string // name of the vector column, if there are several
	TextField string // name of the column with the text, "" is the first that is known
}

// Table returns the rows of a table in the order in which they lie in the file, which is that
// of their insertion but for the places of deleted ones. Several vector columns of which none
// is chosen are ErrInvalid, as is a name that does not exist; kinds of vectors or indexes that
// cannot be read are ErrUnsupported.
func (f *File) Table(ctx context.Context, name string, c Choice) (*Rows, Info, error) {
	if !slices.Contains(f.tables, name) {
		return nil, Info{}, domain.Errorf(domain.ErrNotFound, "there is no table %q of sqlite-vec in the file, but %s", name, quoted(f.tables))
	}
	var sql string
	if err := f.file.DB.QueryRowContext(ctx, `SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`, name).Scan(&sql); err != nil {
		return nil, Info{}, err
	}
	columns, err := parseColumns(sql)
	if err != nil {
		return nil, Info{}, err
	}
	vector, err := choose(columns, c.Vector)
	if err != nil {
		return nil, Info{}, fmt.Errorf("table %q: %w", name, err)
	}
	info := Info{Dims: vector.dims, Distance: vector.metric, Vector: vector.name}
	switch vector.metric {
	case "l2":
		info.Metric = domain.L2
	case "cosine":
		info.Metric = domain.Cosine
	}
	if err := f.file.DB.QueryRowContext(ctx, `SELECT count(*) FROM `+quote(name+"_rowids")).Scan(&info.Count); err != nil {
		return nil, Info{}, damaged("%v", err)
	}
	r := &Rows{
		db: f.file.DB, after: math.MinInt64, table: name, columns: columns, vector: vector, text: c.TextField, count: info.Count,
		print: f.print + fmt.Sprintf(" %q %q %q", name, vector.name, c.TextField),
	}
	return r, info, nil
}

// choose finds the vector column called name, or the only one.
func choose(columns []column, name string) (v column, err error) {
	var names []string
	for _, c := range columns {
		if c.kind != vectorColumn {
			continue
		}
		names = append(names, c.name)
		if name == "" || strings.EqualFold(c.name, name) {
			v = c
		}
	}
	switch {
	case len(names) == 0:
		return v, damaged("it has no vector column")
	case name == "" && len(names) > 1:
		return v, domain.Errorf(domain.ErrInvalid, "it has several vector columns, choose one: %s", quoted(names))
	case v.name == "":
		return v, domain.Errorf(domain.ErrInvalid, "it has no vector column %q, but %s", name, quoted(names))
	case v.width() == 0:
		return v, domain.Errorf(domain.ErrUnsupported, "column %q has vectors of type %s: float and int8 can be read", v.name, v.typ)
	case v.engine != "flat":
		return v, domain.Errorf(domain.ErrUnsupported, "column %q is indexed by %s, and keeps its vectors where they cannot be read", v.name, v.engine)
	}
	return v, nil
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// quote returns name as an identifier of SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
