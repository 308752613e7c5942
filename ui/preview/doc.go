// Package preview has a sample of every page of package ui in every state, and serves them
// below /dev/preview of a development server: as one sheet of frames, and each by an address of its own.
// The tests of ui and make screenshots look at the same samples.
//
// A sample is drawn as production draws it, under its content security policy, but for what
// Site says. Nothing in one works: forms are not sent, and there is nothing behind the addresses.
//
//	GET /dev/preview                                        the sheet
//	GET /dev/preview/{page}?lang=&theme=&brand=&scripts=    one page
//	GET /dev/preview/mail/{kind}?lang=&theme=&brand=        one mail
//	GET /dev/preview/of/{brand}/{theme}/…                   what pages load
package preview
