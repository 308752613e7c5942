// Package blobfile writes objects of blob stores, whole or not at all: file:///folder/name, and
// s3://bucket/name in programs that are built with the tag s3.
package blobfile
