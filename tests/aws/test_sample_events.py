"""The built functions under Lambda's Runtime Interface Emulator, as `sam local invoke` runs them, on every file of events/, after the tests of the stack that they share."""

import contextlib
import json
import subprocess
import unittest
from pathlib import Path

import tools
from cloud import free_port
from deployment import BUILT, StackCase
from harness import call, until
from local import make_queues

EVENTS = tools.ROOT / "events"


@contextlib.contextmanager
def invoked(function, variables):
    """A function under the Runtime Interface Emulator that is inside the SAM CLI; yields what sends it an event."""
    emulator = tools.folder("sam") / "samcli" / "local" / "rapid" / "aws-lambda-rie-x86_64"
    doors = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    command = [str(emulator), "--log-level", "error", "--runtime-interface-emulator-address", doors[0], "--runtime-api-address", doors[1], str(Path(BUILT) / function / "bootstrap")]
    process = subprocess.Popen(command, env=tools.environment(AWS_LAMBDA_FUNCTION_TIMEOUT="60", **variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    address = f"http://{doors[0]}/2015-03-31/functions/function/invocations"

    def send(event):
        try:
            return call(address, "POST", event, timeout=60)[2]
        except ConnectionRefusedError:
            return None

    try:
        yield send
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class SampleEvents(StackCase):
    """Every file of events/, with the variables of events/env.json."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queues = make_queues(cls.stack.cloud)

    def variables(self, function):
        """Those of events/env.json, but for the addresses, and for the configuration: its destinations are the doubles."""
        told = json.loads((EVENTS / "env.json").read_text())[function]
        queues = {name: self.queues[name] for name in told if name in self.queues}
        return {**told, **queues, **self.stack.cloud.access, "ORDERBRIDGE_TABLE": self.stack.outputs["Table"], "ORDERBRIDGE_CONFIG": str(self.stack.config)}

    def test_ingest_answers_every_sample_event(self):
        answers = self.answers("IngestFunction", "apigateway")
        for name, answer in answers.items():
            self.assertRegex(str(answer.get("statusCode")), "^(200|400|401|404)$", f"{name}: {answer}")
        for name in ("woocommerce", "shopify", "magento", "woocommerce-base64"):
            self.assertEqual((answers[name]["statusCode"], json.loads(answers[name]["body"])["status"]), (200, "accepted"), name)
        self.assertEqual(answers["bad-signature"]["statusCode"], 401)
        self.assertEqual(answers["unknown-store"]["statusCode"], 404)

    def test_deliver_settles_every_sample_event(self):
        answers = self.answers("DeliverFunction", "sqs")
        # Who moves a message to the dead letters must hold it, and of these two no queue knows: they come back.
        back = {"not-an-order": ["woocommerce-09-not-an-order-json"], "unknown-route": ["unknown-route"]}
        for name, answer in answers.items():
            self.assertEqual([one["itemIdentifier"] for one in answer["batchItemFailures"]], back.get(name, []), name)

    def answers(self, function, folder):
        files = sorted((EVENTS / folder).glob("*.json"))
        self.assertTrue(files)
        with invoked(function, self.variables(function)) as send:
            answers = {file.stem: until(lambda: send(file.read_bytes()), f"{function} answers {file.name}") for file in files}
        print(f"{function} answered {len(files)} sample events under the Runtime Interface Emulator")
        return answers


if __name__ == "__main__":
    unittest.main()
