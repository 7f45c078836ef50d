//go:build unix

package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
)

// serveEnv makes the test binary a server with its data in the directory it names.
const serveEnv = "MEMISTA_BENCH_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		if err := serveForBench(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveForBench serves until its input ends. It prints its address and, for each line of
// input, the CPU time that it has used in microseconds.
func serveForBench(dir string) error {
	c, err := compose.Open(context.Background(), compose.Config{Path: filepath.Join(dir, "memista.db")})
	if err != nil {
		return err
	}
	log := zap.NewNop()
	if os.Getenv(serveEnv+"_LOG") != "" {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		log = jsonLogger(null)
	}
	s := web.NewServer(newHandler(c.Service, options{Logger: log}), "127.0.0.1:0", web.ServerOptions{})
	if err := s.Listen(); err != nil {
		return err
	}
	go func() { _ = s.Serve() }()
	fmt.Println(s.Addr())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		fmt.Println((time.Duration(u.Utime.Nano()) + time.Duration(u.Stime.Nano())).Microseconds())
	}
	return c.Service.Close()
}

// BenchmarkServerCPU measures the CPU time of the server process per one-query search
// with ten hits in a database of 100 rows, from 4 clients, and per GET /healthz for
// comparison. The clients send bytes made before and look at the status only.
func BenchmarkServerCPU(b *testing.B) {
	for _, dims := range []int{100, 768} {
		b.Run(fmt.Sprintf("search %dd", dims), func(b *testing.B) {
			measureCPU(b, dims, requestBytes("POST", "/v1/search", searchBody(dims)), "")
		})
	}
	b.Run("search 100d with log", func(b *testing.B) {
		measureCPU(b, 100, requestBytes("POST", "/v1/search", searchBody(100)), "1")
	})
	b.Run("healthz", func(b *testing.B) { measureCPU(b, 100, requestBytes("GET", "/healthz", ""), "") })
}

func requestBytes(method, path, body string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", method, path, len(body), body)
}

func measureCPU(b *testing.B, dims int, request, log string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+b.TempDir(), serveEnv+"_LOG="+log)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	}()
	out := bufio.NewReader(pipe)
	line := func() string {
		s, err := out.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		return strings.TrimSpace(s)
	}
	used := func() int {
		fmt.Fprintln(in)
		us, err := strconv.Atoi(line())
		if err != nil {
			b.Fatal(err)
		}
		return us
	}
	addr := line()
	send(b, addr, requestBytes("POST", "/v1/insert", insertBody(100, dims)), 1)
	send(b, addr, request, 200) // warm up
	const clients = 4
	b.ResetTimer()
	before := used()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { send(b, addr, request, (b.N+i)/clients) })
	}
	wg.Wait()
	b.ReportMetric(float64(used()-before)/float64(b.N), "server-µs/op")
}

// send sends request n times over one connection.
func send(b *testing.B, addr, request string, n int) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	for range n {
		if _, err := io.WriteString(conn, request); err != nil {
			b.Error(err)
			return
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			b.Error(err)
			return
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			b.Errorf("status %d, %v", res.StatusCode, err)
			return
		}
	}
}
