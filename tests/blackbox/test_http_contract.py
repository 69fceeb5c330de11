"""The table of answers that shops rely on, row by row."""

import json
import resource
import signal
import socket
import time
import unittest

from harness import Account, Bridge, call, order, sample


class HttpContract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Nobody listens at the destination: accepting must not need it.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            dead = f"http://127.0.0.1:{probe.getsockname()[1]}"
        credentials = {"client_id": "fake", "client_secret": "fake"}
        cls.bridge = Bridge(Account.salesforce(dead, credentials), server="[server]\nbody_limit = 4096\n")
        cls.bridge.start()

    @classmethod
    def tearDownClass(cls):
        cls.bridge.stop()

    def test_signed_order_is_accepted(self):
        status, _, answer = self.bridge.post(sample())
        self.assertEqual((status, answer), (200, {"status": "accepted", "messages": 1}))

    def test_signed_topic_that_no_route_wants_is_ignored(self):
        status, _, answer = self.bridge.post({"id": 16}, topic="coupon.created")
        self.assertEqual((status, answer), (200, {"status": "ignored"}))

    def test_ping_is_answered_with_200_and_stores_nothing(self):
        before = set(self.bridge.orders())
        status, _, answer = self.bridge.post(b"webhook_id=17", headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual((status, answer), (200, {"status": "pong"}))
        self.assertNotIn("17", set(self.bridge.orders()) - before)

    def test_missing_signature(self):
        body = json.dumps(sample()).encode()
        status, _, _ = self.bridge.post(body, headers={"Content-Type": "application/json", "X-WC-Webhook-Topic": "order.created"})
        self.assertEqual(status, 401)

    def test_wrong_signature_tells_and_logs_nothing_of_the_expected_one(self):
        body = json.dumps(order(4711)).encode()
        expected = self.bridge.signed(body)["X-WC-Webhook-Signature"]
        wrong = self.bridge.signed(body, secret="another secret")["X-WC-Webhook-Signature"]
        status, _, answer = self.bridge.post(body, headers={"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Signature": wrong})
        self.assertEqual(status, 401)
        for place in (json.dumps(answer), self.bridge.logs()):
            self.assertNotIn(expected, place)
            self.assertNotIn(wrong, place)

    def test_malformed_signature_header(self):
        for header in ("sha1=da39a3ee", "not base64!", "aGVsbG8="):
            status, _, answer = self.bridge.post(b"{}", headers={"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Signature": header})
            self.assertEqual(status, 400, header)
            self.assertTrue(answer["reason"])

    def test_signed_body_that_is_not_json(self):
        for body in (b"{", b"not json", b"", b"\xff\xfe", b'{"id":3,"total":"1","x":"\xe9"}'):
            status, _, answer = self.bridge.post(body)
            self.assertEqual(status, 400, body)
            self.assertIn("not JSON", answer["reason"])

    def test_unknown_store(self):
        status, _, _ = self.bridge.post(sample(), store="nobody")
        self.assertEqual(status, 404)

    def test_body_over_the_limit(self):
        status, _, answer = self.bridge.post(order(9, note="x" * 5000))
        self.assertEqual(status, 413)
        self.assertIn("4096", answer["reason"])

    def test_signed_json_that_is_no_order_becomes_a_dead_letter(self):
        before = len(self.bridge.dead())
        for body in ([], 5, None, {"hello": 1}, {"code": "woocommerce_rest_cannot_view", "message": "no", "data": {"status": 401}}):
            status, _, answer = self.bridge.post(body)
            self.assertEqual((status, answer), (200, {"status": "accepted", "messages": 1}))
        from harness import until
        dead = until(lambda: len(found := self.bridge.dead()) == before + 5 and found, "five dead letters")
        self.assertTrue(all(letter["reason"] for letter in dead))

    def test_health(self):
        status, _, answer = call(f"{self.bridge.url}/healthz")
        self.assertEqual((status, answer["status"]), (200, "ok"))

    def test_what_is_no_webhook_gets_a_plain_answer(self):
        for method, path, status, allow in (("GET", "/", 200, None), ("GET", "/webhooks/acme", 405, "POST, OPTIONS"), ("OPTIONS", "/webhooks/acme", 200, "POST, OPTIONS"),
                                            ("PUT", "/webhooks/acme", 405, "POST, OPTIONS"), ("OPTIONS", "/", 200, "GET, HEAD, OPTIONS"), ("POST", "/webhooks/", 404, None),
                                            ("GET", "/metrics", 404, None), ("DELETE", "/healthz", 405, "GET, HEAD, OPTIONS"), ("POST", "/webhooks/acme/orders", 404, None)):
            found, headers, answer = call(f"{self.bridge.url}{path}", method, headers={"Origin": "https://elsewhere.example"})
            self.assertEqual((found, headers["Allow"]), (status, allow), (method, path))
            self.assertTrue(answer.get("reason") or answer.get("allow"), (method, path))
            self.assertEqual([name for name in headers if name.lower().startswith("access-control")], [])

    def test_http_1_0_as_woocommerce_speaks_it(self):
        body = json.dumps(order(10)).encode()
        host, port = self.bridge.url.removeprefix("http://").split(":")
        signature = self.bridge.signed(body)["X-WC-Webhook-Signature"]
        head = (f"POST /webhooks/acme HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"X-WC-Webhook-Topic: order.created\r\nX-WC-Webhook-Signature: {signature}\r\n\r\n")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(head.encode() + body)
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
        self.assertRegex(answer, rb"^HTTP/1\.[01] 200 ")


class QueueAway(unittest.TestCase):
    def test_503_with_retry_after_when_the_queue_cannot_store(self):
        bridge = Bridge(Account.salesforce("http://127.0.0.1:9", {"client_id": "fake", "client_secret": "fake"}))
        self.addCleanup(bridge.stop)
        bridge.start()
        import sqlite3
        # Another process holds the write lock for longer than the server waits.
        with sqlite3.connect(bridge.data / "orderbridge.db", isolation_level=None) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            status, headers, _ = bridge.post(order(11))
            lock.execute("ROLLBACK")
        self.assertEqual(status, 503)
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)
        bridge.accept(order(11))


class Health(unittest.TestCase):
    """healthz tells the truth: 200 only while a webhook could be made durable."""

    def setUp(self):
        self.bridge = Bridge(Account.salesforce("http://127.0.0.1:9", {"client_id": "fake", "client_secret": "fake"}))
        self.addCleanup(self.bridge.stop)

    def health(self):
        # An answer is good for a second.
        time.sleep(1.1)
        status, _, answer = call(f"{self.bridge.url}/healthz")
        return status, answer["status"]

    def test_503_when_the_data_file_is_gone(self):
        self.bridge.start()
        self.assertEqual(self.health(), (200, "ok"))
        (self.bridge.data / "orderbridge.db").rename(self.bridge.data / "gone.db")
        self.assertEqual(self.health(), (503, "unavailable"))
        self.assertIn("was deleted or replaced", self.bridge.logs())

    def test_503_while_nothing_can_be_written(self):
        # A process that may not make its files larger sees what one on a full disk sees: a write that fails.
        self.bridge.start(prepare=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.bridge.accept(order(1))
        process, (_, most) = self.bridge.process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (1024, most))
        self.assertEqual(self.health(), (503, "unavailable"))
        status, headers, _ = self.bridge.post(order(2))
        self.assertEqual((status, headers["Retry-After"]), (503, "5"))
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
        self.assertEqual(self.health(), (200, "ok"))
        self.bridge.accept(order(2))


if __name__ == "__main__":
    unittest.main()
