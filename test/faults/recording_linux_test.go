package faults_test

import (
	"cmp"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// action is what a program did to a file, as strace saw it. Times are in nanoseconds
// since 1970.
type action struct {
	call       string
	file       string
	data       []byte // of pwrite64
	at         int64  // its place, or the length of ftruncate
	begin, end int64
}

// recorder returns the command that notes what a program does to files, in logs whose
// names begin with prefix.
func recorder(prefix string, files ...string) []string {
	args := []string{"strace", "--seccomp-bpf", "-f", "-ff", "-qqq", "-y", "-xx", "-s", "70000", "-T",
		"--absolute-timestamps=format:unix,precision:ns", "-o", prefix,
		"-e", "signal=none", "-e", "trace=pwrite64,fsync,fdatasync,ftruncate,unlink"}
	for _, f := range files {
		args = append(args, "-P", f)
	}
	return args
}

// recorded reads the logs, in the order in which the actions ended.
func recorded(t *testing.T, prefix string) []action {
	t.Helper()
	logs, err := filepath.Glob(prefix + ".*")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs of strace: %v", err)
	}
	var all []action
	for _, path := range logs {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(raw), "\n")
		for i, line := range lines {
			if line == "" || i >= len(lines)-2 && !strings.HasSuffix(line, ">") {
				continue // cut off by the kill
			}
			a, err := parseAction(line)
			if err != nil {
				t.Fatalf("%s: %.200s: %v", filepath.Base(path), line, err)
			}
			if a.call != "" {
				all = append(all, a)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b action) int { return cmp.Compare(a.begin, b.begin) })
	return all
}

var errForm = errors.New("not of the form that strace writes")

// parseAction reads one line, such as
//
//	1795376398.975447923 pwrite64(9<\x2f…>, "\x0d…", 4, 32) = 4 <0.000021>
//
// A call that failed, or did not end, did nothing: its call is "".
func parseAction(line string) (a action, err error) {
	stamp, rest, ok1 := strings.Cut(line, " ")
	call, rest, ok2 := strings.Cut(rest, "(")
	seconds, nanos, ok3 := strings.Cut(stamp, ".")
	if !ok1 || !ok2 || !ok3 {
		return a, errForm
	}
	s, err1 := strconv.ParseInt(seconds, 10, 64)
	ns, err2 := strconv.ParseInt(nanos, 10, 64)
	i := strings.LastIndex(rest, ") = ")
	if i < 0 || !strings.HasSuffix(rest, ">") {
		return action{}, errors.Join(err1, err2)
	}
	args, result := rest[:i], rest[i+len(") = "):]
	j := strings.LastIndex(result, "<")
	took, err3 := strconv.ParseFloat(result[j+1:len(result)-1], 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return a, err
	}
	if strings.HasPrefix(result, "-1 ") || strings.HasPrefix(result, "?") {
		return action{}, nil
	}
	a = action{call: call, begin: s*1e9 + ns}
	a.end = a.begin + int64(took*1e9)
	return a, a.parseArgs(strings.Split(args, ", "))
}

func (a *action) parseArgs(args []string) error {
	open, shut := strings.IndexByte(args[0], '<'), strings.IndexByte(args[0], '>')
	if a.call == "unlink" {
		open, shut = 0, len(args[0])-1 // a quoted name
	}
	if open < 0 || shut < 0 {
		return errForm
	}
	name, err := unhex(args[0][open+1 : shut])
	if err != nil {
		return err
	}
	a.file = filepath.Base(string(name))
	switch {
	case a.call == "pwrite64" && len(args) == 4:
		if a.data, err = unhex(strings.Trim(args[1], `"`)); err != nil {
			return err
		}
		if strconv.Itoa(len(a.data)) != args[2] {
			return errForm
		}
		a.at, err = strconv.ParseInt(args[3], 10, 64)
	case a.call == "ftruncate" && len(args) == 2:
		a.at, err = strconv.ParseInt(args[1], 10, 64)
	}
	return err
}

func unhex(s string) ([]byte, error) { return hex.DecodeString(strings.ReplaceAll(s, `\x`, "")) }

// loss says what becomes of writes that were not synced when the power fails.
type loss uint8

const (
	allLost loss = iota
	someLost
	lastLost // those after a random one
	noneLost
	losses
)

// diskAt returns what the files hold if the power fails at a time: all that was written
// before an fsync that had ended by then, and of the rest what how says, some of it torn.
func diskAt(all []action, at int64, how loss, rng *rand.Rand) map[string][]byte {
	synced := map[string]int64{} // until when writes are safe
	var done []action
	for _, a := range all {
		if a.begin >= at {
			break
		}
		done = append(done, a)
		if (a.call == "fsync" || a.call == "fdatasync") && a.end <= at {
			synced[a.file] = max(synced[a.file], a.begin)
		}
	}
	files, pending, cut := map[string][]byte{}, 0, rng.IntN(40)
	for _, a := range done {
		if a.end > synced[a.file] {
			pending++
			switch {
			case how == allLost, how == someLost && rng.IntN(2) == 0, how == lastLost && pending > cut:
				continue
			case how != noneLost && len(a.data) > 512 && rng.IntN(4) == 0:
				a.data = a.data[:512*rng.IntN(len(a.data)/512)]
			}
		}
		files[a.file] = a.apply(files[a.file])
	}
	return files
}

// apply returns the content of the file after a.
func (a action) apply(content []byte) []byte {
	switch a.call {
	case "pwrite64":
		if need := int(a.at) + len(a.data); need > len(content) {
			content = append(content, make([]byte, need-len(content))...)
		}
		copy(content[a.at:], a.data)
	case "ftruncate":
		if int(a.at) < len(content) {
			return content[:a.at]
		}
		return append(content, make([]byte, int(a.at)-len(content))...)
	case "unlink":
		return nil
	}
	return content
}
