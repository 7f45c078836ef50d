// Package config holds the settings of the memista binary and reads them: a flag wins
// over an environment variable, that over a line in .env, that over the configuration
// file, and that over the default. Whatever it does not know, in the file or under
// MEMISTA_ in the environment, is an error, so that a misspelt setting is never ignored.
package config
