// Package textfile reads the text files that people write: configuration, manifests,
// keys and certificates. Editors and shells on Windows put a byte order mark in front
// (Notepad), write UTF-16 (PowerShell's ">") and end lines by CR LF; all of that is
// read. What is in an encoding that the file does not name is refused with its line.
package textfile
