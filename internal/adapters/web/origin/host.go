package origin

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// checkHost returns an error of the kind ErrHost if r names a host that is not this
// server. A request without one is served: every browser sends it, so it is not from a
// page, but it may be the probe of a load balancer (HTTP/1.0).
func (p *Policy) checkHost(r *http.Request) error {
	if p.anyHost || r.Host == "" {
		return nil
	}
	name, ok := hostname(r.Host)
	if ok && (name == "localhost" || p.hosts[name]) {
		return nil
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if ok && p.isOurs(name, local) {
		return nil
	}
	return fmt.Errorf("%w: %.80q is not a host that this server answers for: if it is a name of this server, add it to allowed_hosts", ErrHost, r.Host)
}

// isOurs reports whether name is an IP address of this server, which the connection
// reached at local (nil: not known).
func (p *Policy) isOurs(name string, local net.Addr) bool {
	if _, ok := local.(*net.UnixAddr); ok {
		return true // no browser opens such a socket for a page
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	addr = addr.Unmap()
	if addr.IsLoopback() || p.addresses || p.hosts[addr.String()] {
		return true
	}
	tcp, ok := local.(*net.TCPAddr)
	return ok && tcp.AddrPort().Addr().Unmap().WithZone("") == addr
}

// hostname returns the name or address in a Host header, in lower case, without port,
// brackets, IPv6 zone and the dot of the root, and whether the header is well-formed.
func hostname(host string) (string, bool) {
	name, port, bracketed := host, "", false
	if rest, ok := strings.CutPrefix(host, "["); ok {
		name, port, bracketed = strings.Cut(rest, "]")
		if !bracketed || port != "" && port[0] != ':' {
			return "", false
		}
		port = strings.TrimPrefix(port, ":")
		name, _, _ = strings.Cut(name, "%")
	} else if i := strings.LastIndexByte(host, ':'); i >= 0 {
		name, port = host[:i], host[i+1:]
	}
	if strings.Trim(port, "0123456789") != "" || bracketed != strings.Contains(name, ":") {
		return "", false
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name, name != ""
}

// parseHost returns an entry of Options.Hosts as hostname writes names.
func parseHost(entry string) (string, error) {
	if entry == every {
		return every, nil
	}
	literal := entry
	if strings.HasPrefix(entry, "[") {
		literal = strings.TrimSuffix(entry[1:], "]")
	}
	if addr, err := netip.ParseAddr(literal); err == nil && strings.HasPrefix(entry, "[") == strings.HasSuffix(entry, "]") {
		return addr.WithZone("").Unmap().String(), nil
	}
	name, ok := hostname(entry)
	if !ok || strings.ContainsFunc(name, notInName) || strings.Contains(entry, ":") {
		return "", fmt.Errorf("%.80q is not a host name such as memista.example.org, nor an IP address or *: leave out scheme, port and path", entry)
	}
	return name, nil
}

// notInName reports whether r cannot stand in a host name, as browsers send it.
func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}
