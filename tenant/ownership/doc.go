// Package ownership gives what a manifest declares to the manifest, and takes it back.
package ownership
