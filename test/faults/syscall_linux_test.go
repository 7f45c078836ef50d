package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fault is a system call that fails.
type fault struct {
	call    string
	errno   string
	when    int
	forever bool // from then on, not once
}

func (f fault) String() string {
	ever := ""
	if f.forever {
		ever = " and all after it"
	}
	return fmt.Sprintf("%s %s at call %d%s", f.call, f.errno, f.when, ever)
}

// strace returns the command that lets a program meet f. The count is one per thread, so
// the fault comes to several of them.
func (f fault) strace() []string {
	when := strconv.Itoa(f.when)
	if f.forever {
		when += "+"
	}
	return []string{"strace", "--seccomp-bpf", "-f", "-qqq", "-o", os.DevNull,
		"-e", "trace=" + f.call, "-e", "inject=" + f.call + ":error=" + f.errno + ":when=" + when}
}

// anyFault returns a fault. SQLite writes with pwrite64 and fsync and cuts its log with
// ftruncate; index files are renamed into place.
func anyFault(rng *rand.Rand) fault {
	calls := []struct {
		name string
		most int
	}{{"pwrite64", 60}, {"fsync", 12}, {"ftruncate", 2}, {"renameat", 1}}
	c := calls[min(rng.IntN(6), 5)%len(calls)]
	return fault{
		call: c.name, when: 1 + rng.IntN(c.most),
		errno: []string{"EIO", "ENOSPC"}[rng.IntN(2)], forever: rng.IntN(3) == 0,
	}
}

// needStrace skips the test where programs cannot be traced.
func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	out, err := exec.CommandContext(t.Context(), "strace", "--seccomp-bpf", "-f", "-qqq", "-o", os.DevNull, "-e", "inject=fsync:error=EIO:when=9", "true").CombinedOutput()
	if err != nil {
		t.Skipf("strace cannot trace here: %v: %s", err, out)
	}
}

// traced returns the process that the one of pid runs.
func traced(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(raw)), " ")
	child, err := strconv.Atoi(first)
	if err != nil {
		t.Fatalf("children of %d: %q", pid, raw)
	}
	return child
}

// diskFault excuses the refusals of a server whose disk fails: what was refused may have
// reached it.
func diskFault(r *refusal) (ok, open bool) {
	return r.status == 507 || r.status == 503 && r.code == "read_only", true
}

// TestFailingSystemCalls lets writes, fsyncs, truncations and renames of a server under
// load fail, and compares what the next one has with what was acknowledged.
func TestFailingSystemCalls(t *testing.T) {
	needStrace(t)
	n := rounds(t, 4, 1000)
	rng := seeded(t)
	l := newLedger(t, accounts()...)
	dir := t.TempDir()
	met, refusedToStart := 0, 0
	for round := range n {
		f := anyFault(rng)
		s, err := tryStart(t, launch{dir: dir, under: f.strace(), env: []string{"MEMISTA_MEMORY_BUDGET=900KiB"}})
		if err != nil {
			refusedToStart++
			if !strings.Contains(err.Error(), "memista: ") || strings.Contains(err.Error(), "panic") {
				t.Fatalf("round %d, %v: %v", round, f, err)
			}
		} else {
			before := l.refusals.Load()
			l.underFault(s, f, rng)
			if l.refusals.Load() > before {
				met++
			}
		}
		verified(t, dir)
		s = start(t, launch{dir: dir})
		l.on(t.Context(), s).verify(rng)
		s.terminate()
		if t.Failed() {
			t.Fatalf("round %d, %v", round, f)
		}
	}
	t.Logf("in %d rounds clients met the fault, in %d the server refused to start", met, refusedToStart)
	l.report(n, "failing system calls")
}

// underFault loads a server that meets f, checks that it goes on as far as that lets it,
// and ends it.
func (l *ledger) underFault(s *server, f fault, rng *rand.Rand) {
	s.PID = traced(l.t, s.PID)
	ctx, cancel := context.WithTimeout(l.t.Context(), 300*time.Millisecond+time.Duration(rng.IntN(500))*time.Millisecond)
	defer cancel()
	o := l.on(l.t.Context(), s)
	o.excused = diskFault
	o.until = ctx
	o.begin(rng)
	o.running.Wait()
	if text := s.crashed(); text != "" || !s.Running() {
		l.wrong("%v: the server has ended:\n%s", f, s.Log())
		return
	}
	if !f.forever {
		o.recoversFrom(f.String())
	}
	o.reads(f)
	if rng.IntN(2) == 0 {
		s.signal()
		select {
		case <-s.Ended():
		case <-time.After(patience):
			l.wrong("%v: the server does not end", f)
		}
	}
	s.kill()
	if text := s.crashed(); text != "" {
		l.wrong("%v: %s", f, text)
	}
}

// reads checks that searches go on.
func (o *load) reads(f fault) {
	for _, d := range o.l.dbs {
		if d.live(o.l.now()) == 0 {
			continue
		}
		if _, err := o.s.ask(o, d, content(d.name, d.dims, 0).Embedding, 5, nil); err != nil {
			o.l.wrong("%v: search in %s: %v", f, d.name, err)
		}
	}
}
