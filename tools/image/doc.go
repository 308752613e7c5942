// Command image makes the container image, from Go alone: no daemon, no base image, no
// Dockerfile.
//
//	make image                 dist/image (an OCI layout), dist/plinto-image.tar (the same as one
//	                           file), dist/plinto-image.digest, dist/plinto-linux-*.cdx.json (what
//	                           is in each binary)
//	make image ARGS=-cold      compile the second build anew, too
//	make image ARGS=-arch=amd64   for one architecture
//
// The image is built twice, the second time in another directory where the tree has no changes that
// are not committed, and both have to have the same digest. What was written is read again and
// compared with what it has to be (check.go). Package try runs it.
//
// It has five files: the program, the certificate authorities of the module
// golang.org/x/crypto/x509roots, the time zones of the Go toolchain, and the names of user and group
// 65532. Nothing in it belongs to that user, and nothing needs to be written.
package main
