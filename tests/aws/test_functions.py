"""The built functions: what they need of the machine that they run on, how large they are, and what is in the layer beside them."""

import io
import sys
import unittest
import zipfile
from pathlib import Path

import tools
from deployment import BUILT

FUNCTIONS = ("IngestFunction", "DeliverFunction", "ReconcileFunction")
# The C library of the image provided.al2023.
GLIBC = (2, 34)


def bootstrap(function):
    return Path(BUILT) / function / "bootstrap"


class Artifacts(unittest.TestCase):
    def setUp(self):
        if not bootstrap("IngestFunction").exists():
            self.skipTest("skipped: the functions are not built; run tests/aws/build.py")

    def test_no_newer_c_library_than_that_of_the_image_is_needed(self):
        try:
            sys.path.append(str(tools.folder("sam")))
        except tools.Unavailable as why:
            self.skipTest(f"skipped: {why}")
        from elftools.elf.elffile import ELFFile

        for function in FUNCTIONS:
            with open(bootstrap(function), "rb") as file:
                needed = ELFFile(file).get_section_by_name(".gnu.version_r")
                names = [version.name for _, versions in needed.iter_versions() for version in versions]
            versions = [tuple(map(int, name.removeprefix("GLIBC_").split("."))) for name in names if name.startswith("GLIBC_")]
            print(f"{function} needs GLIBC {'.'.join(map(str, max(versions)))}")
            self.assertLessEqual(max(versions), GLIBC)

    def test_the_zipped_functions_are_small(self):
        for function, most in zip(FUNCTIONS, (5, 9, 9)):
            zipped = io.BytesIO()
            with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(bootstrap(function), "bootstrap")
            size, whole = zipped.tell() / 2**20, bootstrap(function).stat().st_size / 2**20
            print(f"{function}: {size:.1f} MiB zipped, {whole:.1f} MiB on disk")
            self.assertLess(size, most)

    def test_the_layer_holds_configuration_and_mappings_and_no_secrets(self):
        layer = Path(BUILT) / "ConfigLayer"
        packed = sorted(str(file.relative_to(layer)) for file in layer.rglob("*") if file.is_file())
        self.assertIn("orderbridge/orderbridge.toml", packed)
        self.assertIn("orderbridge/mappings/woocommerce-salesforce.toml", packed)
        self.assertEqual([name for name in packed if "secret" in name], [])


if __name__ == "__main__":
    unittest.main()
