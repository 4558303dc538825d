"""A catalogue of somebody else on this machine, that can break off, change and lie."""
import http.server, threading


class Portal:
    """A server on this machine: fixed documents, or what a node answers, until it is told to break off."""

    def __init__(self, node=None, documents=None):
        self.node, self.documents, self.asked, self.left = node, documents or {}, [], None
        portal = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                portal.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler):
        self.asked.append(handler.path)
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                handler.close_connection = True
                return handler.connection.close()
        status, kind, body, tag = self.of_node(handler) if self.node else self.fixed(handler)
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        if tag:
            handler.send_header("ETag", tag)
        handler.end_headers()
        handler.wfile.write(body)

    def of_node(self, handler):
        answer = self.node.request("GET", handler.path, headers={"Accept": handler.headers.get("Accept", "")})
        body = answer.body.replace(f"https://{self.node.host}".encode(), self.url.encode())
        return answer.status, answer.headers.get("Content-Type"), body, ""

    def fixed(self, handler):
        if handler.path not in self.documents:
            return 404, "text/plain", b"", ""
        kind, body = self.documents[handler.path]
        tag = f'"{hash(body)}"'
        return (304, kind, b"", tag) if handler.headers.get("If-None-Match") == tag else (200, kind, body, tag)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
