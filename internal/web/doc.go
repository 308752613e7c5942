// Package web is everything of HTTP that is no protocol: handlers that return
// errors and their three translations, strict forms, cookies, headers, CORS,
// answers from memory, and the server with its limits.
//
// It knows no domain type and no OAuth rule beyond the shape of an error.
package web
