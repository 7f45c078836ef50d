package sqlitevec

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// kind is what a column is for, and so where its values lie.
type kind int

const (
	vectorColumn kind = iota
	partitionColumn
	primaryColumn
	auxiliaryColumn
	metadataColumn
)

// column is a column of a virtual table.
type column struct {
	kind   kind
	name   string
	typ    string // as it is written, in lower case
	index  int    // among those of its kind, which names its table
	dims   int    // of a vector
	metric string // of a vector, as it is written, in lower case
	engine string // of a vector: the kind of index, "flat" if it has none
}

var (
	declared = regexp.MustCompile(`(?is)\busing\s+vec0\s*\((.*)\)`)
	comment  = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/`)
	token    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*|[0-9]+|\S`)
)

// isVec0 reports whether sql makes a table of sqlite-vec.
func isVec0(sql string) bool { return declared.MatchString(comment.ReplaceAllString(sql, " ")) }

// parseColumns reads the columns of CREATE VIRTUAL TABLE … USING vec0(…).
func parseColumns(sql string) ([]column, error) {
	m := declared.FindStringSubmatch(comment.ReplaceAllString(sql, " "))
	if m == nil {
		return nil, damaged("it is no table of sqlite-vec")
	}
	var columns []column
	count := map[kind]int{}
	for _, text := range split(m[1]) {
		words := token.FindAllString(text, -1)
		c, ok, err := parseColumn(words)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue // an option of the table
		}
		c.index = count[c.kind]
		count[c.kind]++
		columns = append(columns, c)
	}
	return columns, nil
}

// split cuts a list at its commas, but not at those in brackets.
func split(list string) (parts []string) {
	depth, from := 0, 0
	for i, r := range list {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, list[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, list[from:])
}

// parseColumn reads one column. It is not ok for an option of the table, such as chunk_size=8.
func parseColumn(words []string) (c column, ok bool, err error) {
	if len(words) == 0 || len(words) > 1 && words[1] == "=" {
		return c, false, nil
	}
	c.kind = metadataColumn
	if words[0] == "+" {
		c.kind, words = auxiliaryColumn, words[1:]
	}
	if len(words) < 2 {
		return c, false, damaged("a column %q", strings.Join(words, " "))
	}
	c.name, c.typ = words[0], strings.ToLower(words[1])
	rest := lower(words[2:])
	switch {
	case c.kind == auxiliaryColumn:
	case len(rest) > 0 && rest[0] == "[":
		return c.vector(rest)
	case startsWith(rest, "partition", "key"):
		c.kind = partitionColumn
	case startsWith(rest, "primary", "key"):
		c.kind = primaryColumn
	}
	return c, true, nil
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	return out
}

func startsWith(words []string, first, second string) bool {
	return len(words) >= 2 && words[0] == first && words[1] == second
}

// vector reads what stands behind name and type of a vector column.
func (c column) vector(words []string) (column, bool, error) {
	c.kind, c.metric, c.engine = vectorColumn, "l2", "flat"
	if len(words) < 3 || words[2] != "]" {
		return c, false, damaged("a vector column %q without dimension", c.name)
	}
	dims, err := strconv.Atoi(words[1])
	if err != nil || dims < 1 || dims > domain.MaxDims {
		return c, false, domain.Errorf(domain.ErrInvalid, "column %q has vectors of %s numbers, between 1 and %d are allowed", c.name, words[1], domain.MaxDims)
	}
	c.dims = dims
	for i := 3; i+2 < len(words); i++ {
		switch {
		case words[i] == "distance_metric" && words[i+1] == "=":
			c.metric = words[i+2]
		case words[i] == "indexed" && words[i+1] == "by":
			c.engine = words[i+2]
		}
	}
	return c, true, nil
}

// width returns how many bytes a vector takes, 0 for types that cannot be read.
func (c *column) width() int {
	switch {
	case strings.HasPrefix(c.typ, "float"), strings.HasPrefix(c.typ, "f32"):
		return 4 * c.dims
	case strings.HasPrefix(c.typ, "int8"), strings.HasPrefix(c.typ, "i8"):
		return c.dims
	}
	return 0
}

func damaged(format string, args ...any) error {
	return domain.Errorf(domain.ErrCorrupt, "the table of sqlite-vec is damaged: "+format, args...)
}
