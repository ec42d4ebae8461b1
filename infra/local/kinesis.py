"""npm's `kinesis-local`: a Kinesis that speaks CBOR, splits and merges shards, ends closed ones.

Owns installing it at its pinned version, with the digest of `kinesis_local/package-lock.json`, and
starting it. moto can do none of the three, so tests of resharding run on this one. It has Kinesis
alone, holds everything in memory, and takes about a thousand puts a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import boto3

from infra.local.lifetimes import Lifetime
from infra.local.processes import Service, ServiceError
from infra.local.toolchain import ROOT, ToolchainError

_PINNED: Final = Path(__file__).with_name("kinesis_local")
_INSTALLED: Final = ROOT / "build" / "kinesis-local"
_PACKAGE: Final = Path("node_modules", "kinesis-local")
_STAMP: Final = "starjoin.stamp"
# Loading its nine megabytes takes a second; the limit is for a busy machine.
_START_SECONDS: Final = 180.0
_INSTALL_SECONDS: Final = 180.0


class LocalKinesis(Lifetime):
    """One server on the loopback interface, without streams.

    Args:
        folder: for its log.
        account: the account that its streams belong to.
        region: their region.
    """

    # It takes any keys; boto3 refuses to run without some. Twelve digits would name an account.
    _KEY = "testing"

    def __init__(self, folder: Path, account: str, region: str) -> None:
        self._folder = folder
        self._account = account
        self._region = region
        self._service: Service | None = None
        self._endpoint = ""

    @property
    def endpoint(self) -> str:
        """Its URL."""
        if not self._endpoint:
            message = "the local Kinesis is not running: enter the context first"
            raise ServiceError(message)
        return self._endpoint

    def client(self) -> Any:
        """A boto3 client of this server."""
        return boto3.client(
            "kinesis",
            endpoint_url=self.endpoint,
            region_name=self._region,
            aws_access_key_id=self._KEY,
            aws_secret_access_key=self._KEY,
        )

    def _start(self) -> None:
        """Installs it if it is not there, and starts it; returns when it listens."""
        self._service = Service(
            "the local Kinesis",
            [_program("node"), "--require", str(_PINNED / "listen.cjs"), "main.js"],
            log=self._folder / "kinesis.log",
            env=os.environ
            | {
                "AWS_ACCOUNT_ID": self._account,
                "AWS_REGION": self._region,
                # Which of its two servers is which; see listen.cjs.
                "KINESIS_MOCK_PLAIN_PORT": "1",
                "KINESIS_MOCK_TLS_PORT": "2",
            },
            cwd=install() / _PACKAGE,  # it reads its certificate from the working directory
        )
        line = self._service.wait_for_line(
            r"listening at (http://127\.0\.0\.1:\d+)$", timeout=_START_SECONDS
        )
        self._endpoint = line[1]

    def stop(self) -> None:
        """Ends the server and forgets all it held. May be repeated."""
        if self._service is not None:
            self._service.stop()
            self._service = None
        self._endpoint = ""


def install() -> Path:
    """The folder where the pinned version is installed; installs it if need be.

    Raises:
        ToolchainError: Node.js is missing, or npm could not install the package.
    """
    pinned = [_PINNED / "package.json", _PINNED / "package-lock.json"]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in pinned)).hexdigest()
    stamp = _INSTALLED / _STAMP
    _INSTALLED.mkdir(parents=True, exist_ok=True)
    # Several workers of a test run may want it at a time.
    with (_INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            for file in pinned:
                shutil.copy(file, _INSTALLED)
            _install(_INSTALLED)
            stamp.write_text(wanted)
    return _INSTALLED


def _install(folder: Path) -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    try:
        done = subprocess.run(
            [_program("npm"), "ci", *options],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        message = f"npm did not install kinesis-local into {folder} in {_INSTALL_SECONDS:.0f} s"
        raise ToolchainError(message) from error
    if done.returncode != 0:
        message = (
            f"npm could not install kinesis-local into {folder}: "
            f"{(done.stderr or done.stdout).strip()[-2000:]}"
        )
        raise ToolchainError(message)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        message = (
            f"{name} is not on the PATH, and the local Kinesis runs on Node.js: "
            "apt-get install nodejs npm"
        )
        raise ToolchainError(message)
    return path
