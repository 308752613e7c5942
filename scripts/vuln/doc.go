// Command vuln says whether known vulnerabilities reach us.
//
//	make vuln                       compare what is found with deploy/vex.openvex.json
//	make vuln ARGS=-write           write the statements about code that is not called
//
// The database is made from the module golang.org/x/vulndb, whose version is in
// tools/vuln/go.mod, so the answer is the same everywhere until that is raised;
// nothing is asked at run time. govulncheck then reads the source that the
// server is built from, with the Go toolchain that it is built with.
//
// Each finding needs a statement in the OpenVEX document (openvex.dev, version
// 0.2.0), of the right kind: code that is not linked, code that is linked and not
// called, or code that is called, where somebody has said why that does no harm. A
// finding without a statement fails, and so does a statement without its finding.
package main
