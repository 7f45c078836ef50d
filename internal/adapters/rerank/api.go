package rerank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/memista/memista/internal/adapters/provider"
)

// API names how a server is asked.
type API string

// The APIs.
const (
	// Cohere is {model, query, documents, top_n}, answered {"results":[{index,
	// relevance_score}]}: Cohere, Jina, vLLM, Infinity, LiteLLM and llama.cpp.
	Cohere API = "cohere"
	// TEI is {query, texts}, answered [{index, score}], as Text Embeddings Inference has it.
	TEI API = "tei"
)

// protocol is how one API is asked.
type protocol struct {
	needsModel bool
	texts      int // in a call
	request    func(model, query string, texts []string) any
	answer     func(body []byte) ([]scored, error)
}

// scored is the score of one text in an answer.
type scored struct {
	index int
	score float64
}

var apis = map[API]protocol{
	// Some servers read all documents of a call together, so they are not split.
	Cohere: {needsModel: true, texts: 1000, request: cohereRequest, answer: cohereAnswer},
	// 32 texts in a call are as many as it takes unless told otherwise.
	TEI: {texts: 32, request: teiRequest, answer: teiAnswer},
}

// cohereRequest asks for the scores of all documents: servers may have defaults of their own.
func cohereRequest(model, query string, texts []string) any {
	return struct {
		Model     string   `json:"model"`
		Query     string   `json:"query"`
		Documents []string `json:"documents"`
		TopN      int      `json:"top_n"`
	}{model, query, texts, len(texts)}
}

// teiRequest has long texts cut, where the server would refuse them.
func teiRequest(_, query string, texts []string) any {
	return struct {
		Query    string   `json:"query"`
		Texts    []string `json:"texts"`
		Truncate bool     `json:"truncate"`
	}{query, texts, true}
}

// item is an entry of an answer; numbers are pointers to tell null and missing from 0.
type item struct {
	Index          *int     `json:"index"`
	Score          *float64 `json:"score"`
	RelevanceScore *float64 `json:"relevance_score"`
}

func cohereAnswer(body []byte) ([]scored, error) {
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '[' {
		return nil, errors.New("a list where an object must be: is it a server with the API tei?")
	}
	var a struct {
		Results []item `json:"results"`
	}
	if err := provider.Decode(body, &a); err != nil {
		return nil, err
	}
	return scores(a.Results, func(i item) *float64 { return i.RelevanceScore })
}

func teiAnswer(body []byte) ([]scored, error) {
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '{' && json.Valid(b) {
		return nil, errors.New("an object where a list must be: is it a server with the API cohere?")
	}
	var items []item
	if err := provider.Decode(body, &items); err != nil {
		return nil, err
	}
	return scores(items, func(i item) *float64 { return i.Score })
}

func scores(items []item, of func(item) *float64) ([]scored, error) {
	out := make([]scored, len(items))
	for i, it := range items {
		if it.Index == nil || of(it) == nil {
			return nil, fmt.Errorf("a result %d without an index or a score", i)
		}
		out[i] = scored{*it.Index, *of(it)}
	}
	return out, nil
}

// place puts the scores in the order of the texts. Its error says in words what is wrong.
func place(ranked []scored, scores []float32) error {
	if len(ranked) != len(scores) {
		return fmt.Errorf("%d results for %d texts", len(ranked), len(scores))
	}
	placed := make([]bool, len(scores))
	for _, r := range ranked {
		switch {
		case r.index < 0 || r.index >= len(scores):
			return fmt.Errorf("the index %d for one of %d texts", r.index, len(scores))
		case placed[r.index]:
			return fmt.Errorf("the index %d twice", r.index)
		case !isFinite(r.score):
			return fmt.Errorf("the score %v, which float32 does not have", r.score)
		}
		placed[r.index], scores[r.index] = true, float32(r.score)
	}
	return nil
}

// hint says what to look at.
func hint(r provider.Refusal) string {
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "is the key right, and allowed to use this model?"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "are address and model right? The path of the API is " + path
	case http.StatusFailedDependency:
		return "is its model a reranker?"
	case http.StatusNotImplemented:
		return "was the server started with reranking?"
	}
	return ""
}
