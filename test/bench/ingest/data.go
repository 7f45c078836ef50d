package main

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"

	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

// data is a set and the database that it goes to.
type data struct {
	*vectors.Set
	database string
	queries  [][]byte // bodies of searches
	exact    [][]byte // the same, compared with every vector
}

func newData(database string, set *vectors.Set) *data {
	d := &data{Set: set, database: database}
	for _, q := range set.Queries {
		head := fmt.Appendf(nil, `{"database_id":%q,"num_results":%d,"embeddings":[`, database, k)
		head = append(appendVector(head, q), ']')
		d.queries = append(d.queries, append(bytes.Clone(head), '}'))
		d.exact = append(d.exact, append(head, `,"exact":true}`...))
	}
	return d
}

// bodies makes the inserts of the rows from to to, a batch each, by all cores.
func (d *data) bodies(from, to int) [][]byte {
	list := make([][]byte, (to-from)/batch)
	_ = measure.Share(runtime.GOMAXPROCS(0), 0, len(list), 1, func(_, i, _ int) error { // none fails
		list[i] = d.body(from + i*batch)
		return nil
	})
	return list
}

// body makes the insert of the batch that begins with row from.
func (d *data) body(from int) []byte {
	b := make([]byte, 0, batch*(d.Dims*12+120))
	b = fmt.Appendf(b, `{"database_id":%q,"chunks":[`, d.database)
	for i := range batch {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"embedding":`...)
		b = appendVector(b, d.Rows[from+i])
		b = append(b, `,"text":"`...)
		b = append(b, textOf(from+i)...)
		b = append(b, `","metadata":{"source":"bench"}}`...)
	}
	return append(b, "]}"...)
}

const restOfText = ": the text of a chunk, some forty bytes"

// textOf is the text of a row, which names it.
func textOf(row int) string { return strconv.Itoa(row) + restOfText }

func appendVector(b []byte, v []float32) []byte {
	for i, x := range v {
		b = append(b, "[,"[min(i, 1)])
		b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
	}
	return append(b, ']')
}
