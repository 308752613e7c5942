package main

import (
	"context"
	"os/exec"
	"runtime"
)

// openInBrowser asks the desktop to open an address. Where it cannot, the address was printed.
func openInBrowser(ctx context.Context, address string) {
	var name string
	var args []string
	switch runtime.GOOS {
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler"}
	case "darwin":
		name = "open"
	default:
		name = "xdg-open"
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, append(args, address)...)
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
