//go:build s3

package main

import _ "plinto/internal/blobfile/s3" // 4 MB: decision 0070
