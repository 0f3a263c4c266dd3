"""`ketnoi` in processes of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

_KETNOI: Final = Path(sys.executable).with_name("ketnoi")
_READY_SECONDS: Final = 300


@contextmanager
def running_service(environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a service on a free port, while it runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**environment, "PORT": str(port), "HOST": "127.0.0.1"}
    log = Path(environment["KETNOI_DATA_DIR"]) / "service.log"
    with (
        log.open("ab") as file,
        subprocess.Popen([_KETNOI, "run"], env=environment, stdout=file, stderr=file) as process,
    ):
        try:
            _wait_until_ready(process, address)
            yield address
        finally:
            process.terminate()


def command(environment: Mapping[str, str], *arguments: str) -> None:
    """Runs a command to its end. Raises `CalledProcessError`."""
    subprocess.run([_KETNOI, *arguments], env=dict(environment), check=True)


def _wait_until_ready(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/health/ready").status_code == 200:
                return
        time.sleep(0.1)
    sys.exit("the service does not start")
