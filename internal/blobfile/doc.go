// Package blobfile writes objects of blob stores, whole or not at all: file:///folder/name, and
// s3://bucket/name in programs that import plinto/internal/blobfile/s3.
package blobfile
