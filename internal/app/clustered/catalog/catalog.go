package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// MaxAge is how long what is known of the catalog is used without asking whether another
// process has changed it.
const MaxAge = time.Second

// Config is what a Catalog is made of. Everything but Most and Changed is needed.
type Config struct {
	Cluster ports.Cluster
	Now     func() time.Time
	// Number returns a number for a new database that no other has had.
	Number func(ctx context.Context) (int64, error)
	// Count returns how many chunks a database has.
	Count func(ctx context.Context, e *Entry) (int64, error)
	Most  int // databases, aliases and tenants there may be; 0: no bound
	// Changed, if not nil, is called when the catalog is another than it was known to be.
	Changed func()
}

// Catalog knows what a cluster has. It is safe for concurrent use.
type Catalog struct {
	Config
	state   atomic.Pointer[State]
	checked atomic.Int64  // when the state was known to be that of the cluster, in nanoseconds
	mu      sync.Mutex    // one reader of documents at a time
	turn    chan struct{} // holds the one who changes it
}

// New returns a Catalog, which has read nothing yet.
func New(c Config) *Catalog { return &Catalog{Config: c, turn: make(chan struct{}, 1)} }

// The names of documents.
const (
	versionDoc = "version"
	namesDoc   = "names"
)

func partDoc(n int) string { return fmt.Sprintf("databases %d", n) }

// versionOf is the document versionDoc.
type versionOf struct {
	Version int64 `json:"version"`
}

// Known returns what there is, as it was at most MaxAge ago, and later than all changes that
// were made through c.
func (c *Catalog) Known(ctx context.Context) (*State, error) {
	if s := c.state.Load(); s != nil && c.Now().UnixNano()-c.checked.Load() < int64(MaxAge) {
		return s, nil
	}
	return c.Fresh(ctx)
}

// Fresh returns what there is now.
func (c *Catalog) Fresh(ctx context.Context) (*State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	began := c.Now().UnixNano()
	var v versionOf
	if err := c.read(ctx, versionDoc, &v); err != nil {
		return nil, err
	}
	old := c.state.Load()
	if old != nil && old.version == v.Version {
		c.checked.Store(began)
		return old, nil
	}
	s, err := c.readAll(ctx, v.Version)
	if err != nil {
		return nil, err
	}
	c.publish(s, began)
	return s, nil
}

func (c *Catalog) publish(s *State, at int64) {
	c.state.Store(s)
	c.checked.Store(at)
	if c.Changed != nil {
		c.Changed()
	}
}

// read reads a document; one that is not there leaves into as it is.
func (c *Catalog) read(ctx context.Context, name string, into any) error {
	raw, err := c.Cluster.Document(ctx, name)
	if errors.Is(err, domain.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("catalog of the cluster: %s: %w", name, err)
	}
	return nil
}

func (c *Catalog) readAll(ctx context.Context, version int64) (*State, error) {
	s := &State{version: version, databases: map[string]*Entry{}}
	var lists [parts][]record
	g, inner := errgroup.WithContext(ctx)
	for n := range parts {
		g.Go(func() error { return c.read(inner, partDoc(n), &lists[n]) })
	}
	g.Go(func() error { return c.read(inner, namesDoc, &s.names) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for n := range lists {
		for i := range lists[n] {
			e, err := lists[n][i].entry()
			if err != nil {
				return nil, err
			}
			s.databases[strings.ToLower(e.ID)] = e
		}
	}
	s.index()
	return s, nil
}

// change is a change of the catalog under way.
type change struct {
	*State
	dirty   map[int]bool // parts that are others than they were
	renames bool         // names are
	after   []func(ctx context.Context)
}

// put stores e in place of the database with its id.
func (ch *change) put(e *Entry) {
	ch.databases[strings.ToLower(e.ID)] = e
	ch.dirty[partOf(e.ID)] = true
	ch.index()
}

// remove takes e out, with its aliases.
func (ch *change) remove(e *Entry) {
	delete(ch.databases, strings.ToLower(e.ID))
	ch.dirty[partOf(e.ID)] = true
	for alias, number := range ch.names.Aliases {
		if number == e.Number {
			delete(ch.names.Aliases, alias)
			ch.renames = true
		}
	}
	ch.index()
}

// changeWait bounds how long a change waits for those of others.
const changeWait = 30 * time.Second

// change calls fn with what there is now, while nobody else changes it, and stores what has
// become of it before it returns. If fn returns an error nothing is stored.
func (c *Catalog) change(ctx context.Context, fn func(ch *change) error) error {
	ctx, cancel := context.WithTimeout(ctx, changeWait)
	defer cancel()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return domain.Errorf(domain.ErrBusy, "databases are being made and dropped: try again in a moment")
	}
	held, unlock, err := c.Cluster.Lock(ctx, "catalog")
	if err != nil {
		return err
	}
	defer unlock()
	now, err := c.Fresh(ctx)
	if err != nil {
		return err
	}
	ch := &change{State: now.clone(), dirty: map[int]bool{}}
	if err := fn(ch); err != nil {
		return err
	}
	if len(ch.dirty) == 0 && !ch.renames {
		return nil
	}
	return c.store(ctx, ch, held)
}

// store writes what has changed, the version last.
func (c *Catalog) store(ctx context.Context, ch *change, held func() bool) error {
	ch.version++
	write := func(name string, value any) error {
		raw, ok := value.([]byte)
		if !ok {
			var err error
			if raw, err = json.Marshal(value); err != nil {
				return err
			}
		}
		if !held() {
			return domain.Errorf(domain.ErrBusy, "the catalog of the cluster took too long to be changed: try again")
		}
		return c.Cluster.PutDocument(ctx, name, raw)
	}
	for n := range ch.dirty {
		raw, err := ch.part(n)
		if err == nil {
			err = write(partDoc(n), raw)
		}
		if err != nil {
			return err
		}
	}
	if ch.renames {
		if err := write(namesDoc, ch.names); err != nil {
			return err
		}
	}
	if err := write(versionDoc, versionOf{ch.version}); err != nil {
		return err
	}
	c.mu.Lock()
	c.publish(ch.State, c.Now().UnixNano())
	c.mu.Unlock()
	for _, fn := range ch.after {
		fn(ctx)
	}
	return nil
}
