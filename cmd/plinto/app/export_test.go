package app

import (
	"net/http"
	"slices"
)

// Reversed returns a server of the same parts with its areas in reverse order.
func (a *App) Reversed() (http.Handler, error) {
	all := slices.Clone(areas)
	slices.Reverse(all)
	reversed := *a
	var err error
	reversed.router, err = reversed.mount(all)
	return reversed.Handler(), err
}
