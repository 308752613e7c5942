// Command budgets measures the Go code below the working directory, without
// generated files and tests, and fails when it is larger than agreed:
// nine functions of ten have at most 35 lines, none has more than 60, and no file has
// more than 400.
package main
