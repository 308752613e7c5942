//go:build awskms

package keeper

import _ "gocloud.dev/secrets/awskms"

func init() { services["awskms"] = openService }
