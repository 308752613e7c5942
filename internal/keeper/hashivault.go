//go:build hashivault

package keeper

import _ "gocloud.dev/secrets/hashivault"

func init() { services["hashivault"] = openService }
