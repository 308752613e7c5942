//go:build gcpkms

package keeper

import _ "gocloud.dev/secrets/gcpkms"

func init() { services["gcpkms"] = openService }
