// Package docs holds the documentation pages of the API and all that they load, inside
// the binary: no page asks anything of another machine. What comes from others is under
// assets, compressed, as the program in fetch has fetched it; see NOTICE for its licences.
package docs

//go:generate go run ./fetch assets
