package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.FilterReader = (*Store)(nil)

// Matching returns the ids of the chunks that f selects; see ports.FilterReader.
func (s *Store) Matching(ctx context.Context, db domain.Database, f *domain.Filter, sel domain.Selection) ([]int64, error) {
	if err := domain.CheckID(db.ID); err != nil { // it becomes part of a statement
		return nil, domain.DatabaseNotFound(db.ID)
	}
	q := filterQuery{args: []any{db.Number, db.Incarnation[:], sel.After, int64(sel.Limit)}}
	q.sql.WriteString("SELECT c.chunk_id FROM databases d CROSS JOIN " + tableName(db.ID) +
		" c WHERE d.number = ?1 AND d.incarnation = ?2 AND c.chunk_id > +?3 AND ")
	q.filter(f)
	if !sel.At.IsZero() {
		q.sql.WriteString(" AND (c.expires_at IS NULL OR c.expires_at > +" + q.bind(sel.At.UnixMicro()) + ")")
	}
	q.sql.WriteString(" ORDER BY c.chunk_id LIMIT ?4")
	ids := []int64{}
	err := s.readOf(ctx, db.ID, func(c *conn) error {
		seen := 0
		err := c.queryOnce(q.sql.String(), func(row []driver.Value) error {
			if seen++; seen%256 == 0 && ctx.Err() != nil { // seldom enough not to cost
				return ctx.Err()
			}
			id, _ := row[0].(int64)
			ids = append(ids, id)
			return nil
		}, q.args...)
		if len(ids) > 0 && err == nil {
			return nil // the statement found this life of db
		}
		if aliveErr := alive(c, db); aliveErr != nil {
			return aliveErr
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// queryOnce is query for a statement that is not worth keeping.
func (c *conn) queryOnce(sql string, each func(row []driver.Value) error, args ...any) error {
	err := c.query(sql, each, args...)
	if e, ok := c.stmts[sql]; ok {
		err = errors.Join(err, c.forget(e))
	}
	return err
}

// filterQuery writes a filter as a condition on the row c of a table of chunks. It writes
// no value into the statement: they are bound, lists as JSON arrays.
type filterQuery struct {
	sql  strings.Builder
	args []any
	step int // of all paths, to name the rows of json_each
}

// bind makes v an argument and writes its place.
func (q *filterQuery) bind(v any) string {
	q.args = append(q.args, v)
	return "?" + strconv.Itoa(len(q.args))
}

func (q *filterQuery) filter(f *domain.Filter) {
	switch f.Op {
	case domain.And:
		q.join(f.Sub, " AND ", "1")
	case domain.Or:
		q.join(f.Sub, " OR ", "0")
	case domain.Not:
		q.sql.WriteString("NOT ")
		q.filter(&f.Sub[0])
	default:
		q.comparison(f)
	}
}

// join writes filters with an operator between them, as a balanced tree: SQLite bounds
// the depth of expressions.
func (q *filterQuery) join(sub []domain.Filter, op, none string) {
	switch len(sub) {
	case 0:
		q.sql.WriteString(none)
	case 1:
		q.filter(&sub[0])
	default:
		q.sql.WriteByte('(')
		q.join(sub[:len(sub)/2], op, none)
		q.sql.WriteString(op)
		q.join(sub[len(sub)/2:], op, none)
		q.sql.WriteByte(')')
	}
}

func (q *filterQuery) comparison(f *domain.Filter) {
	switch f.Field.Source {
	case domain.ChunkID:
		q.sql.WriteString("(" + q.scalar(f, "'integer'", "c.chunk_id") + ")")
	case domain.ChunkKey:
		q.sql.WriteString("(c.key IS NOT NULL AND (" + q.scalar(f, "'text'", "c.key") + "))")
	case domain.ChunkText:
		q.sql.WriteString("(" + q.scalar(f, "'text'", "c.text") + ")")
	case domain.InMetadata:
		q.metadata(f)
	}
}

// fieldsOf is the JSON object inside the metadata of c, empty where there is none.
const fieldsOf = "CASE c.form WHEN 2 THEN c.metadata WHEN 1 THEN CASE WHEN json_valid(c.metadata) THEN CASE json_type(c.metadata) WHEN 'object' THEN c.metadata ELSE '{}' END ELSE '{}' END ELSE '{}' END"

// metadata writes a comparison of what a path reaches in the metadata.
func (q *filterQuery) metadata(f *domain.Filter) {
	var where []string
	q.sql.WriteString("EXISTS (SELECT 1 FROM ")
	object := fieldsOf
	for i, name := range f.Field.Path {
		member := q.row("m")
		if i > 0 {
			q.sql.WriteString(" CROSS JOIN ")
		}
		q.sql.WriteString("json_each(" + object + ") " + member)
		where = append(where, member+".key = "+q.bind(name))
		object = ""
		if i < len(f.Field.Path)-1 {
			each := q.row("e")
			q.sql.WriteString(" CROSS JOIN json_each(CASE " + member + ".type WHEN 'array' THEN " + member + ".value WHEN 'object' THEN json_array(json(" + member + ".value)) ELSE '[]' END) " + each)
			object = "CASE " + each + ".type WHEN 'object' THEN " + each + ".value ELSE '{}' END"
			continue
		}
		if f.Op != domain.Exists {
			where = append(where, q.reached(f, member))
		}
	}
	q.sql.WriteString(" WHERE " + strings.Join(where, " AND ") + ")")
}

// row returns a name for rows of json_each.
func (q *filterQuery) row(kind string) string {
	q.step++
	return kind + strconv.Itoa(q.step)
}

// reached is the condition on a value that the path reached, or on its elements.
func (q *filterQuery) reached(f *domain.Filter, row string) string {
	element := q.row("x")
	whole := q.scalar(f, row+".type", row+".value")
	in := *f
	if f.Op == domain.Contains {
		in.Op = domain.In
	}
	return "(" + whole + " OR EXISTS (SELECT 1 FROM json_each(CASE " + row + ".type WHEN 'array' THEN " + row + ".value ELSE '[]' END) " + element +
		" WHERE " + q.scalar(&in, element+".type", element+".value") + "))"
}

// scalar is the condition on one scalar, whose type of json_each stands in kind.
func (q *filterQuery) scalar(f *domain.Filter, kind, value string) string {
	switch f.Op {
	case domain.Exists:
		return "1"
	case domain.In:
		return q.in(f.Args, kind, value)
	case domain.Contains:
		if f.Args[0].Kind != domain.TextValue {
			return "0"
		}
		return "(CASE " + kind + " WHEN 'text' THEN instr(" + value + ", " + q.bind(f.Args[0].Text) + ") > 0 ELSE 0 END)"
	default:
	}
	kinds := " IN ('integer', 'real')"
	if f.Args[0].Kind == domain.TextValue {
		kinds = " = 'text'"
	}
	signs := map[domain.FilterOp]string{domain.Gt: " > ", domain.Gte: " >= ", domain.Lt: " < ", domain.Lte: " <= "}
	return "(CASE WHEN " + kind + kinds + " THEN " + value + signs[f.Op] + q.bind(argument(f.Args[0])) + " ELSE 0 END)"
}

// in is the condition that a scalar is one of args, each kind on its own.
func (q *filterQuery) in(args []domain.Value, kind, value string) string {
	or := []string{}
	var texts, numbers []domain.Value
	for _, v := range args {
		switch v.Kind {
		case domain.NullValue:
			or = append(or, kind+" = 'null'")
		case domain.FalseValue:
			or = append(or, kind+" = 'false'")
		case domain.TrueValue:
			or = append(or, kind+" = 'true'")
		case domain.TextValue:
			texts = append(texts, v)
		case domain.IntValue, domain.FloatValue:
			numbers = append(numbers, v)
		}
	}
	for _, part := range []struct {
		kinds string
		args  []domain.Value
	}{{" = 'text'", texts}, {" IN ('integer', 'real')", numbers}} {
		switch len(part.args) {
		case 0:
		case 1:
			or = append(or, "(CASE WHEN "+kind+part.kinds+" THEN "+value+" = "+q.bind(argument(part.args[0]))+" ELSE 0 END)")
		default:
			or = append(or, "(CASE WHEN "+kind+part.kinds+" THEN "+value+" IN (SELECT value FROM json_each("+q.bind(domain.ValueList(part.args))+")) ELSE 0 END)")
		}
	}
	if len(or) == 0 {
		return "0"
	}
	return "(" + strings.Join(or, " OR ") + ")"
}

// argument returns a number or a text as the driver takes it.
func argument(v domain.Value) any {
	switch v.Kind {
	case domain.IntValue:
		return v.Int
	case domain.FloatValue:
		return v.Float
	default:
		return v.Text
	}
}
