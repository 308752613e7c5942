//go:build s3

package blobfile

import _ "gocloud.dev/blob/s3blob" // AWS's packages are 4 MB of the program
