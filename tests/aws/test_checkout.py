"""What a fresh checkout sends to AWS before anything is built: nothing; and, by whatever detour, no secret of whoever works in it."""

import io
import shutil
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

import tools
from cloud import Cloud

BUCKET = "a-bucket-for-packages"
# What lies about in the folder of somebody who sets a shop up.
OWN = (".env", "config/secrets.toml", "server.key", "orderbridge-data/orderbridge.db")


def checkout(folder):
    """The files of the project as they are under version control, and those of its user."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=tools.ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if not (tools.ROOT / name).is_file():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(tools.ROOT / name, folder / name)
    for name in OWN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("an obviously fake secret\n")


class FreshCheckout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.cloud = Cloud()
        except tools.Unavailable as why:
            raise unittest.SkipTest(f"skipped: {why}")
        cls.addClassCleanup(cls.cloud.stop)
        place = tempfile.TemporaryDirectory(prefix="orderbridge-checkout-")
        cls.addClassCleanup(place.cleanup)
        cls.folder = Path(place.name)
        checkout(cls.folder)

    def sam(self, *arguments):
        return tools.sam(*arguments, cwd=self.folder, env=self.cloud.access, capture_output=True)

    def sent(self):
        """The names of all files in everything that was put into a bucket."""
        s3 = self.cloud.client("s3")
        names = set()
        for bucket in s3.list_buckets()["Buckets"]:
            for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
                body = s3.get_object(Bucket=bucket["Name"], Key=found["Key"])["Body"].read()
                if zipfile.is_zipfile(io.BytesIO(body)):
                    names |= set(zipfile.ZipFile(io.BytesIO(body)).namelist())
        return names

    def test_1_nothing_is_deployed_packed_or_run_that_was_not_built(self):
        for command in (("deploy", "--no-confirm-changeset"), ("package", "--s3-bucket", BUCKET), ("local", "invoke", "IngestFunction", "--no-event")):
            done = self.sam(*command)
            self.assertNotEqual(done.returncode, 0, command)
            self.assertRegex(done.stderr, r"(?s)[Tt]emplate.*(not found|does not exist)", command)
            self.assertNotIn("Traceback", done.stderr, command)
        self.assertEqual(self.sent(), set())

    def test_2_a_mapping_is_not_changed_where_the_functions_are_not_built(self):
        done = subprocess.run(["make", "-C", "config/layer", "change"], cwd=self.folder, capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("run 'sam build' first", done.stderr)
        self.assertFalse((self.folder / ".aws-sam").exists())

    def test_3_whoever_insists_on_the_template_as_it_stands_sends_no_secret(self):
        self.cloud.client("s3").create_bucket(Bucket=BUCKET)
        done = self.sam("package", "--template-file", "template.yaml", "--s3-bucket", BUCKET)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = self.sent()
        own = {Path(name).name for name in OWN}
        self.assertEqual({name for name in names if Path(name).name in own or name.startswith((".git", "target"))}, set())
        self.assertIn("Cargo.toml", names, "the folder of a function, which is no use, is all that it can be")

    def test_4_a_changed_mapping_is_in_the_layer_beside_what_was_built_and_no_secret_is(self):
        for function in ("IngestFunction", "DeliverFunction", "ReconcileFunction"):
            built = self.folder / ".aws-sam" / "build" / function
            built.mkdir(parents=True)
            (built / "bootstrap").write_text("a function\n")
        self.addCleanup(shutil.rmtree, self.folder / ".aws-sam")
        (self.folder / "config" / "mappings" / "my-own.toml").write_text('system = "salesforce"\n')
        done = subprocess.run(["make", "-C", "config/layer", "change"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        layer = self.folder / ".aws-sam" / "build" / "ConfigLayer" / "orderbridge"
        self.assertTrue((layer / "mappings" / "my-own.toml").exists() and (layer / "orderbridge.toml").exists())
        self.assertEqual([str(file) for file in layer.rglob("*secret*")], [])

    def test_5_the_local_api_finds_the_function_of_each_route(self):
        self.assertEqual(tools.sam_sees(self.folder / "template.yaml")["routes"], {"POST /webhooks/{store}": "IngestFunction", "X-AMAZON-APIGATEWAY-ANY-METHOD $default": "IngestFunction"})


if __name__ == "__main__":
    unittest.main()
