"""A relay between the program and a destination that keeps every request. Standard library only."""

import http.client
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Recorder:
    """`url` passes everything on to the target; `requests` holds (method, path with query, parsed body) of each."""

    def __init__(self, target):
        parts = urllib.parse.urlsplit(target)
        recorder = self
        self.requests = []

        class Relay(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                recorder.requests.append((self.command, self.path, parsed(body)))
                # The Host header goes along as it came, so that signatures over the address hold.
                connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
                try:
                    connection.request(self.command, self.path, body=body or None, headers=dict(self.headers))
                    answer = connection.getresponse()
                    # What the destination calls itself, such as the address of its API, becomes the relay.
                    content = answer.read().replace(target.encode(), recorder.url.encode())
                    self.send_response_only(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                finally:
                    connection.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = relay

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:
        return None
