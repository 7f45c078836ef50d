package repotest

import (
	"errors"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// alter changes the settings of the database called id, which must be fine.
func (s *suite) alter(id string, change func(*domain.Settings)) domain.Database {
	s.Helper()
	var told []domain.Database
	d, err := s.repo.Alter(s.ctx, s.find(id), func(set *domain.Settings) error { change(set); return nil }, func(d domain.Database) { told = append(told, d) })
	if err != nil {
		s.Fatalf("Alter(%q) = %v; want nil", id, err)
	}
	if len(told) != 1 || told[0] != d || s.find(id) != d {
		s.Errorf("Alter(%q) = %+v, told %+v, Find = %+v; want all alike", id, d, told, s.find(id))
	}
	return d
}

var errRefused = errors.New("refused")

var alterRules = []rule{
	{"alter: settings change all at once, and nothing else does", func(s *suite) {
		before := s.put("db", numbered(3)...).Database
		want := before
		want.Settings = chosen()
		want.FullText = ""
		got := s.alter("db", func(set *domain.Settings) { *set = want.Settings })
		if got != want {
			s.Errorf("Alter = %+v; want %+v", got, want)
		}
		s.same("chunks", len(s.chunks("db", domain.Selection{Limit: 10})), 3)
		if s.config.Reopen != nil {
			s.reopen()
			s.same("settings after a reopening", s.find("db"), want)
		}
	}},
	{"alter: an error of change refuses the whole", func(s *suite) {
		before := s.put("db", numbered(1)...).Database
		_, err := s.repo.Alter(s.ctx, before, func(set *domain.Settings) error { set.TTL = time.Hour; return errRefused }, func(domain.Database) { s.Error("told of it") })
		if !errors.Is(err, errRefused) || s.find("db") != before {
			s.Errorf("Alter = %v, Find = %+v; want its error, %+v", err, s.find("db"), before)
		}
	}},
	{"alter: a life that has ended has no settings", func(s *suite) {
		old := s.put("db", numbered(1)...).Database
		if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
			s.Fatal(err)
		}
		s.put("db", numbered(1)...)
		a := s.repo
		_, err := a.Alter(s.ctx, old, func(*domain.Settings) error { return nil }, nil)
		s.kind("Alter of a life that has ended", err, domain.ErrNotFound)
	}},
	{"alter: texts are searched by another tokenizer once it is prepared", func(s *suite) {
		s.texts("running cats", "東京都", "a run")
		a, db := s.repo, s.find("texts")
		_, err := a.Alter(s.ctx, db, func(set *domain.Settings) error { set.FullText = domain.English; return nil }, nil)
		s.kind("Alter to a tokenizer that is not prepared", err, domain.ErrUnavailable)
		for _, by := range []domain.Tokenizer{domain.English, domain.Trigram, domain.Words, domain.Trigram} {
			if err := a.PrepareText(s.ctx, db, by, nil); err != nil {
				s.Fatalf("PrepareText(%s) = %v; want nil", by, err)
			}
			s.putTexts(chunk("runs after "+string(by), 1)) // in both
			s.write(domain.Batch{Database: "texts", Delete: []int64{1}})
			s.alter("texts", func(set *domain.Settings) { set.FullText = by })
			s.by = by
			s.agrees("run", ports.TextQuery{})
			s.agrees("cat 京", ports.TextQuery{})
			s.putTexts(chunk("京 runs", 1))
			s.agrees("run 京", ports.TextQuery{})
		}
	}},
	{"alter: full text begins and ends in a database with chunks", func(s *suite) {
		s.searcher()
		s.put("texts", chunk("one cat", 1), chunk("two", 1))
		a, db := s.repo, s.find("texts")
		if err := a.PrepareText(s.ctx, db, domain.Words, nil); err != nil {
			s.Fatalf("PrepareText = %v; want nil", err)
		}
		s.write(domain.Batch{Database: "texts", Put: []domain.Chunk{chunk("three cats", 1), chunk("cat", 1)}, Delete: []int64{2}})
		s.alter("texts", func(set *domain.Settings) { set.FullText = domain.Words })
		s.finds("cat", ports.TextQuery{}, 4, 1)
		s.alter("texts", func(set *domain.Settings) { set.FullText = "" })
		_, err := s.searcher().SearchText(s.ctx, s.find("texts"), ports.TextQuery{K: 1, Terms: []domain.TextTerm{{Text: "cat"}}})
		s.kind("SearchText after the end of full text", err, domain.ErrInvalid)
		s.put("texts", chunk("cat", 1))
	}},
	{"alter: what was prepared and is not wanted goes", func(s *suite) {
		s.texts("running", "a run")
		a, db := s.repo, s.find("texts")
		for range 3 {
			if err := a.PrepareText(s.ctx, db, domain.English, nil); err != nil {
				s.Fatalf("PrepareText = %v; want nil", err)
			}
			if err := a.ForgetText(s.ctx, db); err != nil {
				s.Fatalf("ForgetText = %v; want nil", err)
			}
			_, err := a.Alter(s.ctx, db, func(set *domain.Settings) error { set.FullText = domain.English; return nil }, nil)
			s.kind("Alter to what was forgotten", err, domain.ErrUnavailable)
			s.finds("run", ports.TextQuery{}, 2)
		}
		if err := a.PrepareText(s.ctx, db, domain.English, nil); err != nil {
			s.Fatalf("PrepareText = %v; want nil", err)
		}
		if s.config.Reopen == nil {
			return
		}
		s.reopen()
		_, err := s.repo.Alter(s.ctx, s.find("texts"), func(set *domain.Settings) error { set.FullText = domain.English; return nil }, nil)
		s.kind("Alter to what was prepared before a reopening", err, domain.ErrUnavailable)
		s.finds("run", ports.TextQuery{}, 2)
	}},
}
