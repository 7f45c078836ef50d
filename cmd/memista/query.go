package main

import (
	"context"

	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Search answers one query.
func (r remote) Search(ctx context.Context, database string, q app.Query) (answer, error) {
	send := client.Query{
		Embedding: q.Embedding, ChunkID: q.Like.ID, Key: q.Like.Key, Text: q.Text, AllWords: q.AllWords,
		K: q.K, Offset: q.Offset, Filter: sent(q.Filter), MinScore: q.MinScore, Ef: q.Ef, Exact: q.Exact,
	}
	if f := q.Fusion; f != (domain.Fusion{}) {
		send.Fusion = &client.Fusion{
			Method: client.FusionMethod(f.Method), RankConstant: f.RankConstant,
			VectorWeight: f.VectorWeight, TextWeight: f.TextWeight, Candidates: f.Candidates,
		}
	}
	found, err := r.client.Query(ctx, database, []client.Query{send}, &client.QueryOptions{Explain: true})
	if err != nil {
		return answer{}, err
	}
	out := answer{hits: make([]domain.Hit, len(found.Hits[0])), explain: fromClientExplain(&found.Explain[0])}
	for i, h := range found.Hits[0] {
		c, err := fromClient(h.Chunk)
		if err != nil {
			return answer{}, err
		}
		out.hits[i] = domain.Hit{Chunk: c, Score: h.Score, Distance: h.Distance}
		if text := found.Explain[0].Text; text != nil && h.Scores != nil && i < len(text.Ranks) {
			out.hits[i].Places = &domain.Places{Vector: place(text.Ranks[i].Vector, h.Scores.Vector), Text: place(text.Ranks[i].Text, h.Scores.Text)}
		}
	}
	return out, nil
}

// place is what one of two lists says of a hit.
func place(rank int, score *float32) domain.Place {
	if score == nil {
		return domain.Place{}
	}
	return domain.Place{Rank: rank, Score: *score}
}

func fromClientExplain(e *client.Explain) domain.Explain {
	out := domain.Explain{
		Work:       domain.Work{Plan: domain.Plan(e.Plan), Visited: e.Visited, Distances: e.Distances},
		Candidates: e.Candidates, Rounds: e.Rounds, Times: domain.Times(e.Times),
		Tail: fromClientPart(e.Tail), Graph: fromClientPart(e.Graph),
	}
	if f := e.Filter; f != nil {
		out.Filter = domain.FilterWork{Source: f.Source, Matched: f.Matched, Total: f.Of, Estimated: f.Estimated}
	}
	if t := e.Text; t != nil {
		out.Text = domain.TextWork{Terms: t.Terms, Found: t.Found}
	}
	return out
}

func fromClientPart(p *client.ExplainPart) domain.Part {
	if p == nil {
		return domain.Part{}
	}
	return domain.Part{
		Work:    domain.Work{Plan: domain.Plan(p.Plan), Visited: p.Visited, Distances: p.Distances},
		Vectors: p.Vectors, Neighbors: p.Neighbors,
	}
}
