package pdf

// Parse is parse, in this process.
var Parse = parse

// Run is run: a process with another bound on its time.
var Run = run
