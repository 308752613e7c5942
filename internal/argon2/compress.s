// Functions without a body, as in compress.go, compile only in a package that has assembly.
