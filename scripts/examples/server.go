package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// startTime is how long a server or an application may take until it answers.
const startTime = 2 * time.Minute

// A server is a plinto dev with the seed of the examples.
type server struct {
	*process
	issuer string
	front  *front // nil where it is reached by http
}

// startServer starts plinto (the path of the program) on a port, with its data below dir.
func startServer(ctx context.Context, plinto, seed, dir, slug, port string, f *front, out *log) (*server, error) {
	program, err := filepath.Abs(plinto)
	if err != nil {
		return nil, err
	}
	manifest, err := filepath.Abs(seed)
	if err != nil {
		return nil, err
	}
	// Postgres does not run as root: plinto dev becomes another user, who has to get to the directory.
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o711); err != nil { //nolint:gosec // what is in it has rights of its own
			return nil, err
		}
	}
	// Other commands of this user are not to find this server: see runningFile in cmd/plinto.
	environ := environment("XDG_STATE_HOME=" + filepath.Join(dir, "state"))
	origin := "http://localhost:" + port
	if f != nil {
		origin = f.origin
		environ = append(environ, "PLINTO_PUBLIC_URL="+origin)
	}
	command := fmt.Sprintf("exec '%s' dev --seed '%s' --listen 127.0.0.1:%s --data-dir '%s'", program, manifest, port, filepath.Join(dir, "data"))
	p, err := start(command, dir, environ, out)
	if err != nil {
		return nil, err
	}
	s := &server{p, origin + "/t/" + slug, f}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := p.answers(ctx, "http://localhost:"+port+"/t/"+slug+"/.well-known/openid-configuration"); err != nil {
		s.stop()
		return nil, fmt.Errorf("start plinto dev: %w", err)
	}
	return s, nil
}

// stop ends it.
func (s *server) stop() {
	s.process.stop()
	if s.front != nil {
		_ = s.front.server.Close() // connections that are still there are of no use to anybody
	}
}
