package ui

import (
	"strings"

	"github.com/a-h/templ"
)

// A ReferenceFrame is what the pages of the API's reference share. Their texts are English, as
// those of the contract are.
type ReferenceFrame struct {
	Page
	Base   string // path of the reference
	Topics []string
	Topic  string // the one that is shown: "", a topic or "errors"
}

// to is the address of a page of the reference.
func (f ReferenceFrame) to(page string) templ.SafeURL {
	if page == "" {
		return templ.SafeURL(f.Base)
	}
	return templ.SafeURL(f.Base + "/" + page)
}

// ReferenceHomeView lists all operations.
type ReferenceHomeView struct {
	ReferenceFrame
	Title, Text, Address string
	Groups               []ReferenceGroup
}

// A ReferenceGroup is the operations of one topic.
type ReferenceGroup struct {
	Topic, Text string
	Operations  []ReferenceOperation
}

// ReferenceTopicView describes the operations of a topic.
type ReferenceTopicView struct {
	ReferenceFrame
	ReferenceGroup
}

// A ReferenceOperation is one method of one path.
type ReferenceOperation struct {
	ID, Method, Path, Summary, Text string
	Permission                      string
	Parameters                      []ReferenceField
	Body                            []ReferenceField
	BodyRequired                    bool
	Answers                         []ReferenceAnswer
	Command                         string // for a shell
}

// A ReferenceField is a parameter or a member of an object.
type ReferenceField struct {
	Name, Place string // Place: path, query or header, of a parameter
	Type        string
	Required    bool
	Text        string
	Limits      []string
	Fields      []ReferenceField // of an object, or of the objects in an array
}

// A ReferenceAnswer is what an operation may say.
type ReferenceAnswer struct {
	Status, Text string
	Fields       []ReferenceField
}

// A ReferenceCode is the code of an error, explained.
type ReferenceCode struct{ Code, Cause, Remedy string }

// ReferenceErrorsView lists the codes.
type ReferenceErrorsView struct {
	ReferenceFrame
	Codes []ReferenceCode
}

// ReferenceErrorView explains one.
type ReferenceErrorView struct {
	ReferenceFrame
	ReferenceCode
}

// words turns the name of a topic into a title: "resource_servers" is "Resource servers".
func words(topic string) string {
	text := strings.ReplaceAll(topic, "_", " ")
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// A span is a piece of a text of the contract, whose only mark is the backtick.
type span struct {
	text string
	code bool
}

func spans(text string) []span {
	var all []span
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			all = append(all, span{piece, i%2 == 1})
		}
	}
	return all
}
