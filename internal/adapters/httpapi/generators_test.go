package httpapi_test

import (
	"fmt"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/memista/memista/internal/adapters/httpapi"
)

// TestContractSuitsGenerators checks what generators of clients trip over; make
// openapi-clients runs two of them.
func TestContractSuitsGenerators(t *testing.T) {
	var doc any
	if err := yaml.Unmarshal(httpapi.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	members := 0
	visit("", doc, func(at string, node map[string]any) {
		if isObject(node) && node["additionalProperties"] == nil {
			t.Errorf("%s is an object that does not say which members it may have: openapi-typescript takes it for one without any", at)
		}
		properties, _ := node["properties"].(map[string]any)
		for name, p := range properties {
			members++
			if p, ok := p.(map[string]any); ok && p["default"] != nil {
				t.Errorf("%s.%s has a default: openapi-typescript takes it for one that must be there; give it a schema of its own", at, name)
			}
		}
	})
	if members < 100 {
		t.Errorf("%d members were looked at; want all of them", members)
	}
}

// visit calls f for every mapping under node.
func visit(at string, node any, f func(at string, node map[string]any)) {
	switch node := node.(type) {
	case map[string]any:
		f(at, node)
		for name, v := range node {
			if name != "example" && name != "examples" && name != "value" {
				visit(at+"/"+name, v, f)
			}
		}
	case []any:
		for i, v := range node {
			visit(fmt.Sprintf("%s/%d", at, i), v, f)
		}
	}
}

// isObject reports whether node is the schema of an object.
func isObject(node map[string]any) bool {
	kinds, _ := node["type"].([]any)
	return node["type"] == "object" || slices.Contains(kinds, any("object"))
}
