package repotest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var (
	_ ports.ChunkRepository = (*Memory)(nil)
	_ ports.Expirer         = (*Memory)(nil)
)

// Memory is a ChunkRepository in plain maps, for tests. It is safe for concurrent use.
type Memory struct {
	turn chan struct{} // holds one token; its owner may touch the rest

	closed bool
	data   *memoryData
}

// memoryData outlives a Memory, as a file outlives the process.
type memoryData struct {
	databases map[string]*memoryDatabase // by id in lower case
	numbers   int64
	random    *rand.Rand
}

type memoryDatabase struct {
	info   domain.Database
	next   int64
	order  []int64 // every id ever given, ascending
	chunks map[int64]domain.Chunk
	keys   map[string]int64

	prepared domain.Tokenizer // by PrepareText

	reembed *memoryReembed // nil: none is under way
}

// NewMemory returns an empty repository.
func NewMemory() *Memory {
	return openMemory(&memoryData{databases: make(map[string]*memoryDatabase), random: rand.New(rand.NewPCG(1, 2))})
}

func openMemory(data *memoryData) *Memory {
	m := &Memory{turn: make(chan struct{}, 1), data: data}
	m.turn <- struct{}{}
	return m
}

// Reopen closes m and returns a repository with the same data.
func (m *Memory) Reopen() *Memory {
	<-m.turn
	m.closed = true
	for _, d := range m.data.databases {
		d.prepared = "" // what was prepared goes with the process that did
	}
	m.turn <- struct{}{}
	return openMemory(m.data)
}

// lock waits for m's turn; unlock ends it.
func (m *Memory) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-m.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if m.closed {
		m.unlock()
		return fmt.Errorf("memory: %w", domain.ErrClosed)
	}
	return nil
}

func (m *Memory) unlock() { m.turn <- struct{}{} }

// Create implements ports.Catalog.
func (m *Memory) Create(ctx context.Context, id string, s domain.Settings, applied func(domain.Database)) (domain.Database, bool, error) {
	if err := m.lock(ctx); err != nil {
		return domain.Database{}, false, err
	}
	defer m.unlock()
	d, created, err := m.findOrCreate(id, &s)
	if err != nil {
		return domain.Database{}, false, err
	}
	if !created {
		if differences := d.info.Differences(s); differences != "" {
			return domain.Database{}, false, domain.OtherSettings(id, differences)
		}
		return d.info, false, nil
	}
	m.data.databases[strings.ToLower(id)] = d
	if applied != nil {
		applied(d.info)
	}
	return d.info, true, nil
}

func (m *Memory) find(id string) (*memoryDatabase, error) {
	d := m.data.databases[strings.ToLower(id)]
	if d == nil || d.info.ID != id {
		return nil, domain.DatabaseNotFound(id)
	}
	return d, nil
}

// findOrCreate returns the database called id, or a new one that is not registered yet.
func (m *Memory) findOrCreate(id string, s *domain.Settings) (*memoryDatabase, bool, error) {
	d, err := m.find(id)
	if err == nil || s == nil {
		return d, false, err
	}
	if other := m.data.databases[strings.ToLower(id)]; other != nil {
		return nil, false, domain.Errorf(domain.ErrConflict, "Database '%s' differs from '%s' in case only", id, other.info.ID)
	}
	if err := domain.CheckID(id); err != nil {
		return nil, false, err
	}
	m.data.numbers++
	info := domain.Database{Number: m.data.numbers, ID: id, Settings: *s, CreatedAt: time.Now().UTC().Truncate(time.Microsecond)}
	if info.Metric == "" {
		info.Metric = domain.DefaultMetric
	}
	for i := range info.Incarnation {
		info.Incarnation[i] = byte(m.data.random.Uint32())
	}
	return &memoryDatabase{info: info, next: 1, chunks: make(map[int64]domain.Chunk), keys: make(map[string]int64)}, true, nil
}

// Alter implements ports.Alterer.
func (m *Memory) Alter(ctx context.Context, db domain.Database, change func(*domain.Settings) error, applied func(domain.Database)) (domain.Database, error) {
	if err := m.lock(ctx); err != nil {
		return domain.Database{}, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return domain.Database{}, domain.DatabaseNotFound(db.ID)
	}
	set := d.info.Settings
	if err := change(&set); err != nil {
		return domain.Database{}, err
	}
	if d.info.NeedsTexts(set) && d.prepared != set.FullText {
		return domain.Database{}, domain.TextsNotReady(db.ID)
	}
	d.info.Settings, d.prepared = set, ""
	if applied != nil {
		applied(d.info)
	}
	return d.info, nil
}

// PrepareText implements ports.Alterer: texts are compared one by one, so there is nothing
// to make.
func (m *Memory) PrepareText(ctx context.Context, db domain.Database, t domain.Tokenizer, _ func(int64)) error {
	return m.prepare(ctx, db, t)
}

// ForgetText implements ports.Alterer.
func (m *Memory) ForgetText(ctx context.Context, db domain.Database) error {
	return m.prepare(ctx, db, "")
}

func (m *Memory) prepare(ctx context.Context, db domain.Database, t domain.Tokenizer) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return domain.DatabaseNotFound(db.ID)
	}
	d.prepared = t
	return nil
}

// Find implements ports.Catalog.
func (m *Memory) Find(ctx context.Context, id string) (domain.Database, error) {
	return m.FindLive(ctx, id, time.Time{})
}

// List implements ports.Catalog.
func (m *Memory) List(ctx context.Context) ([]domain.Database, error) {
	return m.ListLive(ctx, time.Time{})
}

// Drop implements ports.Catalog.
func (m *Memory) Drop(ctx context.Context, id string, applied func(domain.Database)) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	d, err := m.find(id)
	if err != nil {
		return err
	}
	delete(m.data.databases, strings.ToLower(id))
	if applied != nil {
		applied(d.info)
	}
	return nil
}

// Close implements ports.ChunkRepository.
func (m *Memory) Close() error {
	<-m.turn
	m.closed = true
	m.unlock()
	return nil
}

// hashOf takes one change into a running hash.
func hashOf(h domain.Hash, sequence, id int64) domain.Hash {
	b := binary.LittleEndian.AppendUint64(h[:], uint64(sequence))
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(b, uint64(id)))
	copy(h[:], sum[:])
	return h
}

var (
	_ ports.FilterReader = (*Memory)(nil)
	_ ports.Alterer      = (*Memory)(nil)
)
