package weaviate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// documents is the class of documents, whose objects have no vectors.
const documents = "Memista_documents"

// makeDocuments makes the class of documents.
func (s *Store) makeDocuments(ctx context.Context) error {
	no := false
	plain := func(name string) wire.Property {
		return wire.Property{Name: name, DataType: []string{"text"}, IndexFilterable: &no, IndexSearchable: &no}
	}
	return s.makeClass(ctx, wire.Class{
		Name: documents, Description: mark + ": which databases there are", Vectorizer: "none", VectorIndexType: "hnsw", VectorIndexConfig: map[string]any{"skip": true},
		Replication: &wire.Replication{Factor: s.replicas, Deletion: "TimeBasedResolution"},
		Sharding:    &wire.Sharding{Desired: 1},
		Properties:  []wire.Property{plain("name"), plain("document")},
	})
}

// documentID returns the UUID of the document with a name.
func documentID(name string) uuid.UUID {
	sum := sha256.Sum256([]byte(name))
	return uuid.UUID(sum[:16])
}

// Document implements ports.Cluster.
func (s *Store) Document(ctx context.Context, name string) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	o, err := s.client.Object(ctx, wire.Place{Class: documents}, documentID(name), false)
	if err != nil {
		return nil, err
	}
	return []byte(o.Properties.Text("document")), nil
}

// PutDocument implements ports.Cluster.
func (s *Store) PutDocument(ctx context.Context, name string, raw []byte) error {
	if err := s.check(); err != nil {
		return err
	}
	o := wire.Object{ID: documentID(name), Properties: wire.Properties{"name": name, "document": string(raw)}}
	results, err := s.client.Put(ctx, wire.Place{Class: documents}, []wire.Object{o})
	if err == nil {
		err = results[0]
	}
	if err != nil {
		return fmt.Errorf("document %s: %w", name, err)
	}
	return nil
}

// Times of a lock: how long it is held at most, how much longer others wait, for clocks
// differ, and how long they wait between two looks.
//
// Whoever has a turn says so within claimTime. Who sees a turn that is had, and that nobody has
// said to have for claimTime and a margin, takes the next one: its owner died, or never learned
// that the turn is its own.
const (
	lockTime    = ports.LockTime
	lockMargin  = 5 * time.Second
	lockPause   = 10 * time.Millisecond
	claimTime   = 3 * time.Second
	claimMargin = 2 * time.Second
)

// lockState is the document of a lock. Its turns are counted; who may have the next one is
// decided by who makes the alias with its number, of which the cluster makes one only.
type lockState struct {
	Turn   int64  `json:"turn"`
	Holder string `json:"holder"`
	Until  int64  `json:"until"` // milliseconds since 1970; 0: nobody has it
}

// Lock implements ports.Cluster.
func (s *Store) Lock(ctx context.Context, name string) (held func() bool, unlock func(), err error) {
	doc := "lock " + name
	for {
		st, err := s.lockState(ctx, doc)
		if err != nil {
			return nil, nil, err
		}
		if st.Until == 0 || time.Now().UnixMilli() > st.Until+lockMargin.Milliseconds() {
			turn := s.nextTurn(name, st.Turn)
			began := time.Now()
			won, err := s.takeTurn(ctx, name, turn)
			if err != nil {
				return nil, nil, err
			}
			if won {
				return s.holdLock(ctx, name, doc, turn, began)
			}
			s.sawTurn(name, turn)
		}
		select {
		case <-ctx.Done():
			return nil, nil, domain.Errorf(domain.ErrBusy, "somebody else changes the same in the cluster: try again in a moment")
		case <-time.After(lockPause + rand.N(lockPause)):
		}
	}
}

// turnSeen is a turn of a lock that somebody has and does not say so.
type turnSeen struct {
	turn  int64
	since time.Time
}

// nextTurn returns the turn to try for after the one that is over.
func (s *Store) nextTurn(name string, over int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen, is := s.turns[name]
	switch {
	case !is || seen.turn <= over:
		delete(s.turns, name)
		return over + 1
	case time.Since(seen.since) > claimTime+claimMargin:
		return seen.turn + 1
	}
	return seen.turn
}

// sawTurn notes that a turn is had.
func (s *Store) sawTurn(name string, turn int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns[name].turn != turn {
		s.turns[name] = turnSeen{turn, time.Now()}
	}
}

func (s *Store) lockState(ctx context.Context, doc string) (st lockState, err error) {
	raw, err := s.Document(ctx, doc)
	if errors.Is(err, domain.ErrNotFound) {
		return st, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &st)
	}
	return st, err
}

func aliasOf(name string, turn int64) string { return fmt.Sprintf("Memista_lock_%s_%d", name, turn) }

// takeTurn reports whether the turn with a number is ours.
func (s *Store) takeTurn(ctx context.Context, name string, turn int64) (bool, error) {
	err := s.client.CreateAlias(ctx, aliasOf(name, turn), documents)
	if errors.Is(err, domain.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// holdLock says that the turn, for which was tried at began, is ours, unless it came too late.
func (s *Store) holdLock(ctx context.Context, name, doc string, turn int64, began time.Time) (held func() bool, unlock func(), err error) {
	until := began.Add(lockTime)
	put := func(ctx context.Context, end int64) error {
		raw, err := json.Marshal(lockState{Turn: turn, Holder: s.name, Until: end})
		if err != nil {
			return err
		}
		return s.PutDocument(ctx, doc, raw)
	}
	if err := s.claim(ctx, doc, turn, began.Add(claimTime), func(ctx context.Context) error { return put(ctx, until.UnixMilli()) }); err != nil {
		return nil, nil, err
	}
	unlock = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTime)
		defer cancel()
		// Not after its end, when it ends by itself: it would say that the turn of another is over.
		inTime, stop := context.WithDeadline(ctx, until)
		defer stop()
		if inTime.Err() == nil {
			_ = put(inTime, 0)
		}
		_ = s.client.DropAlias(ctx, aliasOf(name, turn-2)) // of a turn that nobody tries to get any more
	}
	return func() bool { return time.Now().Before(until) }, unlock, nil
}

// claim says that a turn is ours until the time for that is over, and looks whether it is.
func (s *Store) claim(ctx context.Context, doc string, turn int64, end time.Time, say func(ctx context.Context) error) error {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	st, err := s.lockState(ctx, doc)
	if err == nil && st.Turn < turn {
		if err = say(ctx); err == nil {
			st, err = s.lockState(ctx, doc)
		}
	}
	if err == nil && (st.Turn != turn || st.Holder != s.name || time.Now().After(end)) {
		err = domain.Errorf(domain.ErrBusy, "the cluster took too long to give out a lock: try again in a moment")
	}
	return err
}
