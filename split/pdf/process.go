package pdf

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/memista/memista/split"
)

// variable is set in the environment of processes that read a file.
const variable = "MEMISTA_PDF_READER"

// The bounds of such a process.
const (
	maxTime   = 30 * time.Second
	maxMemory = 512 << 20
	maxStack  = 64 << 20
	maxOutput = 128 << 20 // maxLetters as JSON
)

// exitMemory is the exit code of a process that would take more than maxMemory.
const exitMemory = 3

// answer is what such a process writes.
type answer struct {
	Document *split.Document
	Error    string
}

var called atomic.Bool // Subprocess was: processes of this program can be readers

// Subprocess is called first in the main function of a program that reads PDF files. In a
// process that was started to read one it does that and ends the process; in any other it
// returns at once.
func Subprocess() {
	called.Store(true)
	if os.Getenv(variable) == "" {
		return
	}
	signal.Ignore(os.Interrupt) // of a terminal; who has started this process ends it
	debug.SetMaxStack(maxStack)
	go func() {
		for {
			checkMemory()
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// checkMemory ends the process if it takes too much.
func checkMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	if metrics.Read(sample); sample[0].Value.Uint64() > maxMemory {
		os.Exit(exitMemory)
	}
}

// serve reads the file that comes from in.
func serve(in io.Reader, out io.Writer) error {
	raw, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var a answer
	if a.Document, err = parse(raw); err != nil {
		a.Error = err.Error()
	}
	checkMemory() // which may have grown since it was looked at
	return json.NewEncoder(out).Encode(a)
}

// Read reads a PDF file: its paragraphs, in the order in which they are written, and
// headings by the size and weight of their letters. Blocks have the number of their page
// for a line. The title is that of the properties, else the first heading of the highest
// level. What cannot be read, including what takes more than 30 seconds or 512 MiB, is
// split.ErrFormat, and so is everything in a program that does not call [Subprocess]. If ctx
// ends, the error is its.
func Read(ctx context.Context, raw []byte) (*split.Document, error) {
	if !called.Load() {
		return nil, fmt.Errorf("%w: PDF files are read in a process of their own, which needs pdf.Subprocess at the start of the main function of this program", split.ErrFormat)
	}
	d, err := run(ctx, raw, maxTime)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", split.ErrFormat, err)
	}
	return d, nil
}

// run starts a process that reads raw.
func run(ctx context.Context, raw []byte, most time.Duration) (*split.Document, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	out := &bounded{most: maxOutput}
	cmd := exec.CommandContext(ctx, self) //nolint:gosec // it is this program
	cmd.Env = []string{variable + "=1"}
	cmd.Stdin, cmd.Stdout = bytes.NewReader(raw), out
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	exit, _ := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("it takes longer than %v to read", most)
	case exit != nil && exit.ExitCode() == exitMemory:
		return nil, fmt.Errorf("it takes more than %d MiB of memory to read", maxMemory>>20)
	case exit != nil:
		return nil, fmt.Errorf("it is damaged, and has ended the process that reads it (%w)", exit)
	case err != nil:
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(out.kept.Bytes(), &a); err != nil {
		return nil, fmt.Errorf("the process that reads it has answered something else: %w", err)
	}
	if a.Document == nil {
		return nil, errors.New(a.Error)
	}
	return a.Document, nil
}

// bounded keeps at most so many bytes, and fails with more.
type bounded struct {
	kept bytes.Buffer // not embedded: io.Copy would call its ReadFrom, and never Write
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > b.most {
		return 0, errors.New("the answer is too long")
	}
	return b.kept.Write(p)
}
