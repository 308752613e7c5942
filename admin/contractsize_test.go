package admin

import (
	"encoding/json"
	"testing"
)

// No text that the contract takes is larger than what a body may be, with room for its escapes and for what is beside it.
func TestContract_textsFitIntoABody(t *testing.T) {
	t.Parallel()
	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var look func(at string, value any)
	look = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if most, ok := value["maxLength"].(float64); ok {
				if seen++; most > maxBody*4/5 {
					t.Errorf("%s takes %.0f characters, a body %d bytes", at, most, maxBody)
				}
			}
			for name, inner := range value {
				look(at+"/"+name, inner)
			}
		case []any:
			for _, inner := range value {
				look(at, inner)
			}
		}
	}
	look("", all)
	if seen < 100 {
		t.Errorf("%d texts are bounded", seen)
	}
}
