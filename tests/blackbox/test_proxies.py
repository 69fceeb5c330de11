"""The proxies of docs/operations.md in front of a real server: signed webhooks pass through them unchanged, and nothing else does."""

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import DOUBLE, ROOT, Bridge, Sandbox, order, until

NAME = "webhooks.example.com"
# Spaces, line ends and escapes that a proxy which reads JSON would not leave as they are.
ODD = ('{ "id" : 71,\r\n "number":"71", "total":"1.10" , "customer_note":"Zo\u00eb \\u00e9", "currency":"USD","status":"processing",'
       '"date_modified_gmt":"2026-01-01T00:00:00","billing":{"email":"z@example.com","last_name":"Z"},"line_items":[]}').encode()


class Proxies(unittest.TestCase):
    def setUp(self):
        if not Path(DOUBLE).exists():
            self.skipTest(f"skipped: the project's own double is not built: {DOUBLE}")
        self.crm = Sandbox("salesforce")
        self.addCleanup(self.crm.stop)
        self.bridge = Bridge(self.crm.account())
        self.addCleanup(self.bridge.stop)
        self.bridge.start()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.folder.chmod(0o755)
        self.key, self.certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        self.port = self.free_port()

    def free_port(self):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            return one.getsockname()[1]

    def file(self, name):
        """A file of config/proxy, with the server's own address in it."""
        return (ROOT / "config" / "proxy" / name).read_text().replace("127.0.0.1:8080", self.bridge.url.removeprefix("http://"))

    def certify(self):
        if not shutil.which("openssl"):
            self.skipTest("skipped: openssl is not installed here")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                        "-keyout", str(self.key), "-out", str(self.certificate)], check=True, capture_output=True)

    def begin(self, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        until(self.is_open, "the proxy listens")

    def is_open(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, method, path, body=b"", headers=None, chunked=False):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPConnection(NAME, timeout=20)
        connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname=NAME)
        try:
            pieces = iter([body[:10], body[10:]]) if chunked else body
            connection.request(method, path, body=pieces, headers=headers or {}, encode_chunked=chunked)
            return connection.getresponse().status
        finally:
            connection.close()

    def pass_through(self):
        for number, body, chunked in ((70, json.dumps(order(70)).encode(), False), (71, ODD, False), (72, json.dumps(order(72)).encode(), True)):
            headers = {"Content-Type": "application/json", **self.bridge.signed(body)}
            self.assertEqual(self.ask("POST", "/webhooks/acme", body, headers, chunked), 200, number)
        until(lambda: {"70", "71", "72"} <= set(self.bridge.orders()), self.bridge.logs)
        self.assertEqual(self.ask("POST", "/webhooks/acme", ODD + b" ", {"Content-Type": "application/json", **self.bridge.signed(ODD)}), 401)
        for path in ("/healthz", "/metrics", "/"):
            self.assertEqual(self.ask("GET", path), 404, path)

    def test_nginx(self):
        if not shutil.which("nginx"):
            self.skipTest("skipped: nginx is not installed here")
        self.certify()
        site = self.file("nginx.conf").replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        site = re.sub(r"/etc/letsencrypt\S*/fullchain.pem", str(self.certificate), site)
        site = re.sub(r"/etc/letsencrypt\S*/privkey.pem", str(self.key), site)
        temporary = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = self.folder / "main.conf"
        main.write_text(f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; events {{}} http {{ access_log off; {temporary}\n{site}\n}}")
        self.begin("nginx", "-c", str(main))
        self.pass_through()

    def test_caddy(self):
        if not shutil.which("caddy"):
            self.skipTest("skipped: caddy is not installed here")
        self.certify()
        site = self.file("Caddyfile").replace(f"{NAME} {{", f"https://{NAME}:{self.port} {{\n\ttls {self.certificate} {self.key}")
        main = self.folder / "Caddyfile"
        main.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + site)
        self.begin("caddy", "run", "--config", str(main), "--adapter", "caddyfile")
        self.pass_through()


if __name__ == "__main__":
    unittest.main()
