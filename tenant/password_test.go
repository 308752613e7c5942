package tenant

import "testing"

func TestPasswordLength_isShorterWithASecondFactorOnly(t *testing.T) {
	t.Parallel()
	own := PasswordPolicy{MinLength: 20, MinLengthWithFactor: 12}
	for name, tt := range map[string]struct {
		settings Settings
		factor   bool
		want     int
	}{
		"the only factor":                {want: 15},
		"with a second one":              {factor: true, want: 8},
		"where one is required":          {settings: Settings{MFA: MFA{Policy: MFARequired}}, want: 8},
		"where one app requires it":      {settings: Settings{MFA: MFA{RequiredFor: []string{"app"}}}, want: 15},
		"where none is asked for":        {settings: Settings{MFA: MFA{Policy: MFAOff}}, factor: true, want: 15},
		"the tenant's, the only factor":  {settings: Settings{Password: own}, want: 20},
		"the tenant's, with another one": {settings: Settings{Password: own}, factor: true, want: 12},
	} {
		if got := tt.settings.PasswordLength(tt.factor); got != tt.want {
			t.Errorf("%s: %d characters, want %d", name, got, tt.want)
		}
	}
}
