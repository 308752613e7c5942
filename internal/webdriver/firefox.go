package webdriver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// preferences keep Firefox to the pages that a test opens, and on a port of its own choice.
const preferences = `
user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.healthreport.uploadEnabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.security.https_first", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("network.trr.mode", 5);
user_pref("services.settings.server", "data:,");
user_pref("signon.rememberSignons", false);
user_pref("toolkit.telemetry.enabled", false);
`

// Firefox starts a Firefox without a window, with an empty profile. It ends with the test.
func Firefox(t testing.TB) *Session {
	t.Helper()
	path := program(t, "firefox-esr", "firefox")
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), path, "--headless", "--no-remote", "--marionette", "--profile", profile)
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	run(t, cmd)
	m := &marionette{t: t}
	port := filepath.Join(profile, "MarionetteActivePort")
	(&Session{t: t, wire: m}).Until("Firefox listens", func() bool { return m.dial(port) })
	t.Cleanup(func() { _ = m.conn.Close() })
	if err := m.call(command{name: "WebDriver:NewSession"}, "", map[string]any{"acceptInsecureCerts": true}, nil); err != nil {
		t.Fatal(err)
	}
	return &Session{t: t, wire: m}
}

// A marionette is a connection to Firefox: messages are JSON after their length.
type marionette struct {
	t    testing.TB
	conn net.Conn
	from *bufio.Reader
	last int
}

// dial connects once the file with the port is there.
func (m *marionette) dial(file string) bool {
	port, err := os.ReadFile(file)
	if err != nil || len(port) == 0 {
		return false
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(m.t.Context(), "tcp", "127.0.0.1:"+strings.TrimSpace(string(port)))
	if err != nil {
		return false
	}
	m.conn, m.from = conn, bufio.NewReader(conn)
	_, err = m.read() // it says who it is
	return err == nil
}

func (m *marionette) read() ([]byte, error) {
	if err := m.conn.SetDeadline(time.Now().Add(2 * timeout)); err != nil {
		return nil, err
	}
	length, err := m.from.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	message := make([]byte, n)
	_, err = io.ReadFull(m.from, message)
	return message, err
}

func (m *marionette) call(c command, element string, params map[string]any, value any) error {
	if params == nil {
		params = map[string]any{}
	}
	if element != "" {
		params["id"] = element
	}
	m.last++
	out, err := json.Marshal([]any{0, m.last, c.name, params})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(out), out); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	in, err := m.read()
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	var answer [4]json.RawMessage // 1, the number, an error or null, a result
	if err := json.Unmarshal(in, &answer); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return result(c.name, answer[2], answer[3], value)
}

// result reads what a command gave: {"value": …}, or an error.
func result(name string, failed, given json.RawMessage, value any) error {
	var problem struct{ Error, Message string }
	if len(failed) > 0 && json.Unmarshal(failed, &problem) == nil && problem.Error != "" {
		return fmt.Errorf("%s: %s: %s", name, problem.Error, problem.Message)
	}
	if value == nil {
		return nil
	}
	var holder struct{ Value json.RawMessage }
	if err := json.Unmarshal(given, &holder); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(holder.Value) == 0 || string(holder.Value) == "null" {
		return nil
	}
	return json.Unmarshal(holder.Value, value)
}

func (m *marionette) picture() ([]byte, error) {
	var text string
	if err := m.call(command{name: "WebDriver:TakeScreenshot"}, "", map[string]any{"full": true, "hash": false}, &text); err != nil {
		return nil, err
	}
	return decodePicture(text)
}
