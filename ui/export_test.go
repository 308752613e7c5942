package ui

// What tests outside of the package look at.
var (
	AssetNames = names // of files with their hashes, by their names
	ReturnLink = returnLink
)
