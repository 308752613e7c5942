// Command controls proves that the tests of attacks can fail. Each control takes one
// defence out of the source, runs the test that is to notice, and wants it to fail:
// a test that passes without the defence shows nothing.
//
//	make controls                    all of them
//	make controls ARGS="-only COD"   those of attacks whose id starts like that
//	make controls ARGS="-shard 2/5"  the second fifth, for machines side by side
//	make controls ARGS=-v            with what each test said
//
// Nothing in the tree is changed: altered files are laid over it for one build
// (-overlay; weave.go says how many controls share one). Before that, every test has
// to pass with its defence in place.
//
// A control is data (the table files): the attacks it is about, the edits that take
// the defence out, and the test. Code and tests that move are found where they are
// (locate.go). TestControls_standWhereTheyPoint keeps controls fitting the source
// without running them.
package main
