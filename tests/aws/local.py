"""An emulated account for `sam local invoke`, with what events/env.json names: queues, table and the secrets that the sample events are signed with. Ctrl-C ends it.

`python3 tests/aws/local.py [ADDRESS]`: Docker Desktop reaches 127.0.0.1 as host.docker.internal; Docker on Linux reaches its bridge, mostly 172.17.0.1.
"""

import json
import signal
import sys
import tomllib

import tools

sys.path.insert(0, str(tools.ROOT / "tests" / "blackbox"))

from cloud import Cloud  # noqa: E402

PORT = 4566


def make_queues(cloud):
    """The queues of events/env.json; their URLs by the variable's name."""
    made = {}
    for variables in json.loads((tools.ROOT / "events" / "env.json").read_text()).values():
        for name, url in variables.items():
            if name.endswith("QUEUE_URL"):
                queue = url.rpartition("/")[2]
                cloud.client("sqs").create_queue(QueueName=queue, Attributes={"FifoQueue": "true"})
                made[name] = f"{cloud.url}/000000000000/{queue}"
    return made


def make_table(cloud):
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    cloud.client("dynamodb").create_table(TableName="orderbridge", KeySchema=keys, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST")


def make_secrets(cloud):
    for name, secret in tomllib.loads((tools.ROOT / "events" / "secrets.toml").read_text()).items():
        cloud.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(secret))


def main():
    cloud = Cloud(*sys.argv[1:2], port=PORT, auth="false")
    try:
        make_queues(cloud)
        make_table(cloud)
        make_secrets(cloud)
        print(f"ready at {cloud.url}; Ctrl-C ends it", flush=True)
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)
    finally:
        cloud.stop()


if __name__ == "__main__":
    main()
