package check

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
)

// maxPageProblems is how many problems of pages are listed.
const maxPageProblems = 20

// Pages returns what is wrong with the pages of the file behind c.
func Pages(ctx context.Context, c *conn.Conn) ([]string, error) {
	var problems []string
	err := c.QueryUnder(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxPageProblems), func(row []driver.Value) error {
		text, _ := row[0].(string)
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "ok" && !strings.HasPrefix(line, "***") {
				problems = append(problems, line)
			}
		}
		return nil
	})
	return problems, err
}
