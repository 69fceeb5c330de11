"""The real template, deployed with `sam deploy` into an emulated account, with the project's doubles of the three destinations: what every test of a stack needs."""

import atexit
import functools
import json
import os
import secrets
import subprocess
import time
import tomllib
import unittest
import urllib.parse

import tools
from cloud import Cloud
from harness import PROGRAM, Sandbox, call, until
from shops import Magento, Shopify, WooCommerce

STACK = "orderbridge-test"
BUILT = os.environ.get("ORDERBRIDGE_BUILT", str(tools.ROOT / ".aws-sam" / "build"))
STORES = {"acme": WooCommerce, "boutique": Shopify, "depot": Magento}
DESTINATIONS = {"sales": "salesforce", "crm": "zoho", "erp": "netsuite"}
# The five pipelines.
ROUTES = {"acme-sales": ("acme", "sales"), "acme-crm": ("acme", "crm"), "acme-erp": ("acme", "erp"), "boutique-sales": ("boutique", "sales"),
          "depot-sales": ("depot", "sales")}


class Deployment:
    """A stack of all three systems. `told` is where the steps of the deployment are printed to."""

    def __init__(self, told=print):
        self.told = told
        self.cloud = Cloud()
        self.sandboxes = {}
        # Those that the sample events are signed with.
        samples = tomllib.loads((tools.ROOT / "events" / "secrets.toml").read_text())
        self.secrets = {store: samples[f"orderbridge/stores/{store}"]["webhook_secret"] for store in STORES}
        try:
            self.sandboxes = {name: Sandbox(system) for name, system in DESTINATIONS.items()}
            self.config = self.cloud.folder / "orderbridge.toml"
            self.configure()
            self.push_secrets()
            self.deploy()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for sandbox in self.sandboxes.values():
            sandbox.stop()
        self.cloud.stop()

    def configure(self, without=None, **variables):
        """Writes the configuration, without one of the destinations if need be. The variables are those of every route."""
        text = ""
        for store, shop in STORES.items():
            text += f'[stores.{store}]\nplatform = "{shop.platform}"\nsecret = "orderbridge/stores/{store}"\nreconcile = {{ every = "{"1m" if store == "acme" else "off"}" }}\n\n'
        for name, sandbox in self.sandboxes.items():
            if name == without:
                continue
            text += f'[destinations.{name}]\nsecret = "orderbridge/destinations/{name}"\n{sandbox.told["settings"]}\n\n'
        for route, (store, destination) in ROUTES.items():
            if destination == without:
                continue
            mapping = f"{STORES[store].platform}-{DESTINATIONS[destination]}"
            text += f'[[routes]]\nname = "{route}"\nstore = "{store}"\ndestination = "{destination}"\nmapping = "{mapping}"\n[routes.vars]\n'
            text += "".join(f'{key} = "{value}"\n' for key, value in variables.items()) + "\n"
        text += '[delivery]\nretry_base = "1s"\nretry_cap = "2s"\nrequest_timeout = "10s"\ncircuit_probe = "1s"\n'
        self.config.write_text(text)

    def push_secrets(self, **more):
        """With `orderbridge secrets push`, from a file of environment variables as a user has it."""
        lines = [f"{name}={value}" for name, value in more.items()]
        lines += [f"{store.upper()}__{STORES[store].platform.upper()}_WEBHOOK_SECRET={secret}" for store, secret in self.secrets.items()]
        for name, sandbox in self.sandboxes.items():
            lines += [f"{name.upper()}__{DESTINATIONS[name].upper()}_{key.upper()}={json.dumps(value)}" for key, value in sandbox.told["secret"].items()]
        file = self.cloud.folder / "secrets.env"
        file.write_text("\n".join(lines) + "\n")
        file.chmod(0o600)
        status, out, err = self.run("secrets", "push", "--config", str(self.config), "--env-file", str(file))
        assert status == 0, out + err
        self.told(out.strip())

    def deploy(self, template=None, **parameters):
        chosen = {"UseZoho": "true", "UseNetsuite": "true", "Architecture": "x86_64", "ConfigPath": str(self.config), "AlarmEmail": "operator@example.com",
                  "EndpointUrl": self.cloud.url, **parameters}
        started = time.monotonic()
        done = tools.sam("deploy", "--template-file", str(template or f"{BUILT}/template.yaml"), "--stack-name", STACK, "--resolve-s3", "--no-confirm-changeset",
                         "--no-progressbar", "--capabilities", "CAPABILITY_IAM", "--tags", "application=orderbridge",
                         "--parameter-overrides", *[f"{key}={value}" for key, value in chosen.items()], env=self.cloud.access, capture_output=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + self.cloud.logs()
        self.outputs = self.cloud.stack(STACK)
        # It refuses whoever comes without TLS, and the emulator has none.
        self.cloud.client("s3").delete_bucket_policy(Bucket=self.outputs["Bucket"])
        self.told(f"sam deploy: {len(self.outputs)} outputs after {time.monotonic() - started:.0f} s; webhooks at {self.outputs['WebhookUrl']}")

    def restart_functions(self):
        """Makes all functions start anew, as a new layer would."""
        lambdas = self.cloud.client("lambda")
        for function in ("ingest", "deliver", "reconcile"):
            name = f"{STACK}-{function}"
            variables = lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": {**variables, "ORDERBRIDGE_STARTED": secrets.token_hex(4)}})

    def address(self, path):
        """What the address of the API is in the emulator."""
        api = urllib.parse.urlsplit(self.outputs["WebhookUrl"]).hostname.partition(".")[0]
        return f"{self.cloud.url}/_aws/execute-api/{api}/$default{path}"

    def post(self, store, body, topic=None, headers=None):
        """Posts a body as its shop would; (status, answer)."""
        shop = STORES[store]
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        signed = {"Content-Type": "application/json", **shop.headers(body, self.secrets[store], topic or shop.created)}
        status, _, answer = call(self.address(f"/webhooks/{store}"), "POST", body, signed if headers is None else headers)
        return status, answer

    def accept(self, store, body, topic=None):
        status, answer = self.post(store, body, topic)
        assert (status, answer.get("status") if isinstance(answer, dict) else answer) == (200, "accepted"), (status, answer, self.logs())
        return answer["messages"]

    def run(self, *arguments):
        """The program as an operator runs it; (exit status, standard output, standard error)."""
        done = subprocess.run([str(PROGRAM), *arguments], env=tools.environment(**self.cloud.access), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def read(self, *arguments):
        """What the program says of the stack, as JSON."""
        status, out, err = self.run(*arguments, "--aws", STACK, "--json")
        assert status == 0, err
        return json.loads(out)

    def orders(self):
        """The ledger, by route and order."""
        return {(entry["key"]["route"], entry["key"]["order"]): entry for entry in self.read("orders", "list", "--limit", "1000") if entry["state"] != "waiting"}

    def dead(self):
        return self.read("dead", "list", "--ungrouped", "--limit", "1000")

    def settled(self, route, order, state="delivered", timeout=30):
        key = (route, str(order))

        def told():
            entry = self.orders().get(key)
            # A rejected order becomes a dead letter a moment later.
            has_died = state != "rejected" or any((letter["message"]["route"], letter["message"]["order"]) == key for letter in self.dead())
            return entry and entry["state"] == state and has_died and entry
        return until(told, lambda: f"{key} {state}\n{self.logs()}", timeout)

    def look_around(self):
        """What the schedule of the template does every five minutes."""
        answer = self.cloud.client("lambda").invoke(FunctionName=f"{STACK}-deliver", Payload=b'{"look_around": true}')
        told = json.loads(answer["Payload"].read())
        assert told == {"batchItemFailures": []}, (told, self.logs())

    def logs(self):
        said = [line for function in ("ingest", "deliver", "reconcile") for line in self.cloud.function_log(f"{STACK}-{function}")[-15:]]
        return "\n".join(said) + self.cloud.logs()


@functools.cache
def shared():
    """One stack for all tests of a run."""
    deployment = Deployment()
    atexit.register(deployment.stop)
    return deployment


class StackCase(unittest.TestCase):
    """A test of the stack that is shared by all; it is skipped where the tools or the built functions are missing."""

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(f"{BUILT}/template.yaml"):
            raise unittest.SkipTest("skipped: the functions are not built; run tests/aws/build.py")
        try:
            cls.stack = shared()
        except tools.Unavailable as why:
            raise unittest.SkipTest(f"skipped: {why}")
