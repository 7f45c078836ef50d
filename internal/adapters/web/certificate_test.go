package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/web"
)

// writeCertificate writes a certificate for 127.0.0.1 that signs itself, and returns it.
func writeCertificate(t *testing.T, certFile, keyFile, name string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// shown returns the common name of the certificate that the server at addr shows to a
// new connection, which trusts ca, and the protocol they agree on.
func shown(t *testing.T, addr string, ca *x509.Certificate) (name, proto string, err error) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	res, err := (&http.Client{Transport: tr}).Get("https://" + addr + "/health")
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != `{"status":"ok"}`+"\n" {
		t.Errorf("answer over TLS = %s, %v", body, err)
	}
	return res.TLS.PeerCertificates[0].Subject.CommonName, res.Proto, nil
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	first := writeCertificate(t, certFile, keyFile, "first")
	cert, err := web.OpenCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := start(t, shelves(web.Options{}), web.ServerOptions{Certificate: cert})
	addr := s.Addr().String()
	if want := "https://" + addr; s.URL() != want {
		t.Errorf("URL = %s; want %s", s.URL(), want)
	}
	if name, proto, err := shown(t, addr, first); name != "first" || proto != "HTTP/2.0" || err != nil {
		t.Errorf("the server shows %q over %s, %v; want the first over HTTP/2.0", name, proto, err)
	}
	other := writeCertificate(t, filepath.Join(dir, "c2.pem"), filepath.Join(dir, "k2.pem"), "other")
	if _, _, err := shown(t, addr, other); err == nil {
		t.Error("a caller who trusts somebody else was content")
	}
	if res, err := http.Get("http://" + addr + "/health"); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("HTTP without TLS = %d; want 400", res.StatusCode)
		}
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", addr, old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 was accepted")
	}

	second := writeCertificate(t, certFile, keyFile, "second")
	if changed, err := cert.Refresh(false); !changed || err != nil {
		t.Errorf("Refresh = %v, %v; want the new certificate", changed, err)
	}
	if name, _, err := shown(t, addr, second); name != "second" || err != nil {
		t.Errorf("after Refresh the server shows %q, %v; want the second", name, err)
	}
	if changed, err := cert.Refresh(false); changed || err != nil {
		t.Errorf("Refresh without a change = %v, %v", changed, err)
	}

	// A key that does not fit, and a file that is gone, change nothing.
	for _, spoil := range []func() error{
		func() error { return os.Rename(filepath.Join(dir, "k2.pem"), keyFile) },
		func() error { return os.Remove(certFile) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if changed, err := cert.Refresh(false); changed || err == nil {
			t.Errorf("Refresh of spoilt files = %v, %v; want an error", changed, err)
		}
		if changed, err := cert.Refresh(false); changed || err != nil {
			t.Errorf("the second Refresh = %v, %v; want silence", changed, err)
		}
		if name, _, err := shown(t, addr, second); name != "second" || err != nil {
			t.Errorf("with spoilt files the server shows %q, %v; want the second", name, err)
		}
	}
	writeCertificate(t, certFile, keyFile, "third")
	if changed, err := cert.Refresh(false); !changed || err != nil {
		t.Errorf("Refresh of repaired files = %v, %v; want the new certificate", changed, err)
	}
	if _, err := web.OpenCertificate(certFile, filepath.Join(dir, "none")); err == nil {
		t.Error("OpenCertificate without a key succeeded")
	}
}
