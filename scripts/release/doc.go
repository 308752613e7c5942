// Command release says what a version that was tagged lacks, and fails when that is anything: its line in
// migrations.Releases, by which plinto upgrade-check knows it, RunsFrom at the release before it, and its section of
// the change log. The workflow of a release runs it before anything else, and scripts/verify.sh for the tags of the commit.
package main
