package mcp

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/memista/memista/api"
)

const (
	// answerBytes is how much JSON of texts and metadata one answer has at most: about ten
	// thousand tokens, where clients take answers of 25,000.
	answerBytes = 32 << 10
	// errorBytes is how long the text of an error may be.
	errorBytes = 2 << 10
	// leastText is what is shown of a text even where metadata fills the room.
	leastText = 200
)

// chunk is a chunk as agents see it.
type chunk struct {
	ID        int64   `json:"id" jsonschema:"id of the chunk in its database"`
	Key       string  `json:"key,omitempty" jsonschema:"the caller's own id of the chunk"`
	URI       string  `json:"uri" jsonschema:"resource of the chunk"`
	Text      string  `json:"text"`
	Metadata  any     `json:"metadata,omitempty" jsonschema:"an object, or a string"`
	Score     float32 `json:"score,omitempty" jsonschema:"of a search: higher is better; comparable within one answer only"`
	ExpiresAt string  `json:"expires_at,omitempty" jsonschema:"when the chunk is forgotten by itself, RFC 3339"`
	Note      string  `json:"note,omitempty" jsonschema:"what was left out, and how to fetch it"`
}

// shown returns c with its text from the byte offset on, in at most room bytes of JSON.
func shown(database string, c *api.Chunk, offset, room int) chunk {
	out := chunk{ID: c.ID, Key: c.Key, URI: uriOf(database, c.ID)}
	if !c.ExpiresAt.IsZero() {
		out.ExpiresAt = c.ExpiresAt.UTC().Format(time.RFC3339)
	}
	if meta := c.Metadata.String(); len(meta) > room/2 {
		out.Note = fmt.Sprintf("metadata of %d bytes is left out", len(meta))
		if room < answerBytes {
			out.Note += fmt.Sprintf(": get with id %d may have room for it", c.ID)
		}
	} else if meta != "" && meta != "null" {
		out.Metadata = json.RawMessage(meta)
		room -= len(meta)
	}
	for offset < len(c.Text) && !utf8.RuneStart(c.Text[offset]) {
		offset++
	}
	rest := c.Text[min(offset, len(c.Text)):]
	out.Text = head(rest, max(room, leastText))
	if end := offset + len(out.Text); len(out.Text) < len(rest) {
		note := fmt.Sprintf("text is cut at byte %d of %d: get with id %d and offset %d returns the rest", end, len(c.Text), c.ID, end)
		if out.Note != "" {
			note += "; " + out.Note
		}
		out.Note = note
	}
	return out
}

// shownAll shares the room of an answer among hits: what short texts leave goes to those
// behind them.
func shownAll(database string, hits []api.Hit) []chunk {
	out, room := make([]chunk, len(hits)), answerBytes
	for i := range hits {
		c := shown(database, &hits[i].Chunk, 0, room/(len(hits)-i))
		c.Score = hits[i].Score
		room = max(0, room-jsonBytes(c.Text))
		if raw, ok := c.Metadata.(json.RawMessage); ok {
			room = max(0, room-len(raw))
		}
		out[i] = c
	}
	return out
}

// head returns as much of s as JSON writes in at most room bytes.
func head(s string, room int) string {
	for i, r := range s {
		if room -= runeBytes(r); room < 0 {
			return s[:i]
		}
	}
	return s
}

// jsonBytes is how many bytes JSON takes for s.
func jsonBytes(s string) (n int) {
	for _, r := range s {
		n += runeBytes(r)
	}
	return n
}

func runeBytes(r rune) int {
	switch {
	case r == '"', r == '\\', r == '\n', r == '\r', r == '\t':
		return 2
	case r < ' ', r == '\u2028', r == '\u2029':
		return 6
	}
	return utf8.RuneLen(r)
}

// scheme begins the addresses of chunks, and uriTemplate is their form.
const (
	scheme      = "memista://"
	uriTemplate = scheme + "{database}/chunks/{id}"
)

func uriOf(database string, id int64) string {
	return scheme + database + "/chunks/" + strconv.FormatInt(id, 10)
}
