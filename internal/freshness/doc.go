// Package freshness says how old what is read may be. A caller that shows what it reads, and decides
// nothing by it, says so in the context (Display): then the read may be answered by a replica of the
// database that is a little behind. All other reads are answered by the primary.
package freshness
