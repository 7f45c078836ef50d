package original

import "github.com/memista/memista/internal/adapters/importfile/sqlitefile"

// DriverName is the SQL driver of this build.
const DriverName = sqlitefile.DriverName

// Parse reads an index file and every vector in it, and returns their number.
func Parse(raw []byte) (int, error) {
	v, err := parse(raw)
	if err != nil {
		return 0, err
	}
	for key := range v.at {
		_ = v.of(int64(key))
	}
	return len(v.at), nil
}
