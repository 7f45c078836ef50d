package chromadiff

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// coll is a collection that both servers have.
type coll struct {
	name  string
	space space
	dims  int // of most vectors that are sent
	dead  bool
	// before is what changed it, for reports with CHROMA_HISTORY.
	before []string
}

// space is a tenant and a database.
type space struct{ tenant, database string }

func (s space) path() string {
	return "/api/v2/tenants/" + url.PathEscape(s.tenant) + "/databases/" + url.PathEscape(s.database)
}

// maker makes random requests, and keeps in mind what should be there.
type maker struct {
	source
	run    string // part of all names, so that runs do not meet
	n      int
	spaces []space
	colls  []*coll
}

func newMaker(s source, run string) *maker {
	return &maker{source: s, run: run, spaces: []space{{"default_tenant", "default_database"}}}
}

// name returns a name that nothing has.
func (m *maker) name(kind string) string {
	m.n++
	return fmt.Sprintf("%s-%s-%d", kind, m.run, m.n)
}

// live returns a collection, nil if there is none.
func (m *maker) live() *coll {
	if len(m.colls) == 0 {
		return nil
	}
	return m.colls[m.IntN(len(m.colls))]
}

// next returns a request.
func (m *maker) next() *request {
	if len(m.colls) < 3 {
		return m.create()
	}
	switch n := m.IntN(100); {
	case n < 3:
		return m.create()
	case n < 5:
		return m.createOdd()
	case n < 10:
		return m.aboutCollections()
	case n < 13:
		return m.aboutSpaces()
	case n < 15:
		return m.malformed()
	case n < 30:
		return m.store("add", false)
	case n < 42:
		return m.store("upsert", true)
	case n < 52:
		return m.store("update", true)
	case n < 58:
		return m.delete()
	case n < 78:
		return m.get()
	case n < 98:
		return m.query()
	default:
		return m.record("GET", "/count", "", "count")
	}
}

// record returns a request about the records of a collection.
func (m *maker) record(method, path, body, kind string) *request {
	c := m.live()
	return &request{method: method, path: c.space.path() + "/collections/{id}" + path, body: body, kind: kind, uses: c}
}

// create makes a collection.
func (m *maker) create() *request {
	c := &coll{name: m.name("coll"), space: one(m.source, m.spaces...), dims: 2 + m.IntN(4)}
	configuration, metadata := "null", "null"
	if m.chance(2) {
		configuration = `{"hnsw":{"space":"` + one(m.source, "l2", "ip", "cosine") + `"},"embedding_function":` + one(m.source, "null", `{"type":"known","name":"x","config":{"a":[1,{"b":null}]}}`, `{"type":"legacy"}`) + "}"
	}
	if m.chance(2) {
		metadata = one(m.source, `{"hnsw:space":"cosine"}`, `{"hnsw:space":"ip","k":1}`, `{"a":"b","c":1.5,"d":true}`)
	}
	m.colls = append(m.colls, c)
	return &request{
		method: "POST", path: c.space.path() + "/collections", kind: "create", uses: c,
		body: fmt.Sprintf(`{"name":%s,"configuration":%s,"metadata":%s,"get_or_create":%v}`, quoted(c.name), configuration, metadata, m.chance(2)),
	}
}

// createOdd makes no collection: there is something wrong, or it exists.
func (m *maker) createOdd() *request {
	c := m.live()
	r := &request{method: "POST", path: c.space.path() + "/collections", kind: "create odd"}
	r.body = one(m.source,
		`{"name":`+quoted(c.name)+`}`,
		`{"name":`+quoted(c.name)+`,"get_or_create":true,"metadata":{"z":1},"configuration":{"hnsw":{"space":"ip"}}}`,
		`{"name":"x"}`, `{"name":"a..b"}`, `{"name":"1.2.3.4"}`, `{"name":"a b c"}`, `{"name":"-abc"}`, `{"name":5}`, `{}`, `{"name":null}`,
		`{"name":"oddest","metadata":{"a":{"b":1}}}`, `{"name":"oddest","metadata":{"a":null}}`, `{"name":"oddest","metadata":{"#a":1}}`, `{"name":"oddest","metadata":{"hnsw:space":"foo"}}`,
		`{"name":"oddest","configuration":{"hnsw":{"space":"bad"}}}`, `{"name":"oddest","configuration":"x"}`, `{"name":"oddest","configuration":{"hnsw":{},"spann":{}}}`,
		`{"name":"oddest","configuration":{"embedding_function":{"type":"bad"}}}`, `{"name":"oddest","configuration":{"hnsw":{"ef_search":-1}}}`,
	)
	return r
}

// aboutCollections reads, changes and drops collections.
func (m *maker) aboutCollections() *request {
	c := m.live()
	root := c.space.path() + "/collections"
	switch m.IntN(12) {
	case 0:
		return &request{method: "GET", path: root, kind: "list", names: true}
	case 1:
		return &request{method: "GET", path: c.space.path() + "/collections_count", kind: "count collections"}
	case 2, 3:
		return &request{method: "GET", path: root + "/" + c.name, kind: "collection"}
	case 4:
		return &request{method: "GET", path: root + "/" + one(m.source, "missing", "a%20b", "x"), kind: "collection odd"}
	case 5:
		return &request{method: "GET", path: root + "/by-id/{id}", kind: "collection by id", uses: c}
	case 6:
		return &request{method: "GET", path: one(m.source, m.spaces...).path() + "/collections/by-id/" + one(m.source, "{id}", "zzz", "6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11"), kind: "collection by id odd", uses: c}
	case 7:
		return &request{method: "GET", path: root + one(m.source, "?limit=x", "?limit=-1", "?limit=0", "?offset=1000", "?offset=x"), kind: "list odd", names: true}
	case 8:
		if m.chance(3) {
			m.drop(c)
		}
		return &request{method: "DELETE", path: root + "/" + map[bool]string{true: c.name, false: "missing"}[c.dead], kind: "drop"}
	case 9:
		return m.rename(c)
	default:
		return &request{method: "PUT", path: root + "/{id}", kind: "alter", uses: c, body: one(m.source,
			`{"new_metadata":{"a":1,"b":"x"}}`, `{"new_metadata":{"a":null,"b":2.5}}`, `{"new_configuration":{"hnsw":{"ef_search":77}}}`, `{}`, `{"new_name":null}`,
			`{"new_configuration":{"embedding_function":{"type":"known","name":"y","config":{}}}}`, `{"new_configuration":{"hnsw":{"space":"ip"}}}`, `{"new_name":"x"}`, `{"new_name":5}`,
			`{"new_metadata":{"a":{"b":1}}}`, `{"new_metadata":{"#a":1}}`)}
	}
}

func (m *maker) rename(c *coll) *request {
	c.name = m.name("renamed")
	return &request{method: "PUT", path: c.space.path() + "/collections/{id}", kind: "rename", uses: c, body: `{"new_name":` + quoted(c.name) + `}`}
}

// drop takes a collection out of mind.
func (m *maker) drop(c *coll) {
	c.dead = true
	for i := range m.colls {
		if m.colls[i] == c {
			m.colls = append(m.colls[:i], m.colls[i+1:]...)
			return
		}
	}
}

// aboutSpaces makes and reads tenants and databases.
func (m *maker) aboutSpaces() *request {
	s := one(m.source, m.spaces...)
	tenant := "/api/v2/tenants/" + s.tenant
	switch m.IntN(9) {
	case 0:
		if len(m.spaces) < 4 {
			return &request{method: "POST", path: "/api/v2/tenants", kind: "create tenant", body: `{"name":` + quoted(m.name("tenant")) + `}`}
		}
		return &request{method: "POST", path: "/api/v2/tenants", kind: "create tenant odd", body: one(m.source, `{"name":"ab"}`, `{}`, `{"name":5}`, `{"name":`+quoted(s.tenant)+`}`)}
	case 1:
		if len(m.spaces) < 4 {
			n := space{s.tenant, m.name("db")}
			m.spaces = append(m.spaces, n)
			return &request{method: "POST", path: tenant + "/databases", kind: "create database", body: `{"name":` + quoted(n.database) + `}`}
		}
		return &request{method: "POST", path: tenant + "/databases", kind: "create database odd", body: one(m.source, `{"name":"d"}`, `{}`, `{"name":`+quoted(s.database)+`}`)}
	case 2:
		return &request{method: "GET", path: tenant, kind: "tenant"}
	case 3:
		return &request{method: "GET", path: "/api/v2/tenants/missing", kind: "tenant odd"}
	case 4:
		return &request{method: "GET", path: tenant + "/databases/" + s.database, kind: "database"}
	case 5:
		return &request{method: "GET", path: tenant + "/databases/missing", kind: "database odd"}
	case 6:
		return &request{method: "GET", path: tenant + "/databases", kind: "databases", names: true}
	case 7:
		return &request{method: one(m.source, "GET", "DELETE"), path: tenant + "/databases/missing", kind: "database odd"}
	default:
		return &request{method: "GET", path: one(m.source, "/api/v2/version", "/api/v2/heartbeat", "/api/v2", "/api/v2/healthcheck", "/api/v2/pre-flight-checks", "/api/v2/auth/identity"), kind: "system"}
	}
}

// malformed returns a request whose body is none.
func (m *maker) malformed() *request {
	good := one(m.source, `{"ids":["a"],"embeddings":[[1,2]],"documents":["x"]}`, `{"query_embeddings":[[1,2]],"n_results":2}`, `{"where":{"n":1},"limit":3}`)
	cut := good[:m.IntN(len(good))]
	if m.chance(2) {
		cut = strings.Replace(good, one(m.source, ":", "[", "]", `"`), "", 1)
	}
	return m.record("POST", "/"+one(m.source, "add", "upsert", "update", "get", "query", "delete"), cut, "malformed")
}

// vectors returns a column of embeddings, mostly of the right length.
func (m *maker) vectors(c *coll, n int, nulls bool) string {
	dims, coded := c.dims, m.chance(3)
	if m.chance(25) {
		dims++
	}
	list := make([]string, n)
	for i := range list {
		list[i] = m.vector(dims, coded)
		if nulls && m.chance(3) {
			list[i] = "null"
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

// store returns an add, an upsert or an update.
func (m *maker) store(op string, nulls bool) *request {
	r := m.record("POST", "/"+op, "", op)
	n := 1 + m.IntN(5)
	ids, other := quoted(m.ids(n)), n
	if m.chance(30) {
		other++
	}
	vectors := m.vectors(r.uses, n, op == "update")
	if op == "update" && m.chance(2) {
		vectors = "null"
	}
	text := func() string { return m.orNull(4, quoted(m.text())) }
	r.body = fmt.Sprintf(`{"ids":%s,"embeddings":%s,"documents":%s,"metadatas":%s,"uris":%s}`, ids, vectors,
		m.column(other, text), m.column(n, func() string { return m.orNull(4, m.metadata(nulls)) }), m.column(n, text))
	return r
}

func (m *maker) clauses() string {
	var b strings.Builder
	if m.chance(2) {
		b.WriteString(`,"where":` + m.where(2))
	}
	if m.chance(3) {
		b.WriteString(`,"where_document":` + m.whereDocument(2))
	}
	return b.String()
}

func (m *maker) get() *request {
	body := `"include":` + m.include("documents", "metadatas", "embeddings", "uris", "distances") + m.clauses()
	if m.chance(4) {
		body += `,"ids":` + quoted(m.ids(m.IntN(5)))
	}
	if m.chance(4) {
		body += `,"limit":` + strconv.Itoa(m.IntN(9))
	}
	if m.chance(5) {
		body += `,"offset":` + strconv.Itoa(m.IntN(9))
	}
	if m.chance(10) {
		body = `"limit":null`
	}
	return m.record("POST", "/get", "{"+body+"}", "get")
}

func (m *maker) query() *request {
	r := m.record("POST", "/query", "", "query")
	r.ties = true
	n := m.IntN(4)
	dims := r.uses.dims
	if m.chance(25) {
		dims++
	}
	list := make([]string, n)
	for i := range list {
		list[i] = m.vector(dims, false)
	}
	r.body = `{"query_embeddings":[` + strings.Join(list, ",") + `],"n_results":` + one(m.source, "1", "3", "10", "100", "null") + m.clauses()
	if !m.chance(5) {
		r.body += `,"include":["distances"` + one(m.source, "", `,"documents"`, `,"metadatas","uris"`, `,"embeddings"`) + `]`
	}
	if m.chance(8) {
		r.body += `,"ids":` + quoted(m.ids(m.IntN(3)))
	}
	r.body += "}"
	return r
}

func (m *maker) delete() *request {
	var parts []string
	if m.chance(2) {
		parts = append(parts, `"ids":`+quoted(m.ids(m.IntN(3))))
	}
	if m.chance(4) {
		parts = append(parts, `"where":`+m.where(1))
	}
	if m.chance(6) {
		parts = append(parts, `"where_document":`+m.whereDocument(1))
	}
	if m.chance(6) {
		parts = append(parts, `"limit":`+strconv.Itoa(m.IntN(3)))
	}
	return m.record("POST", "/delete", "{"+strings.Join(parts, ",")+"}", "delete")
}
