package reembed_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

func TestADatabaseGetsAnotherEmbedder(t *testing.T) {
	for name, flatMax := range map[string]int{"searched exactly": 1 << 30, "with a graph": 200} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, flatMax)
			e.fill(1200)
			before := e.describe()
			j := e.reembed(48, domain.Cosine)
			e.done(j)
			if j = e.ended(j); j.Kind != app.KindReembed || j.Done != j.Total || j.Total < 2400 {
				t.Errorf("the job is %+v; want all of 2,400 steps at least", j)
			}
			e.sound(48, 1200)
			if d := e.describe(); d.Metric != domain.Cosine || !d.SameLife(before) || d.Sequence != before.Sequence+1 {
				t.Errorf("the database is %+v; want the life of %+v with cosine", d, before)
			}
			if _, err := e.Insert(t.Context(), app.Insert{Database: "db", Chunks: []domain.Chunk{{Text: "a new one"}, {Key: "k3", Text: "another text"}}}); err != nil {
				t.Fatal(err)
			}
			e.sound(48, 1201)
			for range 2 { // with the index file, if there is one
				e.stop()
				e.start()
				e.sound(48, 1201)
			}
			e.done(e.reembed(16, "")) // back in the first slot
			e.sound(16, 1201)
		})
	}
}

func TestWhatReembedRefuses(t *testing.T) {
	e := newEnv(t, 1<<30)
	e.fill(3)
	for name, c := range map[string]struct {
		in   app.Reembed
		kind error
		says string
	}{
		"the embedder that it has": {app.Reembed{Database: "db", Embedder: ref(16)}, domain.ErrConflict, "already"},
		"no embedder":              {app.Reembed{Database: "db"}, domain.ErrInvalid, "provider"},
		"a provider of nobody":     {app.Reembed{Database: "db", Embedder: domain.EmbedderRef{Provider: "x", Model: "y"}}, domain.ErrInvalid, "x"},
		"a database of nobody":     {app.Reembed{Database: "none", Embedder: ref(48)}, domain.ErrNotFound, "none"},
		"a metric of nobody":       {app.Reembed{Database: "db", Embedder: ref(48), Metric: "x"}, domain.ErrInvalid, "metric"},
		"too many dimensions":      {app.Reembed{Database: "db", Embedder: ref(app.DefaultLimits().Dims + 1)}, domain.ErrInvalid, "dimensions"},
	} {
		if _, err := e.StartReembed(t.Context(), c.in); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: StartReembed = %v; want %v that says %q", name, err, c.kind, c.says)
		}
	}
	own := vector(16, "own")
	if _, err := e.Insert(t.Context(), app.Insert{Database: "db", Chunks: []domain.Chunk{{Embedding: own}, {Embedding: own}}}); err != nil {
		t.Fatal(err)
	}
	before := e.all()
	_, err := e.StartReembed(t.Context(), app.Reembed{Database: "db", Embedder: ref(48)})
	if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "2 chunks") {
		t.Errorf("StartReembed with two chunks without text = %v; want ErrInvalid that counts them", err)
	}
	if diff := cmp.Diff(before, e.all()); diff != "" || len(e.Jobs()) != 0 {
		t.Errorf("a refusal has changed chunks, or left jobs %+v (-want +got):\n%s", e.Jobs(), diff)
	}
}

func TestACancelLeavesAllAsItWas(t *testing.T) {
	e := newEnv(t, 200)
	e.fill(1500)
	before, chunks := e.describe(), e.all()
	reached := make(chan struct{})
	e.on(func(ctx context.Context, dims, calls int) error {
		if dims == 48 && calls == 2 {
			close(reached)
			return e.held(ctx)
		}
		return nil
	})
	j := e.reembed(48, "")
	<-reached
	if _, err := e.StartReembed(t.Context(), app.Reembed{Database: "db", Embedder: ref(20)}); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("a second StartReembed = %v; want ErrBusy", err)
	}
	now, err := e.Job(j.ID)
	if err != nil || now.State != app.JobRunning || now.Done != 512 || now.Total != 4500 {
		t.Errorf("the job is %+v, %v; want 512 of 4,500 steps", now, err)
	}
	if now, err = e.CancelJob(t.Context(), j.ID); err != nil || now.State != app.JobCanceled {
		t.Fatalf("CancelJob = %+v, %v; want it canceled", now, err)
	}
	if d := e.describe(); d != before {
		t.Errorf("the database is %+v; want %+v", d, before)
	}
	if diff := cmp.Diff(chunks, e.all()); diff != "" {
		t.Errorf("chunks differ (-want +got):\n%s", diff)
	}
	e.stop()
	e.start()
	if err := e.ResumeReembeds(t.Context()); err != nil || len(e.Jobs()) != 0 {
		t.Errorf("ResumeReembeds = %v, jobs %+v; want nothing to go on with", err, e.Jobs())
	}
	e.on(nil)
	was := e.embedded(48)
	e.done(e.reembed(48, ""))
	if n := e.embedded(48) - was; n != 1500 {
		t.Errorf("%d texts were embedded after a cancel; want all 1,500", n)
	}
	e.sound(48, 1500)
}

func TestAFailureIsGoneOnFrom(t *testing.T) {
	e := newEnv(t, 1<<30)
	e.fill(1500)
	e.on(func(_ context.Context, dims, calls int) error {
		if dims == 48 && calls == 3 {
			return errDown
		}
		return nil
	})
	if j := e.ended(e.reembed(48, "")); j.State != app.JobFailed || !strings.Contains(j.Error, errDown.Error()) {
		t.Fatalf("the job has ended as %+v; want it failed, since the provider is down", j)
	}
	e.on(nil)
	was := e.embedded(48)
	e.done(e.reembed(48, ""))
	if n := e.embedded(48) - was; n != 1500-1024 {
		t.Errorf("%d texts were embedded by the second try; want 476", n)
	}
	e.sound(48, 1500)
}

// Whoever asks for the embedder that a database has wants no other one any more.
func TestTheEmbedderOfNowGivesUpWhatWasBegun(t *testing.T) {
	e := newEnv(t, 1<<30)
	e.fill(600)
	e.on(func(_ context.Context, dims, calls int) error {
		if dims == 48 && calls == 2 {
			return errDown
		}
		return nil
	})
	e.ended(e.reembed(48, ""))
	if _, err := e.StartReembed(t.Context(), app.Reembed{Database: "db", Embedder: ref(16)}); !errors.Is(err, domain.ErrConflict) {
		t.Errorf("StartReembed to the embedder that it has = %v; want ErrConflict", err)
	}
	e.stop()
	e.start()
	if err := e.ResumeReembeds(t.Context()); err != nil || len(e.Jobs()) != 0 {
		t.Errorf("ResumeReembeds = %v, jobs %+v; want nothing to go on with", err, e.Jobs())
	}
	e.sound(16, 600)
}

func TestAnotherModelBeginsAnew(t *testing.T) {
	e := newEnv(t, 1<<30)
	e.fill(1100)
	e.on(func(_ context.Context, dims, calls int) error {
		if dims == 48 && calls == 2 {
			return errDown
		}
		return nil
	})
	e.ended(e.reembed(48, ""))
	e.done(e.reembed(20, domain.L2))
	e.sound(20, 1100)
}

func TestAStopIsResumedFrom(t *testing.T) {
	e := newEnv(t, 200)
	e.fill(1500)
	reached := make(chan struct{})
	e.on(func(ctx context.Context, dims, calls int) error {
		if dims == 48 && calls == 3 {
			close(reached)
			return e.held(ctx)
		}
		return nil
	})
	e.reembed(48, "")
	<-reached
	e.stop()
	e.on(nil)
	was := e.embedded(48)
	e.start()
	if h, err := e.find(t.Context(), "text 7"); err != nil || len(h.Embedding) != 16 {
		t.Errorf("before it goes on a search finds %d dimensions, %v; want 16", len(h.Embedding), err)
	}
	text := "changed"
	if _, err := e.Patch(t.Context(), "db", app.Ref{Key: "k1"}, app.Patch{Text: &text}); err != nil {
		t.Fatal(err)
	}
	if err := e.ResumeReembeds(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := e.Jobs()
	if len(list) != 1 || list[0].Kind != app.KindReembed || list[0].Database != "db" {
		t.Fatalf("jobs are %+v; want the one that was cut off", list)
	}
	e.done(list[0])
	if n := e.embedded(48) - was; n != 1500-1024+1 {
		t.Errorf("%d texts were embedded after the start; want 477", n)
	}
	e.sound(48, 1500)
}

func TestATextThatCannotBeEmbeddedIsNamed(t *testing.T) {
	e := newEnv(t, 1<<30)
	e.fill(3)
	e.on(func(_ context.Context, dims, _ int) error {
		if dims != 48 {
			return nil
		}
		e.on(nil) // while the job is under way, chunks come that it cannot embed
		_, err := e.Insert(t.Context(), app.Insert{Database: "db", Chunks: []domain.Chunk{{Text: "unfit", Embedding: vector(16, "unfit")}, {Embedding: vector(16, "")}}})
		return err
	})
	if j := e.ended(e.reembed(48, "")); j.State != app.JobFailed || !strings.Contains(j.Error, "chunk 5") {
		t.Errorf("the job has ended as %+v; want it failed for chunk 5, which has no text", j)
	}
	if _, err := e.Delete(t.Context(), "db", []int64{5}); err != nil {
		t.Fatal(err)
	}
	if j := e.ended(e.reembed(48, "")); j.State != app.JobFailed || !strings.Contains(j.Error, "chunk 4") || !strings.Contains(j.Error, "token") {
		t.Errorf("the job has ended as %+v; want it failed for the text of chunk 4", j)
	}
	if h, err := e.find(t.Context(), "text 1"); err != nil || len(h.Embedding) != 16 {
		t.Errorf("after a failure a search finds %+v, %v", h, err)
	}
	text := "fit"
	if _, err := e.Patch(t.Context(), "db", app.Ref{ID: 4}, app.Patch{Text: &text}); err != nil {
		t.Fatal(err)
	}
	e.done(e.reembed(48, ""))
	e.sound(48, 4)
}

// An index file of the embeddings of before, as a crash or a restored directory could leave
// it beside the rows of after, is not used, also where both models have as many dimensions.
func TestAnIndexFileOfBeforeIsNotUsed(t *testing.T) {
	e := newEnv(t, 200)
	e.fill(1000)
	if err := e.FinishIndex(t.Context(), "db", nil); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(e.dir, "db.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("index files are %v, %v; want one", files, err)
	}
	old, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	e.on(func(context.Context, int, int) error { return nil })
	e.done(e.reembed(100016, "")) // 16 dimensions, others
	e.stop()
	if err := os.WriteFile(files[0], old, 0o600); err != nil {
		t.Fatal(err)
	}
	e.expect = "index file"
	e.start()
	e.sound(100016, 1000)
	if e.reported == 0 {
		t.Error("nothing was reported of the index file of before")
	}
}

// Settings that are changed while the job runs are there when it has ended.
func TestSettingsThatChangeMeanwhileStay(t *testing.T) {
	e := newEnv(t, 200)
	e.fill(600)
	ttl, m, ip := time.Hour, 12, domain.InnerProduct
	e.on(func(ctx context.Context, dims, calls int) error {
		if dims != 48 || calls != 2 {
			return nil
		}
		a, err := e.Alter(ctx, "db", domain.Alteration{TTL: &ttl, M: &m, Metric: &ip})
		if err == nil && a.Job != nil {
			var j app.Job
			if j, err = e.WaitJob(ctx, a.Job.ID); err == nil && j.State != app.JobDone {
				err = fmt.Errorf("the alteration has ended as %+v", j)
			}
		}
		return err
	})
	e.done(e.reembed(48, ""))
	e.sound(48, 600)
	if d := e.describe(); d.TTL != ttl || d.M != m || d.Metric != ip {
		t.Errorf("the database is %+v; want its time to live, m and metric changed", d)
	}
}
