"""What strangers do to a server on the internet: each attack is bounded in count and time, and a webhook gets through all the same."""

import json
import re
import resource
import socket
import time
import unittest
from pathlib import Path

from harness import Account, Bridge, call, order, sample, until

SHORT = """
[server]
head_timeout = "500ms"
idle_timeout = "1500ms"
body_timeout = "1s"
stop_timeout = "1s"
"""
NOWHERE = {"client_id": "fake", "client_secret": "fake"}
MIB = 1024 * 1024


def usual_descriptors():
    """As a shell starts a program."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


class Attacks(unittest.TestCase):
    server = ""

    @classmethod
    def setUpClass(cls):
        # Both ends of the connections are on this machine.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))

    def serve(self, server, *arguments, prepare=None):
        self.bridge = Bridge(Account.salesforce("http://127.0.0.1:9", NOWHERE), server=server)
        self.addCleanup(self.bridge.stop)
        self.bridge.start(*arguments, prepare=prepare)
        host, port = self.bridge.url.removeprefix("http://").split(":")
        self.address = (host, int(port))

    def connect(self, timeout=10):
        connection = socket.create_connection(self.address, timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def head(self, length, signed=True, expect=""):
        signature = "X-WC-Webhook-Signature: " + "A" * 43 + "=\r\n" if signed else ""
        return f"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nX-WC-Webhook-Topic: order.created\r\n{signature}{expect}\r\n".encode()

    def end(self, connection):
        """What the server sends until it closes; and after how many seconds it does."""
        begun, answer = time.monotonic(), b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionError:
            pass
        return answer, time.monotonic() - begun

    def memory(self):
        """MiB in use."""
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.bridge.process.pid}/status").read_text())[1]) / 1024

    def passes(self, number, within=2):
        """A webhook is taken, and soon."""
        begun = time.monotonic()
        self.bridge.accept(order(number))
        self.assertLess(time.monotonic() - begun, within)

    def metric(self, name):
        _, _, text = call(f"{self.metrics}/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.decode().splitlines() if line.startswith(name))


class Connections(Attacks):
    def test_1100_idle_connections_at_the_usual_limit_of_descriptors_keep_no_webhook_out(self):
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1300:
            self.skipTest("skipped: this process may not open 1,300 files")
        self.serve("[server]\nconnections = 1000\n", prepare=usual_descriptors)
        idle = [self.connect() for _ in range(1100)]
        for number in range(3):
            self.passes(number + 1)
        self.assertIn("the limit of open files was raised before=1024", self.bridge.logs())
        self.assertIn("too many connections", self.bridge.logs())
        self.assertEqual(idle[0].recv(1), b"", "the oldest made room")

    def test_a_limit_of_descriptors_that_cannot_be_raised_bounds_the_connections(self):
        self.serve("", prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)))
        until(lambda: "raise the limit" in self.bridge.logs(), "the limit is told of")
        for _ in range(300):
            self.connect()
        self.passes(1)

    def test_a_head_that_trickles_and_an_idle_connection_are_closed(self):
        self.serve(SHORT)
        slow, idle = self.connect(), self.connect()
        body = json.dumps(order(1)).encode()
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.bridge.signed(body).items())
        idle.sendall(f"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)
        self.assertTrue(idle.recv(65536).startswith(b"HTTP/1.1 200"))
        begun = time.monotonic()
        with self.assertRaises(OSError):
            for byte in b"POST /webhooks/acme HTTP/1.1\r\nX: " + b"x" * 100:
                slow.sendall(bytes([byte]))
                time.sleep(0.1)
        self.assertLess(time.monotonic() - begun, 3)
        answer, _ = self.end(idle)
        self.assertEqual(answer, b"")
        self.assertGreater(time.monotonic() - begun, 1.2, "an idle connection is kept for longer than a slow head")

    def test_http_2_without_tls_is_not_spoken(self):
        self.serve("")
        connection = self.connect(timeout=5)
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        answer, _ = self.end(connection)
        self.assertFalse(answer and not answer.startswith(b"HTTP/1.1 400"), answer)


class Bodies(Attacks):
    def test_300_unsigned_half_sent_bodies_hold_no_memory(self):
        self.serve("[server]\n")
        before = self.memory()
        for _ in range(300):
            connection = self.connect()
            try:
                connection.sendall(self.head(MIB, signed=False) + b" " * 900_000)
            except ConnectionError:
                pass
        self.passes(1)
        # The system's own buffers take what is sent; ours hold a fraction.
        self.assertLess(self.memory() - before, 80)
        self.assertIn('answer="unsigned"', self.bridge.logs())

    def test_half_sent_bodies_that_seem_signed_are_bounded_together_and_the_oldest_goes(self):
        self.serve("[server]\nbody_limit = 1048576\nbytes_in_flight = 8388608\nbody_timeout = \"1h\"\n")
        before, connections = self.memory(), []
        for _ in range(100):
            connection = self.connect()
            try:
                connection.sendall(self.head(MIB) + b" " * 500_000)
            except ConnectionError:
                pass
            connections.append(connection)
        self.passes(1)
        self.assertLess(self.memory() - before, 60)
        answer, _ = self.end(connections[0])
        self.assertTrue(answer.startswith(b"HTTP/1.1 503"), answer[:200])
        self.assertIn('answer="overloaded"', self.bridge.logs())

    def test_a_body_that_does_not_come_is_answered_408(self):
        self.serve(SHORT)
        connection = self.connect()
        connection.sendall(self.head(100) + b"{")
        answer, seconds = self.end(connection)
        self.assertTrue(answer.startswith(b"HTTP/1.1 408"), answer)
        self.assertLess(seconds, 3)
        self.passes(1)

    def test_a_body_that_trickles_is_too_slow(self):
        self.serve("[server]\nslowest_rate = 1000\n")
        connection = self.connect()
        connection.sendall(self.head(100_000))
        begun = time.monotonic()
        connection.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - begun < 10:
            try:
                connection.sendall(b" " * 10)
                answer = connection.recv(65536)
            except TimeoutError:
                pass
        self.assertTrue(answer.startswith(b"HTTP/1.1 408"), answer)
        self.assertLess(time.monotonic() - begun, 8)

    def test_an_early_refusal_is_read_by_a_client_that_sends_all_of_its_body_first(self):
        self.serve("[server]\nbody_limit = 1048576\n")
        for head, body, status in ((self.head(8 * MIB), b" " * (8 * MIB), 413), (self.head(4 * MIB, signed=False), b" " * (4 * MIB), 413),
                                   (self.head(MIB, signed=False), b" " * MIB, 401)):
            connection = self.connect()
            connection.sendall(head)
            # The refusal is there before the body is.
            time.sleep(0.2)
            connection.sendall(body)
            answer = connection.recv(65536)
            self.assertTrue(answer.startswith(f"HTTP/1.1 {status}".encode()), answer[:200])
        self.passes(1)

    def test_whoever_asks_whether_to_send_is_told_not_to(self):
        self.serve("[server]\nbody_limit = 1048576\n")
        connection = self.connect()
        connection.sendall(self.head(8 * MIB, expect="Expect: 100-continue\r\n"))
        answer, seconds = self.end(connection)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)
        self.assertLess(seconds, 1)

    def test_500_lines_of_a_shopify_order_fit_by_default(self):
        self.serve("")
        self.bridge.accept(order(1, meta_data=[{"id": 1, "key": "x", "value": "x" * 1_570_000}]))
        status, _, answer = self.bridge.post(order(2, meta_data=[{"id": 1, "key": "x", "value": "x" * 6 * MIB}]))
        self.assertEqual((status, answer["status"]), (413, "refused"))
        self.assertIn('WARN webhook store="acme" answer="too_large"', self.bridge.logs())


class Stop(Attacks):
    def test_a_half_sent_request_delays_the_end_by_no_more_than_it_may(self):
        self.serve(SHORT.replace('body_timeout = "1s"', 'body_timeout = "30s"'))
        connection = self.connect()
        connection.sendall(self.head(100) + b"{")
        time.sleep(0.2)
        begun = time.monotonic()
        self.assertEqual(self.bridge.terminate(), 0)
        self.assertLess(time.monotonic() - begun, 4)

    def test_a_request_that_arrives_while_the_server_stops_is_still_answered(self):
        self.serve("")
        body = json.dumps(order(1)).encode()
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.bridge.signed(body).items())
        connection = self.connect()
        connection.sendall(f"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body[:10])
        time.sleep(0.2)
        self.bridge.process.terminate()
        time.sleep(0.3)
        connection.sendall(body[10:])
        answer, _ = self.end(connection)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
        self.assertEqual(self.bridge.terminate(), 0)


class Figures(Attacks):
    def test_every_refusal_is_counted_by_its_reason_on_a_listener_of_its_own(self):
        self.bridge = Bridge(Account.salesforce("http://127.0.0.1:9", NOWHERE), server="[server]\nbody_limit = 4096\n")
        self.addCleanup(self.bridge.stop)
        self.bridge.start("--metrics", "127.0.0.1:0")
        self.metrics = re.search(r"http://[^/]+", self.bridge.process.stdout.readline())[0]
        self.assertEqual(call(f"{self.bridge.url}/metrics")[0], 404, "not where shops post")
        body = json.dumps(sample()).encode()
        wrong = self.bridge.signed(body, secret="another secret")
        posts = [("unsigned", {}, body), ("bad_signature", wrong, body), ("too_large", self.bridge.signed(body), b" " * 5000), ("not_json", None, b"{")]
        for reason, headers, sent in posts:
            self.bridge.post(sent, headers=headers)
        self.bridge.post(body, store="acmee")
        self.bridge.post(body, store="stranger", headers={})
        for reason in ("unsigned", "bad_signature", "too_large", "not_json", "unknown_store"):
            self.assertEqual(self.metric(f'orderbridge_refused_webhooks_total{{reason="{reason}"}}'), 1, reason)
            self.assertIn(f'answer="{reason}"', self.bridge.logs())
        self.assertEqual(self.metric("orderbridge_connections_limit"), 1000)
        self.assertEqual(call(f"{self.metrics}/webhooks/acme", "POST", body, self.bridge.signed(body))[0], 405)


if __name__ == "__main__":
    unittest.main()
