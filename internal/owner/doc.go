// Package owner decides who may change what a manifest declares: the manifest that does, and whoever
// forces it. Everybody else would have their change undone by the next plinto apply.
package owner
