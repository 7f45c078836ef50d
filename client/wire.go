package client

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/memista/memista/api"
)

// vector reads an embedding in both of the forms that a server sends.
type vector []float32

// UnmarshalJSON implements json.Unmarshaler.
func (v *vector) UnmarshalJSON(raw []byte) error {
	if len(raw) == 0 || raw[0] != '"' {
		return json.Unmarshal(raw, (*[]float32)(v))
	}
	var b []byte // which encoding/json takes from base64
	if err := json.Unmarshal(raw, &b); err != nil {
		return fmt.Errorf("embedding: %w", err)
	}
	if len(b)%4 != 0 {
		return fmt.Errorf("embedding: %d bytes are no whole number of float32", len(b))
	}
	*v = make(vector, len(b)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

// wireHit is a chunk, or a hit, in the server's JSON.
type wireHit struct {
	api.Hit
	Packed vector            `json:"embedding"`
	Named  map[string]vector `json:"vectors"`
}

func (w *wireHit) hit() Hit {
	w.Embedding = w.Packed
	if len(w.Named) > 0 {
		w.Vectors = make(map[string][]float32, len(w.Named))
		for name, v := range w.Named {
			w.Vectors[name] = v
		}
	}
	return w.Hit
}

func (w *wireHit) chunk() Chunk { return w.hit().Chunk }

// wireInfo is a database in the server's JSON.
type wireInfo struct {
	api.DatabaseInfo
	TTLSeconds int64 `json:"ttl_seconds"`
}

func (w *wireInfo) info() DatabaseInfo {
	w.TTL = time.Duration(w.TTLSeconds) * time.Second
	return w.DatabaseInfo
}

// wireJob is a job in the server's JSON.
type wireJob struct {
	api.Job
	Error string `json:"error"`
}

func (w *wireJob) job() Job {
	switch {
	case w.State == JobCanceled:
		w.Err = errCanceled
	case w.Error != "":
		w.Err = errors.New(w.Error)
	}
	return w.Job
}

// seconds returns a TTL as it is sent.
func seconds(ttl time.Duration) (int64, error) {
	if ttl%time.Second != 0 || ttl < 0 {
		return 0, refuse(invalid, "a TTL of %v is not a whole number of seconds", ttl)
	}
	return int64(ttl / time.Second), nil
}

// appendVector appends v as base64, which is shorter than an array of numbers, and which
// the server reads in half the time.
func appendVector(b []byte, v []float32) ([]byte, error) {
	raw := make([]byte, 0, 4*len(v))
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, refuse(notFinite, "embedding component %d is not a finite number", i)
		}
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, raw)
	return append(b, '"'), nil
}

// appendText appends text, which JSON carries only if it is UTF-8.
func appendText(b []byte, what, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, refuse(invalid, "%s is not valid UTF-8", what)
	}
	return appendString(b, text), nil
}

// appendMetadata appends the JSON of m.
func appendMetadata(b []byte, m Metadata) ([]byte, error) {
	if err := m.Err(); err != nil {
		return nil, refuse(invalid, "%v", err)
	}
	return append(b, m.String()...), nil
}

// appendString appends s, which is UTF-8: Marshal puts U+FFFD in the place of what is not.
func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("client: a string does not marshal: " + err.Error()) // it always does
	}
	return append(b, quoted...)
}

// appendTTL appends a TTL in seconds.
func appendTTL(b []byte, ttl time.Duration) ([]byte, error) {
	n, err := seconds(ttl)
	return strconv.AppendInt(b, n, 10), err
}

// checkFilter refuses what is known to be no filter.
func checkFilter(f *Filter) error {
	if err := f.Err(); err != nil {
		return refuse(invalid, "%v", err)
	}
	return nil
}
