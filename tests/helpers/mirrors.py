"""A server on this machine in the place of a mirror, which serves files or fails."""

from http.server import BaseHTTPRequestHandler

from helpers.idx_files import HTML


class Handler(BaseHTTPRequestHandler):
    """GET /BEHAVIOUR/FILE: serve the file, or fail in the way that the first part names."""

    def do_GET(self):
        self.server.requests.append(self.path)
        _, behaviour, name = self.path.split("/")
        if behaviour in ("403", "404", "500", "503"):
            return self.send_error(int(behaviour))
        body = HTML if behaviour == "html" else self.server.files[name]
        self.send_response(200)
        if behaviour != "cut_unannounced":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if behaviour in ("cut", "cut_unannounced", "stall"):
            body = body[: len(body) // 2]
        self.wfile.write(body)
        if behaviour == "stall":
            self.server.release.wait(120)

    def log_message(self, *args):
        pass
