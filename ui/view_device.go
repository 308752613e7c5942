package ui

// A DeviceProblem is why the form for the code of a mail is shown again: a key of the translations.
type DeviceProblem string

// The problems.
const (
	DeviceWrong     DeviceProblem = "device.wrong"
	DeviceThrottled DeviceProblem = "common.throttled"
)

// DeviceView asks for the code that was mailed because of a new browser.
type DeviceView struct {
	Page
	Client     Client
	Flow, CSRF string
	Email      string // that the code was mailed to
	Code       string // as it was typed
	Life       int    // seconds that a code is good
	Again      bool   // whether this is not the first code
	// Unreachable says that no code can be mailed: the user cannot sign in here.
	Unreachable bool
	Problem     DeviceProblem
	RetryAfter  int // seconds, with DeviceThrottled
}

// title says what the page is about.
func (v DeviceView) title() string {
	if v.Unreachable {
		return "device.unreachable"
	}
	return "signup.check"
}

// sent is what the page says about the mail, but for the address.
func (v DeviceView) sent() string {
	key := "device.sent"
	if v.Again {
		key = "device.sent.again"
	}
	return v.Locale.T(key, "duration", v.Locale.Duration(v.Life))
}
