"""A real browser over the console: an installed Chromium, driven by Playwright, and axe-core to judge what people with other senses and hands meet."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(ROOT / "tests" / "blackbox")]

import packages

SCREENSHOTS = ROOT / "target" / "console-screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
# What axe-core calls worse than a nuisance.
SERIOUS = ("serious", "critical")


class Browser:
    """One browser for all tests of a file."""

    def __init__(self):
        sys.path.append(str(packages.folder(HERE / "browser.txt", "console")))
        from axe_playwright_python.sync_playwright import Axe
        from playwright.sync_api import sync_playwright
        self.axe = Axe()
        self.driver = sync_playwright().start()
        self.chromium = self.driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

    def stop(self):
        self.chromium.close()
        self.driver.stop()


def why_not():
    """Why no browser can be used here; None where one can."""
    if not CHROMIUM:
        return "skipped: no Chromium is installed here (Debian: apt-get install chromium)"
    try:
        packages.folder(HERE / "browser.txt", "console")
    except packages.Unavailable as why:
        return f"skipped: {why}"
    return None
