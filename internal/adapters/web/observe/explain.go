package observe

import (
	"strconv"
	"time"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// AppendExplains appends, as JSON, how each query was answered.
func AppendExplains(b []byte, found Found) []byte {
	b = append(b, '[')
	for i := range found.Explain {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendExplain(b, &found.Explain[i], found.Hits[i])
	}
	return append(b, ']')
}

// appendExplain appends how a query with these hits was answered.
func appendExplain(b []byte, e *domain.Explain, hits []domain.Hit) []byte {
	b = appendWork(append(b, '{'), e.Work)
	b = appendInt(b, `,"candidates":`, e.Candidates)
	b = appendInt(b, `,"rounds":`, e.Rounds)
	b = appendFilterWork(append(b, `,"filter":`...), e.Filter)
	b = appendTextWork(append(b, `,"text":`...), e.Text, hits)
	b = appendSparseWork(append(b, `,"sparse":`...), &e.Sparse, hits)
	b = appendRerankWork(append(b, `,"rerank":`...), &e.Rerank)
	b = appendPart(append(b, `,"tail":`...), e.Tail)
	b = appendPart(append(b, `,"graph":`...), e.Graph)
	t := e.Times
	for i, stage := range []struct {
		name string
		took time.Duration
	}{{"open", t.Open}, {"filter", t.Filter}, {"tail", t.Tail}, {"graph", t.Graph}, {"text", t.Text}, {"sparse", t.Sparse}, {"rows", t.Rows}, {"rerank", t.Rerank}, {"total", t.Total}} {
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

// appendTextWork appends what the words came to, and the place of each hit in both lists.
func appendTextWork(b []byte, w domain.TextWork, hits []domain.Hit) []byte {
	if w == (domain.TextWork{}) {
		return append(b, "null"...)
	}
	b = appendInt(b, `{"terms":`, w.Terms)
	b = append(appendInt(b, `,"found":`, w.Found), `,"ranks":[`...)
	for i := range hits {
		p := hits[i].Places
		if p == nil {
			continue
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRank(append(b, `{"vector":`...), p.Vector)
		b = append(appendRank(append(b, `,"text":`...), p.Text), '}')
	}
	if b = append(b, `],"fusion":`...); w.Fusion == "" {
		return append(b, "null}"...)
	}
	b = wire.AppendString(append(b, `{"method":`...), string(w.Fusion))
	b = wire.AppendFloat(append(b, `,"vector_weight":`...), float32(w.VectorWeight))
	return append(wire.AppendFloat(append(b, `,"text_weight":`...), float32(w.TextWeight)), "}}"...)
}

// appendRerankWork appends what ranking again came to, and where each hit stood before.
func appendRerankWork(b []byte, w *domain.RerankWork) []byte {
	if w.Model == "" {
		return append(b, "null"...)
	}
	b = wire.AppendString(append(b, `{"model":`...), w.Model)
	b = append(appendInt(b, `,"texts":`, w.Texts), `,"first":[`...)
	for i, p := range w.First {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, `{"rank":`, p.Rank)
		b = append(wire.AppendFloat(append(b, `,"score":`...), p.Score), '}')
	}
	return append(b, "]}"...)
}

func appendRank(b []byte, p domain.Place) []byte {
	if p.Rank == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(p.Rank), 10)
}
