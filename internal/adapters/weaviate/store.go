package weaviate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Options say where a cluster is, and how chunks are kept in it.
type Options struct {
	wire.Options
	// Replicas is how many copies there are of what is made from now on; 0: three, or as many
	// as the cluster has nodes.
	Replicas int
	// Wait has Open return although the cluster does not answer.
	Wait bool
	// Name is that of the machine, for people.
	Name string
}

// Store is a cluster. It is safe for concurrent use.
type Store struct {
	client   *wire.Client
	replicas int
	name     string
	write    wire.Consistency

	mu     sync.Mutex // guards all below
	made   map[string]bool
	turns  map[string]turnSeen // of locks
	checks chan struct{}       // closed by Close
	fault  error               // what is wrong with the cluster as a whole; nil: nothing is known
	since  time.Time           // of fault
	ready  bool                // it has been looked at, and is what it has to be
	closed bool
	done   sync.WaitGroup
}

var _ ports.Cluster = (*Store)(nil)

// The oldest version that has what this package needs, such as aliases.
const (
	leastMajor = 1
	leastMinor = 32
)

// Open connects to a cluster and looks whether it is one that this package can use. With Wait
// that is done in the background, until it is.
func Open(ctx context.Context, o Options) (*Store, error) {
	client, err := wire.New(o.Options)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, replicas: o.Replicas, name: o.Name + " " + rand.Text(), write: o.Write, made: map[string]bool{}, turns: map[string]turnSeen{}, checks: make(chan struct{})}
	if err := s.look(ctx); err != nil && !o.Wait {
		return nil, errors.Join(err, s.Close())
	}
	s.done.Go(s.watch)
	return s, nil
}

// watchEvery is how often the cluster is looked at.
const watchEvery = 2 * time.Second

// watch looks at the cluster until Close.
func (s *Store) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.checks:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), watchEvery)
		_ = s.look(ctx) // it notes what is wrong
		cancel()
	}
}

// look finds out whether the cluster can be used, and makes what it needs.
func (s *Store) look(ctx context.Context) error {
	err := s.usable(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.fault == nil {
		s.since = time.Now()
	}
	if s.fault = err; err == nil {
		s.ready = true
	}
	return err
}

func (s *Store) usable(ctx context.Context) error {
	n, err := s.client.Ready(ctx)
	if n == 0 {
		return domain.Errorf(domain.ErrUnavailable, "no node of the cluster answers: %v", err)
	}
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	if ready {
		return nil
	}
	about, err := s.client.Meta(ctx)
	if err != nil {
		return err
	}
	if !recent(about.Version) {
		return domain.Errorf(domain.ErrUnsupported, "the cluster runs Weaviate %s: at least %d.%d is needed", about.Version, leastMajor, leastMinor)
	}
	if s.replicas == 0 {
		members, err := s.client.Members(ctx, false)
		if err != nil {
			return err
		}
		s.replicas = max(1, min(3, len(members)))
	}
	return s.makeDocuments(ctx)
}

// recent reports whether a version is one that this package can use.
func recent(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major > leastMajor || major == leastMajor && minor >= leastMinor)
}

// check refuses calls after Close, and while the cluster was never seen.
func (s *Store) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return domain.ErrClosed
	case !s.ready:
		return fmt.Errorf("the cluster cannot be used yet: %w", s.fault)
	}
	return nil
}

// Health implements ports.Cluster.
func (s *Store) Health() []domain.Problem {
	s.mu.Lock()
	fault, since := s.fault, s.since
	s.mu.Unlock()
	if fault != nil {
		return []domain.Problem{{Kind: fault, Since: since}}
	}
	nodes, down := s.client.Nodes(), 0
	for _, n := range nodes {
		if n.Up {
			continue
		}
		if down++; down == 1 || n.Since.Before(since) {
			since = n.Since
		}
	}
	if down == 0 {
		return nil
	}
	return []domain.Problem{{Kind: domain.Errorf(domain.ErrUnavailable, "%d of %d nodes of the cluster do not answer: the others are asked", down, len(nodes)), Since: since}}
}

// Usable implements ports.Cluster.
func (s *Store) Usable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return domain.ErrClosed
	case s.fault != nil && !errors.Is(s.fault, domain.ErrUnavailable):
		return domain.Errorf(domain.ErrUnavailable, "%v", s.fault)
	}
	return s.fault
}

// Close implements ports.Cluster.
func (s *Store) Close() error {
	s.mu.Lock()
	again := s.closed
	if s.closed = true; !again {
		close(s.checks)
	}
	s.mu.Unlock()
	err := s.client.Close()
	s.done.Wait()
	return err
}
