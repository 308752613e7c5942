package identity

import "time"

// NameRest is how long nobody else can choose a user name that somebody gave up.
const NameRest = 90 * 24 * time.Hour
