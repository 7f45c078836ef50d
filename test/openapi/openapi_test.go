// Package openapi_test makes clients of the contract with generators of others, and
// compiles a use of each.
package openapi_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/test/nodetest"
)

// enabled names the variable that says that the test is meant: it fetches packages.
const enabled = "MEMISTA_OPENAPI_TEST"

func TestGeneratedClientsCompile(t *testing.T) {
	ctx := nodetest.Start(t, enabled)
	packages := nodetest.Packages(ctx, t, "openapi")
	for _, c := range []struct {
		name, use string
		command   []string
	}{
		{"openapi-typescript", "use-openapi-typescript.ts",
			[]string{"node_modules/openapi-typescript/bin/cli.js", "openapi.yaml", "--output", "openapi-typescript.ts"}},
		{"@hey-api/openapi-ts", "use-hey-api.ts",
			[]string{"node_modules/@hey-api/openapi-ts/bin/run.js", "--input", "openapi.yaml", "--output", "hey-api"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			nodetest.Copy(t, dir, "tsconfig.json", "package.json", c.use)
			if err := os.WriteFile(filepath.Join(dir, "openapi.yaml"), httpapi.OpenAPI(), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
			if err := nodetest.Run(ctx, dir, "node", c.command...); err != nil {
				t.Fatal(err)
			}
			if err := nodetest.Run(ctx, dir, "node", "node_modules/typescript/bin/tsc", "--project", "."); err != nil {
				t.Error(err)
			}
		})
	}
}
