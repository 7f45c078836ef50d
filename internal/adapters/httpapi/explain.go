package httpapi

import (
	"strconv"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi/wire"
	"github.com/memista/memista/internal/domain"
)

// appendExplains appends how each query was answered.
func appendExplains(b []byte, list []domain.Explain) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendExplain(b, &list[i])
	}
	return append(b, ']')
}

func appendExplain(b []byte, e *domain.Explain) []byte {
	b = appendWork(append(b, '{'), e.Work)
	b = appendInt(b, `,"candidates":`, e.Candidates)
	b = appendInt(b, `,"rounds":`, e.Rounds)
	b = appendFilterWork(append(b, `,"filter":`...), e.Filter)
	b = appendPart(append(b, `,"tail":`...), e.Tail)
	b = appendPart(append(b, `,"graph":`...), e.Graph)
	t := e.Times
	for i, stage := range []struct {
		name string
		took time.Duration
	}{{"open", t.Open}, {"filter", t.Filter}, {"tail", t.Tail}, {"graph", t.Graph}, {"rows", t.Rows}, {"total", t.Total}} {
		if i == 0 {
			b = append(b, `,"times_us":{`...)
		} else {
			b = append(b, ',')
		}
		b = appendInt(b, `"`+stage.name+`":`, int(stage.took.Microseconds()))
	}
	return append(b, "}}"...)
}

func appendInt(b []byte, name string, n int) []byte {
	return strconv.AppendInt(append(b, name...), int64(n), 10)
}

// appendWork appends the members of w, without braces.
func appendWork(b []byte, w domain.Work) []byte {
	b = wire.AppendString(append(b, `"plan":`...), string(w.Plan))
	b = appendInt(b, `,"visited":`, w.Visited)
	return appendInt(b, `,"distances":`, w.Distances)
}

func appendPart(b []byte, p domain.Part) []byte {
	if p.Plan == "" {
		return append(b, "null"...)
	}
	b = appendWork(append(b, '{'), p.Work)
	b = appendInt(b, `,"vectors":`, p.Vectors)
	return append(appendInt(b, `,"neighbors":`, p.Neighbors), '}')
}

func appendFilterWork(b []byte, w domain.FilterWork) []byte {
	if w.Source == "" {
		return append(b, "null"...)
	}
	b = wire.AppendString(append(b, `{"source":`...), w.Source)
	b = appendInt(b, `,"matched":`, w.Matched)
	b = appendInt(b, `,"of":`, w.Total)
	b = wire.AppendFloat(append(b, `,"selectivity":`...), float32(w.Share()))
	return append(wire.AppendFloat(append(b, `,"estimated":`...), float32(w.Estimated)), '}')
}
