package flags

import (
	"fmt"

	"github.com/spf13/cobra"
)

// UsageError is a command line that makes no sense. The program says so by its exit code.
type UsageError struct{ Err error }

// Error returns the text of Err.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e UsageError) Unwrap() error { return e.Err }

// Usage returns a UsageError with a text as fmt.Errorf makes it.
func Usage(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Checked has the commands refuse a wrong number of arguments with a UsageError.
func Checked(commands ...*cobra.Command) {
	for _, c := range commands {
		check := c.Args
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return Usage("%w (see %s --help)", err, cmd.CommandPath())
			}
			return nil
		}
	}
}
