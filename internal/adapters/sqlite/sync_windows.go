package sqlite

// syncDir does nothing: Windows has no sync of directories and journals renames.
func syncDir(string) error { return nil }
