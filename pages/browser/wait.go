package browser

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"plinto/internal/fault"
)

// Wait reads how long an error says to wait: the status of the answer, 429 or 503, and the
// seconds, which it also puts into Retry-After. 0, 0 when the error does not say.
func Wait(w http.ResponseWriter, err error) (status, seconds int) {
	var f *fault.Error
	if !errors.As(err, &f) || f.RetryAfter <= 0 {
		return 0, 0
	}
	switch f.Kind {
	case fault.TooMany:
		status = http.StatusTooManyRequests
	case fault.Unavailable:
		status = http.StatusServiceUnavailable
	default:
		return 0, 0
	}
	seconds = max(1, int(math.Ceil(f.RetryAfter.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return status, seconds
}
