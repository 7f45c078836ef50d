package diskfile

// SyncDir does nothing: Windows has no sync of directories and journals renames.
func SyncDir(string) error { return nil }
