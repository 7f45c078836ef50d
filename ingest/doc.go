// Package ingest keeps a database in step with files and folders: [Add] cuts files into
// passages, stores those that are new or have changed, and removes those that are gone. It
// works on an [api.Service], which is a data file or a server, whose database has an
// embedder.
//
// A passage is a chunk with the text of the passage, the key source#n, where n counts the
// passages of the file from 1 (or the key that a line of JSON has), and this metadata,
// beside that of a line of JSON:
//
//	source        the path below the folder that was given, with slashes
//	title         of the document, else the name of the file
//	heading       those above the passage, as in "Pumps > Start"; absent if there are none
//	line          where the passage begins, from 1; in DOCX the paragraph, in PDF the page
//	content_hash  split.Hash of the text
//	folder        the folder that was given, by its absolute path
//
// PDF files are read in a process of their own: the main function of the program begins
// with pdf.Subprocess of package split/pdf, or they are among those that fail.
package ingest
