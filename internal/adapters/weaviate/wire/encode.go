package wire

import (
	"time"

	"github.com/memista/memista/internal/adapters/weaviate/wire/fields"
)

// levels are the numbers of the levels of consistency.
var levels = map[Consistency]int64{One: 1, Quorum: 2, All: 3}

// encodePut writes a BatchObjectsRequest as far as its consistency.
func encodePut(level Consistency) fields.Message {
	return fields.Message{}.Int(2, levels[level])
}

// encodeObject writes a BatchObject.
func encodeObject(p Place, o *Object) fields.Message {
	m := make(fields.Message, 0, 256+4*len(o.Vector)).Text(1, o.ID.String())
	m = m.Sub(3, encodeProperties(o.Properties)).Text(4, p.Class).Text(5, p.Tenant)
	if o.Vector != nil {
		m = m.Vector(6, o.Vector)
	}
	return m
}

// encodeProperties writes the Properties of a BatchObject: scalars in a Struct, arrays by
// their type.
func encodeProperties(p Properties) fields.Message {
	var scalars, arrays fields.Message
	for name, value := range p {
		switch v := value.(type) {
		case []string:
			arrays = array(arrays, 6, name, len(v), func() fields.Message { return fields.Message{}.Texts(1, v) })
		case []int64:
			arrays = array(arrays, 5, name, len(v), func() fields.Message { return fields.Message{}.Ints(1, v) })
		case []float64:
			arrays = array(arrays, 4, name, len(v), func() fields.Message { return fields.Message{}.Doubles(3, v) })
		case []bool:
			arrays = array(arrays, 7, name, len(v), func() fields.Message { return fields.Message{}.Bools(1, v) })
		case []time.Time:
			arrays = array(arrays, 6, name, len(v), func() fields.Message {
				var m fields.Message
				for _, t := range v {
					m = m.SetText(1, date(t))
				}
				return m
			})
		default:
			scalars = scalars.Sub(1, fields.Message{}.SetText(1, name).Sub(2, scalar(v)))
		}
	}
	return append(fields.Message{}.Sub(1, scalars), arrays...)
}

// array appends one of the typed arrays; an empty one stands among the empty lists.
func array(m fields.Message, field fields.Number, name string, n int, values func() fields.Message) fields.Message {
	if n == 0 {
		return m.SetText(10, name)
	}
	return m.Sub(field, values().SetText(2, name))
}

// scalar writes a google.protobuf.Value. A whole number is a double there.
func scalar(value any) fields.Message {
	switch v := value.(type) {
	case string:
		return fields.Message{}.SetText(3, v)
	case bool:
		return fields.Message{}.SetBool(4, v)
	case int64:
		return fields.Message{}.Double(2, float64(v))
	case float64:
		return fields.Message{}.Double(2, v)
	case time.Time:
		return fields.Message{}.SetText(3, date(v))
	default:
		return fields.Message{}.SetInt(1, 0) // null
	}
}

// encodeFilter writes Filters.
func encodeFilter(f *Filter) fields.Message {
	m := fields.Message{}.Int(1, int64(f.Operator))
	for i := range f.Sub {
		m = m.Sub(3, encodeFilter(&f.Sub[i]))
	}
	switch v := f.Value.(type) {
	case string:
		m = m.SetText(4, v)
	case time.Time:
		m = m.SetText(4, date(v))
	case int64:
		m = m.SetInt(5, v)
	case bool:
		m = m.SetBool(6, v)
	case float64:
		m = m.Double(7, v)
	case []string:
		m = m.Sub(9, fields.Message{}.Texts(1, v))
	case []int64:
		m = m.Sub(10, fields.Message{}.Ints(1, v))
	case []bool:
		m = m.Sub(11, fields.Message{}.Bools(1, v))
	case []float64:
		m = m.Sub(12, fields.Message{}.Doubles(1, v))
	}
	if f.Property != "" {
		m = m.Sub(20, fields.Message{}.Text(1, f.Property))
	}
	return m
}

// encodeSearch writes a SearchRequest.
func encodeSearch(q *Query, level Consistency) fields.Message {
	m := make(fields.Message, 0, 256+4*len(q.Vector)).Text(1, q.Class).Text(10, q.Tenant).Int(11, levels[level])
	m = m.Sub(20, fields.Message{}.Texts(1, q.Properties))
	vectorAlone := q.Vector != nil && q.Text == ""
	m = m.Sub(21, fields.Message{}.Bool(1, true).Bool(2, q.WithVector).Bool(5, vectorAlone).Bool(7, q.Text != ""))
	m = m.Int(30, int64(q.Limit)).Int(31, int64(q.Offset))
	if q.Filter != nil {
		m = m.Sub(40, encodeFilter(q.Filter))
	}
	switch {
	case q.Vector != nil && q.Text != "":
		fusion := int64(2)
		if q.Ranked {
			fusion = 1
		}
		h := fields.Message{}.Text(1, q.Text).Texts(2, q.TextIn).Float(4, float32(q.Alpha)).Int(5, fusion)
		m = m.Sub(41, h.Sub(21, encodeVector(q.Vector)))
	case q.Text != "":
		m = m.Sub(42, fields.Message{}.Text(1, q.Text).Texts(2, q.TextIn))
	case vectorAlone:
		m = m.Sub(43, fields.Message{}.Sub(9, encodeVector(q.Vector)))
	}
	const uses127 = 102 // answers have the properties in one field
	return m.Bool(uses127, true)
}

// encodeVector writes Vectors.
func encodeVector(v []float32) fields.Message {
	return make(fields.Message, 0, 16+4*len(v)).Vector(3, v).Int(4, 1)
}

// encodeDelete writes a BatchDeleteRequest.
func encodeDelete(p Place, f *Filter, dry bool, level Consistency) fields.Message {
	return fields.Message{}.Text(1, p.Class).Sub(2, encodeFilter(f)).Bool(4, dry).Int(5, levels[level]).Text(6, p.Tenant)
}

// encodeCount writes an AggregateRequest for the number of objects.
func encodeCount(p Place, f *Filter) fields.Message {
	m := fields.Message{}.Text(1, p.Class).Text(10, p.Tenant).Bool(20, true)
	if f != nil {
		m = m.Sub(40, encodeFilter(f))
	}
	return m
}
