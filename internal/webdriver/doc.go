// Package webdriver drives Firefox and WebKitGTK for tests, by the commands of W3C
// WebDriver: Firefox over Marionette, which it speaks itself (geckodriver, which Debian
// does not have, does nothing but translate), WebKit by its driver in an X server without
// a screen. It is for test files only.
//
// Chromium has package chromium, with events of its own; here the page is looked at again
// until it is as wanted.
package webdriver
