// Package change changes chunks by a function of what they are: it reads them, asks what is to
// become of them, and writes that if nobody has changed them meanwhile; else it begins again.
// After a few times others wait, so a change comes to its end beside any number of writers.
//
// What one turn reads is of the state that the database had before (page.go), so one number
// says whether all of it is still so. What becomes of it is checked, and gets its embeddings,
// before that is asked (result.go).
package change
