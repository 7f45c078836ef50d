package split

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// JSONLines reads one passage from each line of raw, an object with the fields text, which
// may not be empty, and metadata, an object, and key, which may be left out; others are
// passed over. Lines are not cut, whatever their size, and blank lines are passed over. Any
// other line is ErrFormat.
func JSONLines(raw []byte) ([]Passage, error) {
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var out []Passage
	keys := map[string]int{}
	for n, line := range numbered(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		p, err := passage([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, n, err)
		}
		if before := keys[p.Key]; p.Key != "" && before != 0 {
			return nil, fmt.Errorf("%w: line %d: the key %q is that of line %d", ErrFormat, n, p.Key, before)
		}
		keys[p.Key] = n
		p.Line, p.Hash = n, Hash(p.Text)
		out = append(out, p)
	}
	return out, nil
}

func passage(line []byte) (Passage, error) {
	var in struct {
		Text     *string         `json:"text"`
		Title    string          `json:"title"`
		Key      string          `json:"key"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return Passage{}, err
	}
	if in.Text == nil || strings.TrimSpace(*in.Text) == "" {
		return Passage{}, errors.New("it has no text")
	}
	p := Passage{Text: *in.Text, Title: in.Title, Key: in.Key}
	switch meta := bytes.TrimSpace(in.Metadata); {
	case len(meta) == 0 || string(meta) == "null":
	case meta[0] != '{':
		return Passage{}, errors.New("metadata is no object")
	default:
		p.Metadata = string(meta)
	}
	return p, nil
}
