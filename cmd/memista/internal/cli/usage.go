package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/internal/app/config"
)

// frequent are the settings that the help of a command shows.
var frequent = map[string]bool{
	"database_path": true, "server_host": true, "server_port": true, "keys_file": true, "memory_budget": true, "log_level": true,
}

// settingsTopic is the help topic with all settings.
const settingsTopic = "settings"

// printUsage prints how to call a command: of the settings only the frequent ones, and where
// the others are.
func printUsage(cmd *cobra.Command) error {
	w := cmd.OutOrStderr()
	var lines []string
	if cmd.Runnable() {
		lines = append(lines, cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		lines = append(lines, cmd.CommandPath()+" COMMAND")
	}
	fmt.Fprintf(w, "Usage: %s\n", strings.Join(lines, "\n       "))
	if cmd.HasAvailableSubCommands() {
		printCommands(w, cmd)
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	printFlags(w, cmd)
	return nil
}

func printCommands(w io.Writer, cmd *cobra.Command) {
	fmt.Fprintf(w, "\nCommands, of which \"%s COMMAND --help\" tells more:\n", cmd.CommandPath())
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(w, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
}

// printFlags prints the flags of a command, and settings by their groups.
func printFlags(w io.Writer, cmd *cobra.Command) {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags = false
	settings := 0
	all := func(f *pflag.Flag) {
		if flags.IsSetting(f) {
			settings++
		} else if f.Name != "help" && f.Name != "version" && own.Lookup(f.Name) == nil {
			own.AddFlag(f)
		}
	}
	cmd.LocalFlags().VisitAll(all)
	cmd.InheritedFlags().VisitAll(all)
	fmt.Fprint(w, "\nFlags:\n")
	fmt.Fprint(w, own.FlagUsages(), "  -h, --help   print this help\n")
	if !cmd.HasParent() {
		fmt.Fprint(w, "      --version   print the version\n")
	}
	if settings == 0 {
		return
	}
	fmt.Fprint(w, "\nSettings that are often changed:\n")
	often := func(s config.Setting) bool { return frequent[s.Key] && cmd.Flag(s.Flag()) != nil }
	shown := printSettings(w, config.Group{Settings: config.Settings()}, often)
	fmt.Fprintf(w, "\n\"memista help %s\" lists the other %d flags.\n", settingsTopic, settings-shown)
}

// printSettings prints the flags of a group that pick picks, and returns how many.
func printSettings(w io.Writer, group config.Group, pick func(config.Setting) bool) (n int) {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SortFlags = false
	flags.NewSettings().Add(fs, func(one config.Setting) bool {
		if !pick(one) || !slices.ContainsFunc(group.Settings, func(s config.Setting) bool { return s.Key == one.Key }) {
			return false
		}
		n++
		return true
	})
	fmt.Fprint(w, fs.FlagUsagesWrapped(helpWidth))
	return n
}

// helpWidth is where long lines of the help are broken.
const helpWidth = 110

// newSettingsTopic is a page of the help, not a command.
func newSettingsTopic() *cobra.Command {
	topic := &cobra.Command{Use: settingsTopic, Short: "All settings, by groups"}
	topic.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		fmt.Fprint(w, "Settings are flags of \"memista serve\"; those of the data are flags of all commands. The variable\n"+
			"in brackets says the same in the environment and in .env, and the name of the flag with _ for - in\n"+
			"the file named by --config; configs/memista.yaml is such a file.\n")
		for _, group := range config.Groups() {
			fmt.Fprintf(w, "\n%s:\n", group.Name)
			printSettings(w, group, func(s config.Setting) bool { return !s.Secret() })
		}
	})
	return topic
}
