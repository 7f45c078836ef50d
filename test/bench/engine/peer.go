package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/vectors"
)

//go:embed peer
var sources embed.FS

// peer is an engine in a C++ program of its own, which obeys commands line by line.
type peer struct {
	name    string
	queries int
	k       int
	answers string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	start   func(*peer) error
}

// peers returns the C++ engines that this machine can compile.
func peers(ctx context.Context, c config, data dataset, dir string) ([]contender, error) {
	rows, queries := filepath.Join(dir, "rows.fvecs"), filepath.Join(dir, "queries.fvecs")
	if err := data.writeFvecs(rows, data.Rows); err != nil {
		return nil, err
	}
	if err := data.writeFvecs(queries, data.Queries); err != nil {
		return nil, err
	}
	if err := os.CopyFS(dir, sources); err != nil {
		return nil, err
	}
	add := func(name, source string, flags []string, extra ...string) contender {
		p := &peer{name: name, queries: len(data.Queries), k: c.k, answers: filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))}
		args := append([]string{rows, queries, p.answers, strconv.Itoa(c.m), strconv.Itoa(c.efc)}, extra...)
		p.start = func(p *peer) error { return p.launch(ctx, filepath.Join(dir, "peer", source), flags, args) }
		return p
	}
	metric := "ip"
	if data.metric == domain.L2 {
		metric = "l2"
	}
	list := []contender{add("hnswlib f32", "hnswlib.cpp", nil, metric)}
	flags := usearchFlags(ctx)
	if flags == nil {
		return list, nil
	}
	list = append(list,
		add("C-usearch "+metric+" bf16", "usearch.cpp", flags, metric, "bf16"),
		add("C-usearch "+metric+" f32", "usearch.cpp", flags, metric, "f32"))
	if data.metric == domain.Cosine || data.metric == domain.InnerProduct && data.unit {
		list = append(list, add("C-usearch cos f32", "usearch.cpp", flags, "cos", "f32"))
	}
	return list, nil
}

// writeFvecs writes vectors as the C++ engines need them. Cosine is inner product of unit
// vectors there: hnswlib has no other.
func (d dataset) writeFvecs(path string, vs [][]float32) error {
	flat := vectors.Flat(vs)
	if d.metric == domain.Cosine {
		for v := range slices.Chunk(flat, d.Dims) {
			vectors.Normalize(v)
		}
	}
	return vectors.WriteFvecs(path, flat, d.Dims)
}

// usearchFlags asks the go command's stand-in for pkg-config for the library, which is
// in the environment when this program was started for USearch.
func usearchFlags(ctx context.Context) []string {
	tool := os.Getenv("PKG_CONFIG")
	if tool == "" {
		return nil
	}
	cflags, err := exec.CommandContext(ctx, tool, "--cflags", "--", "memista-usearch").Output()
	if err != nil {
		return nil
	}
	libs, err := exec.CommandContext(ctx, tool, "--libs", "--", "memista-usearch").Output()
	if err != nil {
		return nil
	}
	return append(strings.Fields(string(cflags)), strings.Fields(string(libs))...)
}

// launch compiles the program and waits until it has read its data.
func (p *peer) launch(ctx context.Context, source string, flags, args []string) error {
	program := strings.TrimSuffix(source, ".cpp")
	if _, err := os.Stat(program); err != nil {
		compile := append([]string{"-O3", "-march=native", "-std=c++17", "-DNDEBUG", "-w", source, "-o", program}, flags...)
		if out, err := exec.CommandContext(ctx, "g++", append(compile, "-lpthread")...).CombinedOutput(); err != nil {
			return fmt.Errorf("compile %s (needs g++, and libhnswlib-dev for hnswlib): %w\n%s", filepath.Base(source), err, out)
		}
	}
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	_, err = p.out.ReadString('\n')
	return err
}

// Name returns the library and what it runs.
func (p *peer) Name() string { return p.name }

// ask sends a command and returns the two numbers of the answer.
func (p *peer) ask(format string, args ...any) (a, b float64, err error) {
	if p.cmd == nil {
		if err := p.start(p); err != nil {
			return 0, 0, err
		}
	}
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", p.name, err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, 0, fmt.Errorf("%s ended: %w", p.name, err)
	}
	_, err = fmt.Sscan(line, &a, &b)
	return a, b, err
}

// Build makes the index anew.
func (p *peer) Build(threads int) (float64, int64, error) {
	seconds, bytes, err := p.ask("build %d", threads)
	return seconds, int64(bytes), err
}

// Search runs the queries and reads the ids the program wrote.
func (p *peer) Search(ef, threads int, seconds float64) (float64, [][]int64, error) {
	took, done, err := p.ask("search %d %d %d %g", ef, p.k, threads, seconds)
	if err != nil {
		return 0, nil, err
	}
	raw, err := os.ReadFile(p.answers)
	if err != nil {
		return 0, nil, err
	}
	if len(raw) != 4*p.k*p.queries {
		return 0, nil, fmt.Errorf("%s wrote %d bytes of ids; want %d", p.name, len(raw), 4*p.k*p.queries)
	}
	ids := make([][]int64, p.queries)
	for q := range ids {
		for range p.k {
			ids[q] = append(ids[q], int64(binary.LittleEndian.Uint32(raw)))
			raw = raw[4:]
		}
	}
	return done / took, ids, nil
}

// Close ends the program.
func (p *peer) Close() error {
	if p.cmd == nil {
		return nil
	}
	_ = p.in.Close() // Wait tells how the program ended
	err := p.cmd.Wait()
	p.cmd = nil
	return err
}
