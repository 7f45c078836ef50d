package chromaapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
)

// everything asks for all columns of a get.
const everything = `{"include":["documents","metadatas","embeddings","uris"]}`

func TestAddKeepsTheFirst(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	c.want("POST", "/collections/{docs}/get", `{}`, 200, `{"ids":[],"embeddings":null,"documents":[],"uris":null,"metadatas":[],"include":["documents","metadatas"]}`)
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[1,2,3],[1,2,4]]}`, 200, `{"ids":[[],[]],"embeddings":null,"documents":[[],[]],"uris":null,"metadatas":[[],[]],"distances":[[],[]],"include":["documents","metadatas","distances"]}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":[],"embeddings":[]}`, 201, `{}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":["a","d","d"],"embeddings":[[1,2],[3,4],[5,6]],"documents":["","first","second"],"metadatas":[{},{"n":1.0,"m":1},null],"uris":["u",null,null]}`, 201, `{}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":["b","a"],"embeddings":["AAAAP5qZmT4=",[7,7]],"documents":null,"metadatas":null,"uris":null}`, 201, `{}`)
	c.want("POST", "/collections/{docs}/get", everything, 200,
		`{"ids":["a","d","b"],"embeddings":[[1,2],[3,4],[0.5,0.3]],"documents":["","first",null],"uris":["u",null,null],"metadatas":[{},{"n":1.0,"m":1},null],"include":["documents","metadatas","embeddings","uris"]}`)
	c.want("GET", "/collections/{docs}/count?read_level=index_only", "", 200, "3")
	c.want("POST", "/collections/{docs}/add", `{"ids":["e"],"embeddings":[[1,2,3]]}`, 400, `{"error":"InvalidArgumentError","message":"Collection expecting embedding with dimension of 2, got 3"}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":["e","f"],"embeddings":[[1,2],[1]]}`, 400, `{"error":"InvalidArgumentError","message":"Inconsistent dimensions in provided embeddings"}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":["`+strings.Repeat("x", 513)+`"],"embeddings":[[1,2]]}`, 400, `{"error":"InvalidArgumentError","message":"key has 513 bytes, at most 512 are allowed (chunks[0])"}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":["e"],"embeddings":[[3e38,3e38]]}`, 400, `{"error":"InvalidArgumentError","message":"embedding is too long: its length is 4.24e+38 and may be 9.22e+18 at most, or distances would not fit into float32 (chunks[0])"}`)
	c.want("GET", "/collections/{docs}/count", "", 200, "3")
	for _, op := range []string{"add", "upsert", "update", "get", "query", "delete"} {
		path := "/collections/6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11/" + op
		c.want("POST", path, `{"ids":["a"],"embeddings":[[1,2]],"query_embeddings":[[1]]}`, 404, `{"error":"NotFoundError","message":"Collection [6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11] does not exist."}`)
	}
	c.want("GET", "/collections/zz/count", "", 400, `{"error":"InvalidArgumentError","message":"Collection ID is not a valid UUIDv4"}`)
	c.want("GET", "/collections/"+strings.ToUpper(strings.ReplaceAll(c.ids["docs"], "-", ""))+"/count", "", 200, "3")
}

func TestUpsertAndUpdate(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	get := func(want string) {
		t.Helper()
		c.want("POST", "/collections/{docs}/get", everything, 200, want)
	}
	const include = `,"include":["documents","metadatas","embeddings","uris"]}`
	c.want("POST", "/collections/{docs}/update", `{"ids":["none"],"documents":["x"]}`, 200, `{}`)
	c.want("POST", "/collections/{docs}/upsert", `{"ids":["e","f","e"],"embeddings":[[1,2],[9,9],[3,4]],"documents":["first",null,null],"metadatas":[{"a":1,"q":null},null,{"b":2}],"uris":["u",null,null]}`, 200, `{}`)
	get(`{"ids":["e","f"],"embeddings":[[3,4],[9,9]],"documents":["first",null],"uris":["u",null],"metadatas":[{"a":1,"b":2},null]` + include)
	c.want("POST", "/collections/{docs}/upsert", `{"ids":["e"],"embeddings":[[1,1]],"metadatas":[{"a":null,"z":[1,2]}]}`, 200, `{}`)
	get(`{"ids":["e","f"],"embeddings":[[1,1],[9,9]],"documents":["first",null],"uris":["u",null],"metadatas":[{"b":2,"z":[1,2]},null]` + include)
	c.want("POST", "/collections/{docs}/update", `{"ids":["e","e","none"],"embeddings":[null,[5,6],[7,7]],"documents":["",null,"x"],"metadatas":[{"b":3},{"z":null},{"a":1}]}`, 200, `{}`)
	get(`{"ids":["e","f"],"embeddings":[[5,6],[9,9]],"documents":["",null],"uris":["u",null],"metadatas":[{"b":3},null]` + include)
	c.want("POST", "/collections/{docs}/update", `{"ids":["e"]}`, 200, `{}`)
	c.want("POST", "/collections/{docs}/update", `{"ids":["e","f"],"metadatas":[{"b":null},null],"uris":[null,"v"]}`, 200, `{}`)
	get(`{"ids":["e","f"],"embeddings":[[5,6],[9,9]],"documents":["",null],"uris":["u","v"],"metadatas":[{},{}]` + include)
	c.want("POST", "/collections/{docs}/update", `{"ids":["none"],"embeddings":[[1,2,3]]}`, 400, `{"error":"InvalidArgumentError","message":"Collection expecting embedding with dimension of 2, got 3"}`)
	c.want("POST", "/collections/{docs}/update", `{"ids":[]}`, 200, `{}`)
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[5,6]],"n_results":1,"include":["distances"]}`, 200, `{"ids":[["e"]],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"distances":[[0]],"include":["distances"]}`)
}

// filled returns a client with a collection of the records that a server of Chroma 1.0 was
// asked about.
func filled(t *testing.T) *client {
	t.Helper()
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", `,"configuration":{"hnsw":{"space":"cosine"}}`)
	c.want("POST", "/collections/{docs}/add", `{"ids":["a","b","c","d","e","f"],"embeddings":[[1,0],[0,1],[1,1],[-1,0],[0,0],[2,1]],"documents":["Hello World","hello",null,"","x.y*z","ümlaut Straße"],"metadatas":[{"k":1,"s":"x"},{"k":1.0},null,{"k":2},{"k":"1"},{"k":true}]}`, 201, `{}`)
	return c
}

func TestGet(t *testing.T) {
	c := filled(t)
	ids := func(body, want string) {
		t.Helper()
		c.want("POST", "/collections/{docs}/get", `{"include":[],`+body+`}`, 200, `{"ids":[`+want+`],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"include":[]}`)
	}
	ids(`"ids":["c","a","zz","a"]`, `"a","c"`)
	ids(`"ids":[]`, ``)
	ids(`"ids":null,"where":null,"where_document":null,"limit":null,"offset":null`, `"a","b","c","d","e","f"`)
	ids(`"limit":0`, ``)
	ids(`"limit":2,"offset":1`, `"b","c"`)
	ids(`"offset":5`, `"f"`)
	ids(`"offset":99`, ``)
	ids(`"limit":999999999`, `"a","b","c","d","e","f"`)
	ids(`"ids":["d","c","a"],"limit":2`, `"a","c"`)
	ids(`"ids":["d","c","a"],"offset":1`, `"c","d"`)
	ids(`"ids":["a","b","d"],"where":{"k":1}`, `"a","b"`)
	ids(`"where":{"k":{"$ne":1}}`, `"c","d","e","f"`)
	ids(`"where":{"k":{"$ne":1}},"limit":2,"offset":1`, `"d","e"`)
	ids(`"where":{"k":1},"where_document":{"$contains":"W"}`, `"a"`)
	ids(`"where_document":{"$contains":""}`, `"a","b","d","e","f"`)
	ids(`"where_document":{"$not_regex":""}`, `"c"`)
	c.want("POST", "/collections/{docs}/get", `{"limit":4,"offset":1,"include":["distances","documents","documents"]}`, 200, `{"ids":["b","c","d","e"],"embeddings":null,"documents":["hello",null,"","x.y*z"],"uris":null,"metadatas":null,"include":["distances","documents","documents"]}`)
	c.want("POST", "/collections/{docs}/get", `{"where":{}}`, 400, `{"error":"InvalidArgumentError","message":"Invalid where clause: it must be an object with a condition"}`)
	c.want("POST", "/collections/{docs}/get", ``, 400, `{"error":"InvalidArgumentError","message":"Failed to parse the request body as JSON: the JSON ends where an object was expected (at byte 0)"}`)
}

func TestQuery(t *testing.T) {
	c := filled(t)
	query := func(body, want string) {
		t.Helper()
		c.want("POST", "/collections/{docs}/query", `{"include":["distances"],`+body+`}`, 200, `{`+want+`,"include":["distances"]}`)
	}
	const none = `"embeddings":null,"documents":null,"uris":null,"metadatas":null`
	one := func(ids, distances string) string {
		return `"ids":[` + ids + `],` + none + `,"distances":[` + distances + `]`
	}
	query(`"query_embeddings":[[1,0]]`, one(`["a","f","c","b","e","d"]`, `[0,0.10557281,0.29289323,1,1,2]`))
	query(`"query_embeddings":[[1,0],[0,1]],"n_results":2`, one(`["a","f"],["b","c"]`, `[0,0.10557281],[0,0.29289323]`))
	query(`"query_embeddings":[[1,0]],"n_results":999999999`, one(`["a","f","c","b","e","d"]`, `[0,0.10557281,0.29289323,1,1,2]`))
	query(`"query_embeddings":[[1,0]],"n_results":0`, one(`[]`, `[]`))
	query(`"query_embeddings":[]`, `"ids":[],`+none+`,"distances":[]`)
	query(`"query_embeddings":[[0,0],[1,0]],"n_results":3`, one(`["a","b","c"],["a","f","c"]`, `[1,1,1],[0,0.10557281,0.29289323]`))
	query(`"query_embeddings":["AACAPwAAAAA="],"n_results":1`, one(`["a"]`, `[0]`))
	query(`"query_embeddings":[[1,0]],"where":{"k":77}`, one(`[]`, `[]`))
	query(`"query_embeddings":[[1,0]],"where":{"k":1},"where_document":{"$contains":"o"}`, one(`["a","b"]`, `[0,1]`))
	query(`"query_embeddings":[[1,0]],"ids":["b","a"]`, one(`["a","b"]`, `[0,1]`))
	query(`"query_embeddings":[[1,0]],"ids":["zz","a"]`, one(`["a"]`, `[0]`))
	query(`"query_embeddings":[[1,0]],"ids":["e"]`, one(`["e"]`, `[1]`))
	query(`"query_embeddings":[[1,0]],"ids":[]`, one(`[]`, `[]`))
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[1,0]],"n_results":2}`, 200, `{"ids":[["a","f"]],"embeddings":null,"documents":[["Hello World","ümlaut Straße"]],"uris":null,"metadatas":[[{"k":1,"s":"x"},{"k":true}]],"distances":[[0,0.10557281]],"include":["documents","metadatas","distances"]}`)
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[1,0]],"n_results":1,"include":["embeddings","uris"]}`, 200, `{"ids":[["a"]],"embeddings":[[[1,0]]],"documents":null,"uris":[[null]],"metadatas":null,"distances":null,"include":["embeddings","uris"]}`)
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[1,2,3]]}`, 400, `{"error":"InvalidArgumentError","message":"Collection expecting embedding with dimension of 2, got 3"}`)
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[]]}`, 400, `{"error":"InvalidArgumentError","message":"Collection expecting embedding with dimension of 2, got 0"}`)
	c.want("POST", "/collections/{docs}/query", `{"query_embeddings":[[1,2],[1]]}`, 400, `{"error":"InvalidArgumentError","message":"Inconsistent dimensions in provided embeddings"}`)
}

func TestDistances(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	for space, want := range map[string]string{
		"l2":     `{"ids":[["a","t","z","b"]],"embeddings":[[[1,2],[1,2],[0,0],[3,-4]]],"documents":null,"uris":null,"metadatas":null,"distances":[[2,2,5,26]],"include":["distances","embeddings"]}`,
		"ip":     `{"ids":[["a","t","b","z"]],"embeddings":[[[1,2],[1,2],[3,-4],[0,0]]],"documents":null,"uris":null,"metadatas":null,"distances":[[-3,-3,-1,1]],"include":["distances","embeddings"]}`,
		"cosine": `{"ids":[["a","t","b","z"]],"embeddings":[[[1,2],[1,2],[3,-4],[0,0]]],"documents":null,"uris":null,"metadatas":null,"distances":[[0.2,0.2,0.8211146,1]],"include":["distances","embeddings"]}`,
	} {
		name := "space-" + space
		c.make(name, `,"configuration":{"hnsw":{"space":"`+space+`"}}`)
		c.want("POST", "/collections/{"+name+"}/add", `{"ids":["a","b","z","t"],"embeddings":[[1,2],[3,-4],[0,0],[1,2]]}`, 201, `{}`)
		c.want("POST", "/collections/{"+name+"}/query", `{"query_embeddings":[[2,1]],"include":["distances","embeddings"]}`, 200, want)
	}
}

func TestDelete(t *testing.T) {
	c := filled(t)
	left := func(want string) {
		t.Helper()
		c.want("POST", "/collections/{docs}/get", `{"include":[]}`, 200, `{"ids":[`+want+`],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"include":[]}`)
	}
	del := func(body string, status int, want string) {
		t.Helper()
		c.want("POST", "/collections/{docs}/delete", body, status, want)
	}
	const limit = `{"error":"InvalidArgumentError","message":"Validation error: limit, where: limit can only be specified when a where clause is provided"}`
	del(`{}`, 200, `{"deleted":0}`)
	del(`{"ids":null,"where":null,"where_document":null}`, 200, `{"deleted":0}`)
	del(`{"ids":[]}`, 400, `{"error":"InvalidArgumentError","message":"Validation error: ids, where: Either ids or where must be specified"}`)
	del(`{"ids":[],"where":{"k":1}}`, 200, `{"deleted":0}`)
	del(`{"ids":["a"],"limit":1}`, 400, limit)
	del(`{"limit":1}`, 400, limit)
	del(`{"where":{}}`, 400, `{"error":"InvalidArgumentError","message":"Invalid where clause: it must be an object with a condition"}`)
	del(`{"ids":["zz","yy"]}`, 200, `{"deleted":2}`)
	del(`{"where":{"k":77}}`, 200, `{"deleted":0}`)
	del(`{"ids":["a"],"where":{"k":2}}`, 200, `{"deleted":0}`)
	left(`"a","b","c","d","e","f"`)
	del(`{"where":{"k":1},"limit":1}`, 200, `{"deleted":1}`)
	left(`"b","c","d","e","f"`)
	del(`{"where":{"k":2},"limit":0}`, 200, `{"deleted":0}`)
	del(`{"ids":["b","b"]}`, 200, `{"deleted":2}`)
	del(`{"where_document":{"$contains":"x"}}`, 200, `{"deleted":1}`)
	left(`"c","d","f"`)
	del(`{"ids":["c","d"],"where":{"k":{"$ne":2}}}`, 200, `{"deleted":1}`)
	left(`"d","f"`)
	del(`{"where":{"k":{"$ne":77}}}`, 200, `{"deleted":2}`)
	left(``)
	c.want("POST", "/collections/{docs}/add", `{"ids":["a"],"embeddings":[[1,2,3]]}`, 400, `{"error":"InvalidArgumentError","message":"Collection expecting embedding with dimension of 2, got 3"}`)
}

func TestSparseVectorsAndListsStay(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	metadata := `{"l":[1,2.5],"e":[],"v":{"#type":"sparse_vector","indices":[1,7],"values":[0.5,1.25]},"big":9223372036854775807,"f":1e2,"chroma:document":"x","a.b":1}`
	c.want("POST", "/collections/{docs}/add", `{"ids":["a"],"embeddings":[[1,2]],"metadatas":[`+metadata+`],"uris":["u"]}`, 201, `{}`)
	c.want("POST", "/collections/{docs}/update", `{"ids":["a"],"metadatas":[{"x":1}]}`, 200, `{}`)
	c.want("POST", "/collections/{docs}/get", `{"include":["metadatas"],"where":{"a.b":1}}`, 200, `{"ids":["a"],"embeddings":null,"documents":null,"uris":null,"metadatas":[`+strings.TrimSuffix(metadata, "}")+`,"x":1}],"include":["metadatas"]}`)
}
