// Package blobfile writes files and objects of blob stores, whole or not at all: at paths, at file:///folder/name, and at
// s3://bucket/name in programs that import plinto/internal/blobfile/s3.
package blobfile
