// Package check looks for what is wrong in the data file, and repairs what can be repaired.
package check
