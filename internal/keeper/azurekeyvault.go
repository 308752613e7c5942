//go:build azurekeyvault

package keeper

import _ "gocloud.dev/secrets/azurekeyvault"

func init() { services["azurekeyvault"] = openService }
