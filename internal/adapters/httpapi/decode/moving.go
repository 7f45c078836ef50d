package decode

import (
	"time"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
)

var (
	loadFields = []string{"chunks", "delete", "next_id", "delete_keys"}
	// A chunk of a load has what one of an insert has, but for a time to live.
	loadedFields = append(append([]string(nil), chunkFields...), "chunk_id", "expires_at")
)

// Load reads the body of POST /v1/databases/{id}/load.
func Load(body []byte) (in app.Load, err error) {
	var d chunkDecoder
	d.Reset(body)
	_, err = d.Object(loadFields, func(field int) (err error) {
		switch loadFields[field] {
		case "chunks":
			err = d.Array(func(int) error {
				var ch domain.Chunk
				err := d.loaded(&ch)
				in.Chunks = append(in.Chunks, ch)
				return err
			})
		case "delete":
			err = d.Array(func(int) error {
				id, err := d.Int()
				in.Delete = append(in.Delete, id)
				return err
			})
		case "delete_keys":
			err = d.Array(func(int) error {
				key, err := d.Text()
				in.DeleteKeys = append(in.DeleteKeys, string(key))
				return err
			})
		case "next_id":
			in.NextID, err = d.Int()
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	return in, err
}

// loaded reads a chunk with its id and the time at which it expires.
func (d *chunkDecoder) loaded(ch *domain.Chunk) error {
	start := d.Offset()
	seen, err := d.Object(loadedFields, func(field int) (err error) {
		switch loadedFields[field] {
		case "chunk_id":
			ch.ID, err = d.Int()
		case "expires_at":
			ch.ExpiresAt, err = moment(&d.Scanner)
		case "ttl_seconds":
			err = d.Errorf("does not belong to a chunk that is loaded: expires_at says when it expires")
		default:
			err = d.part(ch, field, start)
		}
		return err
	})
	if err == nil {
		err = required(loadedFields, seen, 1<<(len(loadedFields)-2))
	}
	return err
}

// moment reads a time; null is none.
func moment(s *wire.Scanner) (time.Time, error) {
	if s.Null() {
		return time.Time{}, nil
	}
	b, err := s.Text()
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return time.Time{}, s.Errorf("must be a time such as 2026-11-30T12:00:00Z")
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

var holdFields = []string{"seconds", "moved_to", "if_sequence"}

// Hold reads the body of POST /v1/databases/{id}/hold; nil: it only asks for the state.
func Hold(body []byte) (*feed.Hold, error) {
	if len(body) == 0 {
		return nil, nil
	}
	var s wire.Scanner
	var h feed.Hold
	s.Reset(body)
	seen, err := s.Object(holdFields, func(field int) error {
		if holdFields[field] == "moved_to" {
			b, err := s.Text()
			if h.Moved = string(b); err == nil && h.Moved == "" {
				err = s.Errorf("cannot be empty: send {\"seconds\":0} to let writers in again")
			}
			return err
		}
		n, err := s.Int()
		if holdFields[field] == "if_sequence" {
			h.IfSequence = &n
			return err
		}
		if err == nil && (n < 0 || n > int64(feed.MaxHold/time.Second)) {
			err = s.Errorf("must be between 0 and %d", int64(feed.MaxHold/time.Second))
		}
		h.For = time.Duration(n) * time.Second
		return err
	})
	if err == nil {
		err = s.End()
	}
	switch {
	case err != nil:
		return nil, err
	case seen == 0:
		return nil, nil
	case seen&0b11 == 0:
		return nil, domain.Errorf(domain.ErrInvalid, "field seconds or moved_to is missing")
	}
	return &h, nil
}
