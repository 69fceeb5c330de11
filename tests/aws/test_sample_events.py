"""What `sam local invoke` runs, over every file of events/: the built functions under the Runtime Interface Emulator that SAM puts into the container, with the variables that SAM's
own code gives them, against what local.py starts. Only the container is left out, and with it the name that it has for this machine."""

import contextlib
import json
import subprocess
import unittest
from pathlib import Path
from types import SimpleNamespace

import tools
from build import architecture
from cloud import free_port
from deployment import BUILT
from harness import call, until
from local import CONTAINER_CALLS_US, ENVIRONMENT, Place

EVENTS = tools.ROOT / "events"


@contextlib.contextmanager
def invoked(function, variables):
    """A function under the Runtime Interface Emulator that is inside the SAM CLI; yields what sends it an event."""
    emulator = tools.folder("sam") / "samcli" / "local" / "rapid" / "aws-lambda-rie-x86_64"
    doors = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    command = [str(emulator), "--log-level", "error", "--runtime-interface-emulator-address", doors[0], "--runtime-api-address", doors[1], str(Path(BUILT) / function / "bootstrap")]
    process = subprocess.Popen(command, env=tools.environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
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


class SampleEvents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not Path(BUILT, "template.yaml").exists():
            raise unittest.SkipTest("skipped: the functions are not built; run tests/aws/build.py")
        try:
            cls.place = Place("127.0.0.1", "127.0.0.1")
        except tools.Unavailable as why:
            raise unittest.SkipTest(f"skipped: {why}")
        cls.addClassCleanup(cls.place.stop)
        cls.seen = tools.sam_sees(f"{BUILT}/template.yaml", ENVIRONMENT)["variables"]

    def variables(self, function):
        """What SAM gives the function, where a container's names are this machine's."""
        own = {name: value.replace(CONTAINER_CALLS_US, "127.0.0.1") for name, value in self.seen[function].items()}
        layer = Path(BUILT, "ConfigLayer", *Path(own["ORDERBRIDGE_CONFIG"]).parts[2:])
        config = self.place.cloud.folder / "orderbridge.toml"
        config.write_text(layer.read_text().replace(CONTAINER_CALLS_US, "127.0.0.1"))
        return {**own, "ORDERBRIDGE_CONFIG": str(config)}

    def test_sam_passes_on_every_variable_of_the_file(self):
        # One that the template does not declare is dropped, and a function without an endpoint asks AWS itself.
        for function, told in json.loads(ENVIRONMENT.read_text()).items():
            self.assertEqual({name: self.seen[function].get(name) for name in told}, told)

    def test_without_the_file_no_function_has_another_address_than_aws_itself(self):
        for function, variables in tools.sam_sees(f"{BUILT}/template.yaml")["variables"].items():
            self.assertEqual(variables["AWS_ENDPOINT_URL"], "", function)

    def test_the_commands_are_those_of_this_machine(self):
        linux = Place.commands(SimpleNamespace(address="172.17.0.1"))
        desktop = Place.commands(SimpleNamespace(address="127.0.0.1"))
        for command in linux[1:]:
            self.assertIn(f"Architecture={architecture()}", command)
            self.assertIn("--add-host host.docker.internal:172.17.0.1", command)
        self.assertFalse(any("--add-host" in command for command in desktop))

    def test_what_the_commands_of_the_readme_do_arrives(self):
        before = self.place.arrived()
        with invoked("IngestFunction", self.variables("IngestFunction")) as send:
            until(lambda: send((EVENTS / "apigateway" / "woocommerce.json").read_bytes()), "the webhook is accepted")
        with invoked("DeliverFunction", self.variables("DeliverFunction")) as send:
            until(lambda: send((EVENTS / "sqs" / "salesforce.json").read_bytes()), "the batch is delivered")
        after = self.place.arrived()
        grown = {what for what, count in after.items() if count > before[what]}
        self.assertLessEqual({"queue salesforce.fifo: messages", "queue zoho.fifo: messages", "queue netsuite.fifo: messages"}, grown)
        self.assertGreater(after["salesforce (destination sales): Opportunity"], 0)

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
        # What a newer program wrote waits for that program.
        back = {"newer-version": ["newer-version"], "not-an-order": ["woocommerce-09-not-an-order-json"], "unknown-route": ["unknown-route"]}
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
