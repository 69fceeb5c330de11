"""Everything that `sam local invoke` needs of this machine: an emulated account with what events/env.json names, and a sandbox of each destination. Prints the commands to type
here, then what arrives. Ctrl-C ends it.

`python3 tests/aws/local.py [ADDRESS]`: where a container reaches this machine, found out by itself; Docker on Linux has its bridge for that, mostly 172.17.0.1, Docker Desktop 127.0.0.1.
"""

import ipaddress
import json
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import tools
from build import architecture

sys.path.insert(0, str(tools.ROOT / "tests" / "blackbox"))

from cloud import REGION, Cloud  # noqa: E402
from harness import Sandbox  # noqa: E402

ENVIRONMENT = tools.ROOT / "events" / "env.json"
CONTAINER_CALLS_US = "host.docker.internal"
PORT = 4566
TABLE = BUCKET = "orderbridge"
# The destinations of config/samples/orderbridge.toml and their ports there.
DESTINATIONS = {"sales": ("salesforce", 4571), "crm": ("zoho", 4572), "erp": ("netsuite", 4573)}


def can_bind(address):
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def bridge():
    """Where containers reach this machine: the first address of Docker's bridge on Linux; Docker Desktop passes on what this machine's own programs see."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}}{{end}}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True).stdout.split()
    except FileNotFoundError:
        told = []
    subnets = [ipaddress.ip_network(one) for one in [*told, "172.17.0.0/16"] if "/" in one]
    candidates = [*(one for one in told if "/" not in one), *(str(subnet[1]) for subnet in subnets)]
    return next((address for address in candidates if can_bind(address)), "127.0.0.1")


def make_queues(cloud):
    """The queues of events/env.json; their URLs by the variable's name."""
    made = {}
    for variables in json.loads(ENVIRONMENT.read_text()).values():
        for name, url in variables.items():
            if name.endswith("QUEUE_URL"):
                queue = url.rpartition("/")[2]
                cloud.client("sqs").create_queue(QueueName=queue, Attributes={"FifoQueue": "true"})
                made[name] = f"{cloud.url}/000000000000/{queue}"
    return made


def make_table(cloud):
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    cloud.client("dynamodb").create_table(TableName=TABLE, KeySchema=keys, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST")


def make_secrets(cloud, sandboxes):
    """The stores' are those that the sample events are signed with, the destinations' those of the sandboxes."""
    secrets = tomllib.loads((tools.ROOT / "events" / "secrets.toml").read_text())
    secrets.update({f"orderbridge/destinations/{name}": sandbox.told["secret"] for name, sandbox in sandboxes.items()})
    for name, secret in secrets.items():
        cloud.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(secret))


class Place:
    """The account and the sandboxes, at an address that containers reach. `name` is what the sandboxes are called by who uses them."""

    def __init__(self, address, name=CONTAINER_CALLS_US):
        self.address = address
        self.sandboxes = {}
        self.cloud = Cloud(address, port=PORT, auth="false")
        try:
            for destination, (system, port) in DESTINATIONS.items():
                self.sandboxes[destination] = Sandbox(system, f"{address}:{port}", f"http://{name}:{port}")
            self.queues = make_queues(self.cloud)
            self.cloud.client("s3").create_bucket(Bucket=BUCKET)
            make_table(self.cloud)
            make_secrets(self.cloud, self.sandboxes)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for sandbox in self.sandboxes.values():
            sandbox.stop()
        self.cloud.stop()

    def commands(self):
        """What to type on this machine."""
        override = f"--parameter-overrides Architecture={architecture()}"
        # Docker Desktop knows the name by itself.
        host = "" if self.address == "127.0.0.1" else f" --add-host {CONTAINER_CALLS_US}:{self.address}"
        invoke = f"-n events/env.json {override} --region {REGION}{host}"
        return [f"sam build {override}",
                f"sam local invoke IngestFunction -e events/apigateway/woocommerce.json {invoke}",
                f"sam local invoke DeliverFunction -e events/sqs/salesforce.json {invoke}",
                f"sam local start-api {invoke}"]

    def arrived(self):
        """How many messages wait in each queue, how many items are in the table, and how many records are in each sandbox."""
        sqs, counts = self.cloud.client("sqs"), {}
        for variable, url in self.queues.items():
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
            counts[f"queue {url.rpartition('/')[2]}: messages"] = int(told["ApproximateNumberOfMessages"])
        counts[f"table {TABLE}: items"] = self.cloud.client("dynamodb").scan(TableName=TABLE, Select="COUNT")["Count"]
        for name, sandbox in self.sandboxes.items():
            for kind in sandbox.ask("kinds"):
                counts[f"{sandbox.system} (destination {name}): {kind}"] = len(sandbox.records(kind))
        return counts


def watch(place):
    """Prints what changes, until a signal ends it."""
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    before = place.arrived()
    while signal.sigtimedwait(ends, 1) is None:
        now = place.arrived()
        for what, count in now.items():
            if count != before[what]:
                print(f"  {what}: {before[what]} -> {count}", flush=True)
        before = now


def main():
    double = Path(tools.ROOT / "target" / "debug" / "examples" / "double")
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "sandbox", "--example", "double"], cwd=tools.ROOT, check=True)
    Sandbox.program = double
    place = Place(sys.argv[1] if len(sys.argv) > 1 else bridge())
    try:
        print(f"An account at {place.cloud.url}, and a sandbox of each destination. Type, in the project's folder:\n")
        print("\n".join(f"  {command}" for command in place.commands()), "\n\nCtrl-C ends it. What arrives:", sep="", flush=True)
        watch(place)
    finally:
        place.stop()


if __name__ == "__main__":
    main()
