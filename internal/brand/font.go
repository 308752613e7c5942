package brand

// A stack is fonts that systems have, by script: none is fetched.
type stack struct{ latin, arabic, japanese string }

var fonts = map[string]stack{
	"system": {},
	"serif": {
		latin:    `ui-serif, "New York", Charter, Cambria, Georgia, "Noto Serif", "Times New Roman", serif`,
		arabic:   `"Noto Naskh Arabic", "Sakkal Majalla", "Geeza Pro", "Times New Roman", serif`,
		japanese: `"Hiragino Mincho ProN", "Yu Mincho", "Noto Serif JP", "Noto Serif CJK JP", serif`,
	},
	"rounded": {
		latin:    `ui-rounded, "SF Pro Rounded", Nunito, Quicksand, "Varela Round", "Arial Rounded MT Bold", system-ui, sans-serif`,
		arabic:   `ui-rounded, "SF Arabic Rounded", -apple-system, "Segoe UI", "Noto Sans Arabic UI", "Noto Sans Arabic", system-ui, sans-serif`,
		japanese: `"Hiragino Maru Gothic ProN", "BIZ UDGothic", "Yu Gothic UI", "Noto Sans JP", "Noto Sans CJK JP", system-ui, sans-serif`,
	},
	"humanist": {
		latin:    `Seravek, "Gill Sans Nova", Optima, Candara, Ubuntu, "Open Sans", "Noto Sans", sans-serif`,
		arabic:   `-apple-system, "Segoe UI", "Noto Sans Arabic UI", "Noto Sans Arabic", Tahoma, sans-serif`,
		japanese: `"Hiragino Sans", "Yu Gothic UI", Meiryo, "Noto Sans JP", "Noto Sans CJK JP", sans-serif`,
	},
}
