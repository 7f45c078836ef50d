package web

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// Certificate is a TLS certificate in two files that may be replaced while it serves. It
// is safe for concurrent use.
type Certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]

	mu   sync.Mutex     // guards seen
	seen [2]os.FileInfo // of the files when they were read last
}

// OpenCertificate reads a certificate chain and its private key in PEM.
func OpenCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	_, err := c.Refresh(true)
	return c, err
}

// Refresh reads the files again if one of them has changed, or in any case with force,
// and reports whether the certificate is a new one. When that fails, the one before
// stays, and the same failure is not reported again until a file changes.
func (c *Certificate) Refresh(force bool) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var info [2]os.FileInfo
	for i, path := range []string{c.certFile, c.keyFile} {
		var err error
		if info[i], err = os.Stat(path); err == nil {
			continue
		}
		if c.seen[i] == nil && !force {
			return false, nil // reported before
		}
		c.seen[i] = nil
		return false, fmt.Errorf("TLS certificate: %w", err)
	}
	if !force && sameFile(c.seen[0], info[0]) && sameFile(c.seen[1], info[1]) {
		return false, nil
	}
	c.seen = info
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		// Perhaps only one of the two files has been replaced yet: Refresh is called again.
		return false, fmt.Errorf("TLS certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current.Store(&pair)
	return true, nil
}

func sameFile(a, b os.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// config returns the settings of a server: each connection gets the certificate that is
// current when it begins.
func (c *Certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
