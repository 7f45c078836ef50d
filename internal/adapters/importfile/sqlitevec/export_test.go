package sqlitevec

// ParseColumns reads a declaration, and returns what is wrong with it.
func ParseColumns(sql string) error {
	_, err := parseColumns(sql)
	return err
}
