// Package chromem reads what chromem-go keeps in files: an export of all collections, plain,
// compressed or encrypted, or the directory of a persistent database with a file for each
// document.
//
// The files are streams of package encoding/gob. They are read here piece by piece: that
// package holds a whole export in memory, twice, and says that it is not made for files of
// others. So memory does not grow with the file, unless it is encrypted, which can only be
// decrypted whole.
package chromem
