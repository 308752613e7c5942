"""An application that has no sign-in of its own: it believes the headers of oauth2-proxy, which alone can reach it."""
import html
import http.server
import os
import urllib.parse

issuer = os.environ.get("ISSUER", "http://localhost:8080/t/demo")
sign_out = "/oauth2/sign_out?" + urllib.parse.urlencode({
    "rd": issuer + "/oauth2/logout?" + urllib.parse.urlencode({
        "client_id": os.environ.get("CLIENT_ID", "oauth2-proxy"),
        "post_logout_redirect_uri": "http://localhost:4106/",
    })})


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        email, groups = self.headers.get("X-Forwarded-Email", "nobody"), self.headers.get("X-Forwarded-Groups", "")
        page = f"Signed in as {html.escape(email)}, in {html.escape(groups)}. <a id=logout href='{html.escape(sign_out)}'>Sign out</a>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())


http.server.ThreadingHTTPServer(("127.0.0.1", 4116), Application).serve_forever()
