"""The ways into the console: beside a server, over a stopped server's folder, on this machine only, and with a token that nobody else is told."""

import re
import signal
import subprocess
import unittest

from harness import PROGRAM, Account, Bridge, call, order, until

AWAY = Account.salesforce("http://127.0.0.1:9", {"client_id": "fake", "client_secret": "fake"})


def enter(link):
    """The headers of a browser that was let in, and the console's address."""
    status, headers, _ = call(link)
    assert (status, headers["Location"]) == (303, "/"), (status, headers)
    return {"Cookie": headers["Set-Cookie"].split(";")[0]}, re.match(r"http://[^/]+", link)[0]


class Console(unittest.TestCase):
    def setUp(self):
        self.bridge = Bridge(AWAY)
        self.addCleanup(self.bridge.stop)

    def console(self, *arguments):
        """`orderbridge console` over the bridge's folder; (process, link)."""
        command = [str(PROGRAM), "console", "--config", str(self.bridge.config), "--data", str(self.bridge.data), "--listen", "localhost:0", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.bridge.log, text=True)

        def end():
            process.kill()
            process.wait()
            process.stdout.close()
        self.addCleanup(end)
        line = process.stdout.readline()
        self.assertTrue(line.startswith("console: http://127.0.0.1:"), line or self.bridge.logs())
        return process, line.removeprefix("console: ").strip()

    def test_beside_a_server_its_address_is_the_first_line_and_no_log_has_the_token(self):
        self.bridge.start("--console", "localhost:0")
        link = self.bridge.process.stdout.readline().removeprefix("console: ").strip()
        cookie, console = enter(link)
        self.bridge.accept(order(1042))
        until(lambda: b"1042" in call(f"{console}/orders", headers=cookie)[2], "the order is seen")
        self.assertEqual(call(f"{console}/orders")[0], 401)
        self.assertEqual(call(f"{self.bridge.url}/orders", headers=cookie)[0], 404, "shops' listener has no console")
        token = link.split("=")[1]
        self.assertEqual(self.bridge.terminate(), 0)
        self.assertNotIn(token, self.bridge.logs())
        self.assertNotIn(cookie["Cookie"].split("=")[1], self.bridge.logs())

    def test_over_a_stopped_servers_folder_for_reading_only(self):
        self.bridge.start()
        self.bridge.accept(order(1042))
        self.assertEqual(self.bridge.terminate(), 0)
        process, link = self.console("--read-only")
        cookie, console = enter(link)
        status, _, page = call(f"{console}/order?id=1042", headers=cookie)
        self.assertEqual(status, 200)
        self.assertIn(b"acme-sales", page)
        self.assertNotIn(b"/order/resend", page)
        self.assertEqual(call(f"{console}/order/resend?id=1042", headers=cookie)[0], 403)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=30), 0)

    def test_nothing_but_this_machine_can_open_it(self):
        for way in (["serve", "--listen", "127.0.0.1:0", "--console"], ["console", "--listen"]):
            command, flag = way[:-1], way[-1]
            if command == ["console"]:
                self.bridge.start().terminate()
            status, out, err = self.bridge.run(*command, "--config", str(self.bridge.config), "--data", str(self.bridge.data), flag, "0.0.0.0:0")
            self.assertEqual(status, 1)
            self.assertIn("the console opens on this machine only", err)
            self.assertNotIn("token", out + err)

    def test_a_folder_that_no_server_ever_used_is_named(self):
        status, _, err = self.bridge.run("console", "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertEqual(status, 1)
        self.assertIn("holds no orderbridge data", err)


if __name__ == "__main__":
    unittest.main()
