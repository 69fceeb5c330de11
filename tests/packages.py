"""Packages from a package index, installed once into target/tools, in the versions that a file names."""

import functools
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "target" / "tools"


class Unavailable(Exception):
    """A tool that cannot be installed here, and why."""


@functools.cache
def folder(wanted, name):
    """Where the packages of the file WANTED are; they are installed if they are not there yet. The name is the beginning of the folder's."""
    place = TOOLS / f"{name}-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    if place.is_dir():
        return place
    TOOLS.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=TOOLS))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location", "--no-warn-conflicts",
               "--root-user-action=ignore", "--target", str(fresh), "--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(fresh)
        raise Unavailable(f"{wanted.name} cannot be installed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    try:
        fresh.rename(place)
    except OSError:
        # Somebody else was faster.
        shutil.rmtree(fresh)
    return place
