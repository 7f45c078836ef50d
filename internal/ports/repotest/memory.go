package repotest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

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

// Chunks implements ports.ChunkRepository.
func (m *Memory) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return nil, domain.DatabaseNotFound(db.ID)
	}
	out, size := []domain.Chunk{}, int64(0)
	for _, id := range d.selected(sel) {
		if c, ok := d.chunks[id]; ok && !gone(&c, sel.At) {
			out = append(out, project(c, fields))
			size += out[len(out)-1].Size()
		}
	}
	if sel.MaxBytes > 0 && size > sel.MaxBytes {
		return nil, domain.AnswerTooLarge(sel.MaxBytes)
	}
	return out, nil
}

// selected returns the ids that sel names; some may not be there.
func (d *memoryDatabase) selected(sel domain.Selection) []int64 {
	if sel.IDs != nil {
		return sel.IDs
	}
	var out []int64
	if sel.Keys != nil {
		for _, key := range sel.Keys {
			out = append(out, d.keys[key])
		}
		return out
	}
	from, found := slices.BinarySearch(d.order, sel.After)
	if found {
		from++
	}
	for _, id := range d.order[from:] {
		if len(out) >= sel.Limit {
			break
		}
		if c, ok := d.chunks[id]; ok && !gone(&c, sel.At) {
			out = append(out, id)
		}
	}
	return out
}

// gone reports whether c has expired at the moment at, if there is one.
func gone(c *domain.Chunk, at time.Time) bool { return !at.IsZero() && c.Expired(at) }

// Due implements ports.Expirer.
func (m *Memory) Due(ctx context.Context, now time.Time, limit int) ([]ports.Due, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	type late struct {
		id    string
		chunk domain.Chunk
	}
	var all []late
	for _, d := range m.data.databases {
		for _, c := range d.chunks {
			if c.Expired(now) {
				all = append(all, late{d.info.ID, c})
			}
		}
	}
	slices.SortFunc(all, func(a, b late) int { return a.chunk.ExpiresAt.Compare(b.chunk.ExpiresAt) })
	due := []ports.Due{}
	for _, l := range all[:min(limit, len(all))] {
		at := slices.IndexFunc(due, func(d ports.Due) bool { return d.Database == l.id })
		if at < 0 {
			at = len(due)
			due = append(due, ports.Due{Database: l.id})
		}
		due[at].IDs = append(due[at].IDs, l.chunk.ID)
	}
	return due, nil
}

// FindLive implements ports.Expirer.
func (m *Memory) FindLive(ctx context.Context, id string, now time.Time) (domain.Database, error) {
	if err := m.lock(ctx); err != nil {
		return domain.Database{}, err
	}
	defer m.unlock()
	d, err := m.find(id)
	if err != nil {
		return domain.Database{}, err
	}
	return d.live(now), nil
}

// ListLive implements ports.Expirer.
func (m *Memory) ListLive(ctx context.Context, now time.Time) ([]domain.Database, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	list := []domain.Database{}
	for _, d := range m.data.databases {
		list = append(list, d.live(now))
	}
	slices.SortFunc(list, func(a, b domain.Database) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// live describes d without the chunks that have expired at now, if that is a time.
func (d *memoryDatabase) live(now time.Time) domain.Database {
	info := d.info
	for _, c := range d.chunks {
		if gone(&c, now) {
			info.Chunks--
		}
	}
	return info
}

// project returns a copy of c with the wanted fields.
func project(c domain.Chunk, fields domain.Fields) domain.Chunk {
	if !fields.Has(domain.FieldText) {
		c.Text = ""
	}
	if !fields.Has(domain.FieldMetadata) {
		c.Metadata = domain.Metadata{}
	}
	if !fields.Has(domain.FieldEmbedding) {
		c.Embedding = nil
	}
	c.Embedding = slices.Clone(c.Embedding)
	return c
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

// Matching implements ports.FilterReader.
func (m *Memory) Matching(ctx context.Context, db domain.Database, f *filterlang.Filter, sel domain.Selection) ([]int64, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return nil, domain.DatabaseNotFound(db.ID)
	}
	ids := []int64{}
	for _, id := range d.order {
		if c, ok := d.chunks[id]; ok && id > sel.After && len(ids) < sel.Limit && !gone(&c, sel.At) && f.Matches(&c) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
