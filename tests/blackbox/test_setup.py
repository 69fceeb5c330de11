"""From an empty folder to the first order: `init`, `setup --apply`, `serve`, for each shop and each system; and what set-up says where something is missing or otherwise."""

import json
import re
import socket
import subprocess
import tempfile
import time
import tomllib
import unittest
from pathlib import Path

from harness import PROGRAM, SHARED, Sandbox, Simulator, call, simulator, until
from living_shops import LIVING
from shops import SHOPS, event
from test_shop_and_crm import DESTINATIONS

NAMES = {"salesforce": "sales", "zoho": "crm", "netsuite": "erp"}


class BareSalesforce(Simulator):
    """An org in which nobody has made a field."""

    program = (str(Path(__file__).with_name("bare_salesforce.py")), str(SHARED / "sims"))


# What each destination is before set-up: nothing of ours is there.
BARE = {"salesforce": (BareSalesforce, {}), "zoho": (Simulator, {"fields": {"Deals": {"WooCommerce_Order_ID": None}}}), "netsuite": (Simulator, {})}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class NewPlace:
    """An empty folder, in which everything is done by commands. `count` is how many it took."""

    def __init__(self, shop, sim):
        self.shop, self.sim, self.account = shop, sim, sim.account()
        self.store = LIVING[shop.platform.platform].platform
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "new"
        self.config, self.secrets = self.path / "orderbridge.toml", self.path / "secrets.toml"
        self.port, self.count, self.server = free_port(), 0, None
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(Path(self.folder.name) / "log", "ab")

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        self.log.close()
        self.folder.cleanup()

    def run(self, *arguments, status=0):
        self.count += 1
        done = subprocess.run([str(PROGRAM), *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        said = done.stdout + done.stderr
        assert status is None or done.returncode == status, f"{arguments}: {done.returncode}\n{said}"
        for secret in (*self.account.secret.values(), *self.keys().values()):
            assert len(secret) < 12 or secret.startswith("http") or "@" in secret or secret not in said, f"{arguments} tells a secret"
        return said

    def setup(self, *arguments, status=0):
        # Shops mind being asked the same twice within a second.
        time.sleep(1.1)
        return self.run("setup", "--config", str(self.config), *arguments, status=status)

    def keys(self):
        """What the user enters of the shop."""
        keys = self.shop.keys()
        if self.shop.platform.platform == "shopify" and "store_domain" in keys:
            keys.update(client_id="51m0000000000000000000000000c11d", client_secret=self.shop.webhook_secret, webhook_secret=self.shop.webhook_secret)
        return keys

    def init(self):
        auth = re.search(r'auth = "(\w+)"', self.account.settings)
        auth = ("--auth", auth[1]) if auth else ()
        url = re.search(r'http://[^"]+', self.account.settings)[0]
        self.run("init", "--platform", self.shop.platform.platform, "--system", self.account.system, "--store", "acme", "--folder", str(self.path),
                 "--public-url", self.url, "--account-url", url, *auth)
        assert self.secrets.stat().st_mode & 0o777 == 0o600, oct(self.secrets.stat().st_mode)

    def fill(self, **changes):
        """Fills in the blanks, as a person does."""
        values = {"stores": {**self.keys(), **changes}, "destinations": self.account.secret}
        section, lines = "", []
        for line in self.secrets.read_text().splitlines():
            header = re.match(r'\["orderbridge/(\w+)/', line)
            section = header[1] if header else section
            key = re.match(r'(?:# )?(\w+) = ""$', line)
            if key and key[1] in values[section]:
                line = f"{key[1]} = {json.dumps(values[section][key[1]])}"
            lines.append(line)
        self.secrets.write_text("\n".join(lines) + "\n")

    def serve(self):
        self.count += 1
        command = [str(PROGRAM), "serve", "--config", str(self.config), "--listen", f"127.0.0.1:{self.port}"]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.server.stdout.readline()
        self.server.stdout.close()
        assert "http://" in line, self.logs()

    def logs(self):
        self.log.flush()
        return Path(self.log.name).read_text()

    def orders(self):
        done = subprocess.run([str(PROGRAM), "orders", "list", "--data", str(self.path / "data"), "--json"], capture_output=True, text=True, timeout=60)
        return {entry["key"]["order"]: entry["state"] for entry in json.loads(done.stdout or "[]")}


class SetupCase(unittest.TestCase):
    platform, system = "woocommerce", "salesforce"
    # Kinds of violations that cannot be helped: each command signs in for itself.
    allowed = ("needless_token",)

    def setUp(self):
        for name in (self.platform, self.system):
            if not simulator(name).exists():
                self.skipTest(f"skipped: the strict simulator {simulator(name)} is not here")
        kind, bare = BARE[self.system]
        self.sim = kind(self.system, {**DESTINATIONS[self.system], **bare, **self.more()})
        self.addCleanup(self.sim.stop)
        self.shop = LIVING[self.platform]()
        self.addCleanup(self.shop.stop)
        self.place = NewPlace(self.shop, self.sim)
        self.addCleanup(self.place.stop)

    def more(self):
        return {}

    def tearDown(self):
        for side in (self.sim, self.shop):
            if side.process.poll() is None:
                self.assertEqual([entry for entry in side.violations() if entry["kind"] not in self.allowed], [])

    def hooks(self):
        state = self.shop.admin("state")
        return state.get("webhooks") or state.get("subscriptions") or []


class FirstOrder(SetupCase):
    def test_from_an_empty_folder_to_the_first_order_in_five_commands(self):
        place = self.place
        place.init()
        place.fill()
        said = place.setup("--apply", status=None)
        self.assertIn("nothing is missing", said)
        place.serve()
        order, = self.shop.create(1)
        until(lambda: place.orders().get(order) == "delivered", lambda: f"{place.orders()}\n{said}\n{place.logs()[-3000:]}")
        self.assertLessEqual(place.count, 5)
        hooks = len(self.hooks())
        self.assertGreaterEqual(hooks, 2)
        # The server itself asks the shop for its webhooks, two seconds after its start.
        time.sleep(3)
        again = place.setup()
        self.assertIn("nothing is missing", again)
        place.setup("--apply")
        self.assertEqual(len(self.hooks()), hooks, "no webhook is made twice")


def pairs():
    """The same for every shop and every destination."""
    for platform in LIVING:
        for system in DESTINATIONS:
            name = f"FirstOrder_{platform}_{system}"
            yield name, type(name, (FirstOrder,), {"platform": platform, "system": system})


globals().update(pairs())
del FirstOrder


class WooCommerceWebhooks(SetupCase):
    def begin(self):
        self.place.init()
        self.place.fill()

    def store(self, *arguments, status=0):
        return self.place.setup("--only", "acme", *arguments, status=status)

    def test_the_plan_changes_nothing_and_says_how_to_make_it(self):
        self.begin()
        said = self.place.setup(status=1)
        self.assertEqual(self.hooks(), [])
        self.assertRegex(said, r"make +webhook order\.created: the shop posts it nowhere; create it")
        self.assertRegex(said, r"make it: orderbridge setup --apply --config \S+orderbridge\.toml")
        told = json.loads(self.place.setup("--json", status=1))
        self.assertEqual([side["side"] for side in told["sides"]], ["destination sales", "store acme"])
        self.assertGreater(told["to_make"], 0)

    def test_check_says_the_same_and_status_offers_the_repair(self):
        self.begin()
        ours = f"{self.place.url}/webhooks/acme"
        self.shop.admin("shop", {"op": "webhook", "topic": "order.updated", "delivery_url": ours, "secret": "0123456789abcdef", "failures": 6, "status": "disabled"})
        said = self.place.run("check", "--live", "--config", str(self.place.config), status=1)
        self.assertRegex(said, r"FAIL store acme: webhook order\.updated: it was switched off, .*; `orderbridge setup --apply` makes it")
        self.assertEqual([hook["status"] for hook in self.hooks()], ["disabled"])
        time.sleep(1.1)
        self.place.serve()
        said = until(lambda: (said := self.place.run("status", "--config", str(self.place.config), status=None)) and "switched off" in said and said, "the comparison tells it")
        self.assertRegex(said, r"\n +orderbridge setup --apply --only acme --config \S+orderbridge\.toml")

    def test_a_webhook_that_is_off_or_points_elsewhere(self):
        self.begin()
        ours = f"{self.place.url}/webhooks/acme"
        self.shop.admin("shop", {"op": "webhook", "topic": "order.updated", "delivery_url": ours, "secret": "0123456789abcdef", "failures": 6, "status": "disabled"})
        self.shop.admin("shop", {"op": "webhook", "topic": "order.created", "delivery_url": "https://other.example/", "secret": "0123456789abcdef"})
        said = self.store(status=1)
        self.assertRegex(said, r"webhook order\.updated: it was switched off, by hand or by the shop after failures; switch it on again")
        self.assertRegex(said, r"webhook order\.created: it posts to https://other\.example only, which is left alone; create one more")
        self.assertIn("nothing is missing", self.store("--apply"))
        self.assertEqual(sorted((hook["topic"], hook["delivery_url"], hook["status"]) for hook in self.hooks()),
                         [("order.created", ours, "active"), ("order.created", "https://other.example/", "active"),
                          ("order.restored", ours, "active"), ("order.updated", ours, "active")])

    def test_another_secret_is_heard_by_the_server_and_written_anew(self):
        self.begin()
        ours = f"{self.place.url}/webhooks/acme"
        for topic in ("order.created", "order.updated", "order.restored"):
            self.shop.admin("shop", {"op": "webhook", "topic": topic, "delivery_url": ours, "secret": "another0secret0another0secret"})
        self.assertIn("nothing is missing", self.store())
        self.place.setup("--apply", "--only", "sales")
        self.place.serve()
        self.shop.create(1)
        self.shop.drain()
        said = until(lambda: (said := self.store(status=None)) and "bad signature" in said and said, "bad signatures are told", timeout=20)
        self.assertIn("--renew-secret", said)
        self.store("--apply", "--renew-secret", status=None)
        order, = self.shop.create(1)
        until(lambda: order in self.place.orders(), lambda: self.place.logs()[-2000:])
        until(lambda: "nothing is missing" in self.store(status=None), "the signatures are good again", timeout=20)

    def test_a_key_that_may_only_read_is_named_and_nothing_is_half_done(self):
        self.place.init()
        poor = "51m0000000000000000000000000000000000002"
        self.place.fill(consumer_key=f"ck_{poor}", consumer_secret=f"cs_{poor}")
        said = self.store("--apply", status=1)
        self.assertIn("may only read", said)
        self.assertIn("Read/Write", said)
        self.assertIn("3 to make", said)
        self.assertEqual(self.hooks(), [])

    def test_without_keys_of_the_shop_the_steps_are_told_by_hand(self):
        self.place.init()
        self.place.fill(url="", consumer_key="", consumer_secret="")
        said = self.store("--apply", status=1)
        for part in ("has no url, consumer_key, consumer_secret", "1. In WordPress, open WooCommerce > Settings > Advanced > Webhooks", "2. Add webhook: Status Active, Topic Order created"):
            self.assertIn(part, said)

    def test_blanks_are_reported_by_name_and_where_they_are_found(self):
        self.place.init()
        said = self.place.setup(status=1)
        for key in ("client_id", "password"):
            self.assertRegex(said, f"`{key}` is missing or empty; it is found here: ")
        again = self.place.run("init", "--folder", str(self.place.path), status=1)
        self.assertIn("is there already, and nothing is overwritten", again)

    def test_without_a_public_address_it_is_asked_for_and_the_command_may_say_it(self):
        self.begin()
        text = self.place.config.read_text()
        self.place.config.write_text(re.sub(r"^public_url.*$", "", text, flags=re.MULTILINE))
        said = self.store(status=1)
        self.assertIn("public_url under [server]", said)
        self.assertIn("nothing is missing", self.store("--apply", "--url", "https://hooks.example.com"))
        self.assertEqual({hook["delivery_url"] for hook in self.hooks()}, {"https://hooks.example.com/webhooks/acme"})
        self.assertIn("there is no emca", self.place.setup("--only", "emca", status=1))


class PoorerUsers(SetupCase):
    def test_the_licence_of_an_integration_user_gets_its_permission_set_licence_first(self):
        self.place.init()
        self.place.fill()
        self.assertIn("nothing is missing", self.place.setup("--apply"))
        self.assertIn("nothing is missing", self.place.setup())

    def more(self):
        return {"integration_license": True}


class Trials(SetupCase):
    def test_an_order_is_tried_and_nothing_of_it_is_kept(self):
        self.place.init()
        self.place.fill()
        self.place.setup("--apply")
        number, = self.shop.create(1)
        file = self.place.path / "order.json"
        order = next(order for order in self.shop.admin("state")["orders"] if str(order["id"]) == number)
        file.write_text(json.dumps(order))
        said = self.place.setup("--try", str(file), "--route", "acme-sales")
        self.assertIn("would take order", said)
        for kind in ("Opportunity", "Account", "Contact"):
            self.assertEqual(self.sim.records(kind), [])
        order["line_items"][0]["sku"] = "NOBODY-KNOWS-IT"
        file.write_text(json.dumps(order))
        said = self.place.setup("--try", str(file), "--route", "acme-sales", status=1)
        self.assertIn("NOBODY-KNOWS-IT", said)
        self.assertIn("no route named other", self.place.setup("--try", str(file), "--route", "other", status=1))


class ShopifySubscriptions(SetupCase):
    platform = "shopify"

    def test_one_that_shopify_removed_is_made_again(self):
        self.place.init()
        self.place.fill()
        self.place.setup("--apply", "--only", "acme")
        gone = self.hooks()[0]
        status, _, answer = call(f"{self.shop.url}/admin/api/2026-04/webhooks/{gone['id']}.json", "DELETE", headers={"X-Shopify-Access-Token": self.shop.token})
        self.assertEqual(status, 200, answer)
        said = self.place.setup("--only", "acme", status=1)
        self.assertIn(f"webhook {gone['topic']}: the shop posts it nowhere", said)
        self.assertIn("nothing is missing", self.place.setup("--apply", "--only", "acme"))
        self.assertEqual(len(self.hooks()), 2)


class ShopifyScopes(SetupCase):
    platform = "shopify"
    allowed = ("needless_token", "scope_missing")

    def test_a_scope_that_the_app_lacks_is_named_and_nothing_is_tried(self):
        self.shop.stop()
        self.shop = LIVING[self.platform](scopes="read_customers")
        self.addCleanup(self.shop.stop)
        self.place.shop = self.shop
        self.place.init()
        self.place.fill()
        said = self.place.setup("--apply", "--only", "acme", status=1)
        self.assertIn("scope read_orders: the app lacks it", said)
        self.assertIn("1. In the Dev Dashboard, open the app > Versions", said)
        self.assertEqual(self.hooks(), [])


class NoApi:
    """A shop that only posts: nobody has made keys of its API."""

    def __init__(self, platform):
        self.platform = SHOPS[platform]

    def keys(self):
        return {"webhook_secret": "of Shopify, 0123456789"} if self.platform.platform == "shopify" else {}


class OverTheSandbox(unittest.TestCase):
    """The same way by the project's own double of the destination, and webhooks that are made by hand."""

    def walk(self, platform, system):
        sandbox = Sandbox(system)
        self.addCleanup(sandbox.stop)
        place = NewPlace(NoApi(platform), sandbox)
        self.addCleanup(place.stop)
        place.init()
        place.fill()
        said = place.setup("--apply", status=1)
        self.assertIn("webhooks: secret orderbridge/stores/acme has no ", said)
        self.assertIn(f"{place.url}/webhooks/acme", said)
        self.assertIn("0 to make, 1 by hand", said)
        place.serve()
        body = json.dumps(event(platform, "01-new-customer")).encode()
        secret = tomllib.loads(place.secrets.read_text())["orderbridge/stores/acme"]["webhook_secret"]
        shop = SHOPS[platform]
        status, _, answer = call(f"{place.url}/webhooks/acme", "POST", body, {"Content-Type": "application/json", **shop.headers(body, secret, shop.created)})
        self.assertEqual(status, 200, answer)
        order = shop.order_id(json.loads(body))
        until(lambda: place.orders().get(order) == "delivered", lambda: f"{place.orders()}\n{place.logs()[-2000:]}")
        # What was heard is written down every five seconds.
        said = until(lambda: (said := place.setup(status=None)) and "webhooks come" in said and said, "the webhook was heard", timeout=20)
        self.assertIn("nothing is missing", said)

    def test_woocommerce_to_salesforce(self):
        self.walk("woocommerce", "salesforce")

    def test_shopify_to_zoho(self):
        self.walk("shopify", "zoho")

    def test_magento_to_netsuite(self):
        self.walk("magento", "netsuite")


if __name__ == "__main__":
    unittest.main()
