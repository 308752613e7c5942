package provider

import "slices"

// ACRReached reports whether a sign-in of class reached satisfies one of wanted.
func ACRReached(reached string, wanted []string) bool {
	rung := slices.Index(ACRs, reached)
	return slices.ContainsFunc(wanted, func(want string) bool {
		at := slices.Index(ACRs, want)
		return want == reached || at >= 0 && at <= rung
	})
}

// ACRReachable reports whether one of wanted can be reached by signing in.
func ACRReachable(wanted []string) bool {
	return slices.ContainsFunc(wanted, func(want string) bool { return slices.Contains(ACRs, want) })
}
