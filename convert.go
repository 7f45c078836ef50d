package memista

import (
	"encoding/json"
	"fmt"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// fields returns the parts of chunks that a call asks for; nil is text and metadata.
func fields(include []Part) (domain.Fields, error) {
	if include == nil {
		return domain.DefaultFields, nil
	}
	var f domain.Fields
	for _, p := range include {
		switch p {
		case PartText:
			f |= domain.FieldText
		case PartMetadata:
			f |= domain.FieldMetadata
		case PartEmbedding:
			f |= domain.FieldEmbedding | domain.FieldVectors
		case PartSparse:
			f |= domain.FieldSparse
		default:
			return 0, domain.Errorf(domain.ErrInvalid, "unknown part %q: use text, metadata, embedding and sparse", p)
		}
	}
	return f, nil
}

// toFilter parses a filter; nil is none.
func toFilter(f *Filter) (*filterlang.Filter, error) {
	if f == nil {
		return nil, nil
	}
	if err := f.Err(); err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "%v", err)
	}
	parsed, err := filterlang.Parse([]byte(f.String()))
	if err != nil {
		return nil, err
	}
	return &parsed, nil
}

func toMetadata(m Metadata) (domain.Metadata, error) {
	if err := m.Err(); err != nil {
		return domain.Metadata{}, domain.Errorf(domain.ErrInvalid, "%v", err)
	}
	raw := m.String()
	switch {
	case raw == "" || raw == "null":
		return domain.Metadata{}, nil
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal([]byte(raw), &s); err != nil {
			return domain.Metadata{}, domain.Errorf(domain.ErrInvalid, "metadata: %v", err)
		}
		return domain.MetadataString(s), nil
	}
	return domain.MetadataObject([]byte(raw))
}

func fromMetadata(m domain.Metadata) Metadata {
	switch m.Form {
	case domain.StringMetadata:
		return Meta(m.Text)
	case domain.ObjectMetadata:
		var out Metadata
		_ = out.UnmarshalJSON([]byte(m.Text)) // it was checked when it was stored
		return out
	case domain.NoMetadata:
	}
	return Metadata{}
}

func toChunks(chunks []Chunk) ([]domain.Chunk, error) {
	out := make([]domain.Chunk, len(chunks))
	for i := range chunks {
		c := &chunks[i]
		if c.ID != 0 {
			return nil, domain.Errorf(domain.ErrInvalid, "chunks[%d].ID is given by Insert and must be 0; use Key for an id of your own", i)
		}
		m, err := toMetadata(c.Metadata)
		if err != nil {
			return nil, domain.At(err, fmt.Sprintf("chunks[%d]", i))
		}
		out[i] = domain.Chunk{Key: c.Key, Text: c.Text, Metadata: m, Embedding: c.Embedding, Sparse: toSparse(c.Sparse), Vectors: c.Vectors, TTL: c.TTL}
	}
	return out, nil
}

func fromChunk(c domain.Chunk) Chunk {
	return Chunk{ID: c.ID, Key: c.Key, Text: c.Text, Metadata: fromMetadata(c.Metadata), Embedding: c.Embedding, Sparse: fromSparse(c.Sparse), Vectors: c.Vectors, ExpiresAt: c.ExpiresAt}
}

func fromChunkOr(c domain.Chunk, err error) (Chunk, error) {
	if err != nil {
		return Chunk{}, err
	}
	return fromChunk(c), nil
}

func toFusion(f *Fusion) domain.Fusion {
	if f == nil {
		return domain.Fusion{}
	}
	return domain.Fusion{Method: domain.FusionMethod(f.Method), RankConstant: f.RankConstant,
		VectorWeight: f.VectorWeight, TextWeight: f.TextWeight, SparseWeight: f.SparseWeight, Candidates: f.Candidates}
}

func toMMR(m *MMR) *domain.MMR {
	if m == nil {
		return nil
	}
	out := domain.MMR{Diversity: domain.DefaultDiversity, Candidates: m.Candidates}
	if m.Diversity != nil {
		out.Diversity = *m.Diversity
	}
	return &out
}

func toRerank(r *Rerank) *domain.Rerank {
	if r == nil {
		return nil
	}
	return &domain.Rerank{Top: r.Top}
}

func fromDatabase(d domain.Database) DatabaseInfo {
	return DatabaseInfo{
		ID: d.ID, Settings: Settings{
			Dims: d.Dims, Metric: Metric(d.Metric), Engine: d.Engine,
			M: d.M, EfConstruction: d.EfConstruction, EfSearch: d.EfSearch, TargetRecall: d.TargetRecall, Storage: d.Storage, TTL: d.TTL, FullText: Tokenizer(d.FullText),
			Metadata: fromMetadata(d.Metadata), Embedder: Embedder{Provider: d.Embedder.Provider, Model: d.Embedder.Model},
			OptionalEmbeddings: d.OptionalEmbeddings,
			Sparse:             fromSparseNames(d.Sparse),
			Vectors:            fromNamed(d.Vectors),
		},
		Chunks: d.Chunks, Sequence: d.Sequence, CreatedAt: d.CreatedAt,
	}
}

func fromDatabases(list []domain.Database) []DatabaseInfo {
	out := make([]DatabaseInfo, len(list))
	for i, d := range list {
		out[i] = fromDatabase(d)
	}
	return out
}

func fromHits(lists [][]domain.Hit) [][]Hit {
	out := make([][]Hit, len(lists))
	for i, hits := range lists {
		out[i] = make([]Hit, len(hits))
		for j := range hits {
			out[i][j] = fromHit(&hits[j])
		}
	}
	return out
}

func fromHit(h *domain.Hit) Hit {
	hit := Hit{Chunk: fromChunk(h.Chunk), Score: h.Score, Distance: h.Distance}
	if p := h.Places; p != nil {
		if p.Vector.Rank == 0 {
			hit.Distance = 0
		}
		hit.Scores = &Scores{Vector: scoreOf(p.Vector), Text: scoreOf(p.Text), Sparse: scoreOf(p.Sparse)}
	}
	return hit
}

func scoreOf(p domain.Place) *float32 {
	if p.Rank == 0 {
		return nil
	}
	return &p.Score
}

func fromExplain(e *domain.Explain, hits []domain.Hit) Explain {
	out := Explain{
		Plan: string(e.Plan), Visited: e.Visited, Distances: e.Distances, Candidates: e.Candidates, Rounds: e.Rounds,
		Tail: fromPart(e.Tail), Graph: fromPart(e.Graph), Times: ExplainTimes(e.Times), Sparse: fromSparseWork(&e.Sparse, hits),
	}
	if f := e.Filter; f.Source != "" {
		out.Filter = &ExplainFilter{Source: f.Source, Matched: f.Matched, Of: f.Total, Selectivity: f.Share(), Estimated: f.Estimated}
	}
	if r := &e.Rerank; r.Model != "" {
		out.Rerank = &ExplainRerank{Model: r.Model, Texts: r.Texts, First: make([]ExplainPlace, len(r.First))}
		for i, p := range r.First {
			out.Rerank.First[i] = ExplainPlace(p)
		}
	}
	if e.Text != (domain.TextWork{}) {
		out.Text = &ExplainText{Terms: e.Text.Terms, Found: e.Text.Found, Ranks: make([]ExplainRanks, len(hits))}
		if t := &e.Text; t.Fusion != "" {
			out.Text.Fusion = &ExplainFusion{Method: FusionMethod(t.Fusion), VectorWeight: t.VectorWeight, TextWeight: t.TextWeight}
		}
		for i := range hits {
			if p := hits[i].Places; p != nil {
				out.Text.Ranks[i] = ExplainRanks{Vector: p.Vector.Rank, Text: p.Text.Rank}
			}
		}
	}
	return out
}

func fromPart(p domain.Part) *ExplainPart {
	if p.Plan == "" {
		return nil
	}
	return &ExplainPart{Plan: string(p.Plan), Visited: p.Visited, Distances: p.Distances, Vectors: p.Vectors, Neighbors: p.Neighbors}
}

func fromJob(j app.Job) Job {
	return Job{
		ID: j.ID, Kind: j.Kind, Database: j.Database, State: JobState(j.State), Canceling: j.Canceling,
		Percent: j.Percent(), Done: j.Done, Total: j.Total, Rate: j.Rate, StartedAt: j.Started, EndedAt: j.Ended, Err: j.Failure(),
	}
}

func fromJobOr(j app.Job, err error) (Job, error) {
	if err != nil {
		return Job{}, err
	}
	return fromJob(j), nil
}
