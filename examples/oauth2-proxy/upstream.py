"""An application that has no sign-in of its own: it believes the headers of oauth2-proxy, which alone can reach it."""
import html
import http.server
import os
import urllib.parse

issuer = os.environ.get("ISSUER", "http://localhost:8080/t/demo")
sign_out = "/oauth2/sign_out?" + urllib.parse.urlencode({
    "rd": issuer + "/oauth2/logout?" + urllib.parse.urlencode({
        "id_token_hint": "{id_token}",  # oauth2-proxy puts it in
        "post_logout_redirect_uri": "http://localhost:4106/signed-out",
    }, safe="{}")})


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        email, groups = (html.escape(self.headers.get(name, "")) for name in ("X-Forwarded-Email", "X-Forwarded-Groups"))
        page = f"Signed in as {email}, in {groups}. <a id=logout href='{html.escape(sign_out)}'>Sign out</a>"
        if self.path == "/signed-out":
            page = "Signed out. <a href=/>Sign in</a>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())


http.server.ThreadingHTTPServer(("127.0.0.1", 4116), Application).serve_forever()
