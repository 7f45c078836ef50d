package nodes_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/adapters/weaviate/wire/nodes"
	"github.com/memista/memista/internal/domain"
)

var (
	errDown   = &nodes.Fault{Err: errors.New("refused"), Down: true}
	errBroken = &nodes.Fault{Err: errors.New("reset"), Sent: true, Down: true}
	errBusy   = &nodes.Fault{Err: errors.New("busy"), Sent: true}
)

func newPool(t *testing.T, o nodes.Options) *nodes.Pool {
	t.Helper()
	if o.Addresses == nil {
		o.Addresses = []string{"a", "b", "c"}
	}
	p, err := nodes.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// asked makes a request and returns the nodes that were tried.
func asked(p *nodes.Pool, repeatable bool, answer func(address string) error) (tried []string, err error) {
	err = p.Do(context.Background(), repeatable, func(_ context.Context, n *nodes.Node) error {
		tried = append(tried, n.REST)
		return answer(n.REST)
	})
	return tried, err
}

func TestRequestsGoElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		repeatable bool
		first      error
		tries      int
	}{
		"an answer is final":                              {true, nil, 1},
		"a refusal is an answer":                          {true, domain.ErrInvalid, 1},
		"what was not sent is sent elsewhere":             {false, errDown, 2},
		"what may have been done is not done again":       {false, errBroken, 1},
		"what may be done twice is done again":            {true, errBroken, 2},
		"a node that is busy is no reason to do it twice": {false, errBusy, 1},
		"a busy node may be asked again":                  {true, errBusy, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPool(t, nodes.Options{})
				first := true
				tried, err := asked(p, c.repeatable, func(string) error {
					if first {
						first = false
						return c.first
					}
					return nil
				})
				if len(tried) != c.tries {
					t.Errorf("tried %v; want %d tries", tried, c.tries)
				}
				if len(tried) == 2 && (tried[0] == tried[1] || err != nil) {
					t.Errorf("tried %v, error %v; want two nodes and none", tried, err)
				}
				if c.tries == 1 && c.first != nil && err == nil {
					t.Error("the failure is gone")
				}
				p.Close()
			})
		})
	}
}

func TestRequestsTakeNodesInTurn(t *testing.T) {
	p := newPool(t, nodes.Options{})
	counts := map[string]int{}
	for range 30 {
		tried, err := asked(p, true, func(string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		counts[tried[0]]++
	}
	if counts["a"] != 10 || counts["b"] != 10 || counts["c"] != 10 {
		t.Errorf("tried %v; want each ten times", counts)
	}
}

func TestANodeThatIsDownIsLeftOutAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		answer := func(address string) error {
			if address == "b" && down.Load() {
				return errDown
			}
			return nil
		}
		var changes []string
		p := newPool(t, nodes.Options{
			Check: func(_ context.Context, n *nodes.Node) error { return answer(n.REST) },
			Changed: func(n *nodes.Node, err error) {
				if err != nil {
					changes = append(changes, n.REST+" down")
					return
				}
				changes = append(changes, n.REST+" up")
			},
		})
		synctest.Wait()
		for range 9 {
			if tried, err := asked(p, false, answer); err != nil || slices.Contains(tried, "b") {
				t.Fatalf("tried %v, error %v; want others than b and none", tried, err)
			}
		}
		if s := p.Nodes()[1].State(); s.Up || s.Err == nil {
			t.Errorf("State of b = %+v; want down with an error", s)
		}
		down.Store(false)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		var all []string
		for range 3 {
			tried, err := asked(p, false, answer)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, tried...)
		}
		if !slices.Contains(all, "b") {
			t.Errorf("tried %v after b came back; want b too", all)
		}
		if !slices.Equal(changes, []string{"b down", "b up"}) {
			t.Errorf("told of %v; want b down and b up", changes)
		}
		p.Close()
	})
}

func TestAnOpenCircuitLetsOneRequestTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, nodes.Options{Addresses: []string{"a"}, Tries: 1})
		if _, err := asked(p, true, func(string) error { return errDown }); err == nil {
			t.Fatal("no error")
		}
		if tried, err := asked(p, true, func(string) error { return nil }); len(tried) != 0 || !errors.Is(err, errDown.Err) {
			t.Errorf("tried %v, error %v right after it went down; want no try and the reason", tried, err)
		}
		time.Sleep(250 * time.Millisecond)
		inside := 0
		_, err := asked(p, true, func(string) error {
			tried, _ := asked(p, true, func(string) error { return nil })
			inside = len(tried)
			return nil
		})
		if err != nil || inside != 0 {
			t.Errorf("error %v, %d tries beside the first; want none of both", err, inside)
		}
		if tried, err := asked(p, true, func(string) error { return nil }); len(tried) != 1 || err != nil {
			t.Errorf("tried %v, error %v after it came back; want one try", tried, err)
		}
		p.Close()
	})
}

func TestTriesUnderWayEndWithTheirNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := func(ctx context.Context) error {
			<-ctx.Done()
			return &nodes.Fault{Err: ctx.Err(), Sent: true, Down: true}
		}
		p := newPool(t, nodes.Options{Timeout: time.Minute, Check: func(ctx context.Context, n *nodes.Node) error {
			if n.REST == "b" {
				return stopped(ctx)
			}
			return nil
		}})
		start := time.Now()
		for range 3 {
			err := p.Do(context.Background(), true, func(ctx context.Context, n *nodes.Node) error {
				if n.REST == "b" {
					return stopped(ctx)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("three requests took %v with one node stopped; want at most two checks", took)
		}
		p.Close()
	})
}

func TestRequestsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(ctx context.Context, _ *nodes.Node) error {
			<-ctx.Done()
			return &nodes.Fault{Err: domain.ErrUnavailable, Sent: true, Down: true}
		}
		p := newPool(t, nodes.Options{Timeout: 5 * time.Second, Try: time.Minute})
		start := time.Now()
		if err := p.Do(context.Background(), true, wait); !errors.Is(err, domain.ErrUnavailable) || time.Since(start) != 5*time.Second {
			t.Errorf("Do = %v after %v; want ErrUnavailable after the timeout", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.Do(ctx, true, wait); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do = %v; want the error of the caller's context", err)
		}
		go func() {
			time.Sleep(time.Second)
			p.Close()
		}()
		if err := p.Do(context.Background(), true, wait); !errors.Is(err, domain.ErrClosed) {
			t.Errorf("Do = %v; want ErrClosed", err)
		}
	})
}

func TestTriesThatHangAreMadeElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, nodes.Options{Timeout: 9 * time.Second, Tries: 3})
		hang := func(ctx context.Context) error {
			<-ctx.Done()
			return &nodes.Fault{Err: ctx.Err(), Sent: true, Down: true}
		}
		for _, repeatable := range []bool{true, false} {
			tries, start := 0, time.Now()
			err := p.Do(context.Background(), repeatable, func(ctx context.Context, _ *nodes.Node) error {
				if tries++; tries < 3 {
					return hang(ctx)
				}
				return nil
			})
			took := time.Since(start)
			if repeatable && (err != nil || took < 3375*time.Millisecond || took > 4*time.Second) || !repeatable && (err == nil || tries != 1 || took != 9*time.Second) {
				t.Errorf("repeatable %v: Do = %v after %v and %d tries", repeatable, err, took, tries)
			}
		}
		p.Close()
	})
}

func TestOptionsThatCannotWork(t *testing.T) {
	for name, o := range map[string]nodes.Options{
		"no address":            {},
		"other numbers of both": {Addresses: []string{"a", "b"}, GRPC: []string{"a"}},
	} {
		if _, err := nodes.New(o); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: New = %v; want ErrInvalid", name, err)
		}
	}
}
