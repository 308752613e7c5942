// Package browser holds what the hosted pages share about the user's browser: its session,
// its device, the flows it started, and the frame in which every page is rendered.
//
// It owns the cookies, and opens the flow of every request to a page of one (Visit). It
// decides nothing: what happens next is decided in package dispatch, who may sign in in
// package identity.
//
//	plinto_s        session token; only its hash is stored
//	plinto_d        device: which browser this is, and whom it signed in before
//	plinto_o        browser state of Session Management 1.0: tells one session from
//	                another and is no use for anything else; scripts of our own
//	                session iframe read it
//	plinto_f_<id>   one flow, sealed (AES-256-GCM): good for 30 minutes, kept for two
//	                hours so that it can be started again; another browser that
//	                gets the flow's URL has nothing to open
//	plinto_b        the secret that opens this browser's rows, which hold the flows
//	                that fit into no cookie
//	plinto_c        says that the browser keeps cookies, where there is no other
//	plinto_k        somebody wanted no passkey in this browser: none is offered for 30 days
//
// Links of mails have a cookie each (Link), with their token until it is spent.
package browser
