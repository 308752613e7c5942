// Package s3 lets package blobfile write to S3. AWS's packages are 4 MB of a program, and those that it needs besides
// a hundred to compile, so only programs that are built with the tag s3 import it.
package s3
