package openai

import (
	"errors"
	"fmt"

	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/provider"
)

type answer struct {
	Data []struct {
		Index     *int          `json:"index"`
		Embedding remote.Vector `json:"embedding"`
	} `json:"data"`
}

// readAnswer returns the embeddings of an answer, in the order of their index. Where none
// has an index it is the order in which they stand. Its error says what is wrong.
func readAnswer(body []byte, n int) ([][]float32, error) {
	var a answer
	if err := provider.Decode(body, &a); err != nil {
		return nil, err
	}
	if len(a.Data) != n {
		return nil, fmt.Errorf("%d embeddings for %d texts", len(a.Data), n)
	}
	out := make([][]float32, n)
	placed := make([]bool, n)
	for i, d := range a.Data {
		at := i
		switch {
		case (d.Index == nil) != (a.Data[0].Index == nil):
			return nil, errors.New("an index for some embeddings and none for others")
		case d.Index != nil:
			at = *d.Index
		}
		if at < 0 || at >= n {
			return nil, fmt.Errorf("the index %d for one of %d embeddings", at, n)
		}
		if placed[at] {
			return nil, fmt.Errorf("the index %d twice", at)
		}
		out[at], placed[at] = d.Embedding, true
	}
	return out, nil
}
