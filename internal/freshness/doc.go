// Package freshness says how old what is read may be. Who shows something and decides nothing by it
// says so in the context (Display); what reads from a database then may ask a copy of it that is a
// little behind. Nobody else is answered from such a copy.
package freshness
