"""The Redshift emulator as one context manager: its process, and the PostgreSQL that it runs on.

Owns starting and stopping both, and their addresses.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal

from infra.local.lifetimes import Lifetime
from infra.local.postgres import EmbeddedPostgres
from infra.local.processes import Service, ServiceError
from infra.redshift_emulator import Faults

# The emulator imports pyarrow and boto3, a second or two; the limit is for a busy machine.
_START_SECONDS = 180.0
_PROJECT = Path(__file__).resolve().parents[2]


class RedshiftEmulator(Lifetime):
    """A throw-away Redshift on the loopback interface.

    A client connects with `redshift_connector.connect(**redshift.connection)`. `faults` injects
    faults.
    """

    host = "127.0.0.1"
    database = "dev"
    user = "awsuser"
    password = "Local1234"

    def __init__(  # noqa: PLR0913 - each a choice of its own, all but two with a default
        self,
        folder: Path,
        *,
        s3_endpoint: str,
        isolation: Literal["snapshot", "serializable"] = "snapshot",
        collation: Literal["case_sensitive", "case_insensitive"] = "case_sensitive",
        environment: dict[str, str] | None = None,
        certificate: Path | None = None,
    ) -> None:
        """Prepares it.

        Args:
            folder: for logs and, where possible, data.
            s3_endpoint: the URL of the S3 that COPY reads.
            isolation: the database's level; SNAPSHOT is what new clusters have.
            collation: the database's; keys that differ in case are one key in the other.
            environment: AWS settings of the emulator's process (keys, Region); invented where
                absent, whatever the caller's own are: COPY reads its own Region alone.
            certificate: PEM file with certificate and key for TLS; without it TLS is refused.
        """
        self._folder = folder
        self._s3_endpoint = s3_endpoint
        self._isolation = isolation
        self._collation = collation
        self._environment = environment or {}
        self._certificate = certificate
        self.postgres = EmbeddedPostgres(folder)
        self._process: Service | None = None
        self._faults: Faults | None = None
        self.port = 0

    @property
    def connection(self) -> dict[str, Any]:
        """The arguments of `redshift_connector.connect`."""
        return {
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "user": self.user,
            "password": self.password,
            "ssl": False,
        }

    @property
    def log(self) -> Path:
        """The log of the emulator's process; a traceback in it is a bug of the emulator."""
        return self._folder / "emulator.log"

    @property
    def faults(self) -> Faults:
        """Injects faults."""
        if self._faults is None:
            text = "the Redshift emulator is not running: enter its context first"
            raise ServiceError(text)
        return self._faults

    def pid(self) -> int:
        """The emulator's process, for measuring it; PostgreSQL has its own."""
        if self._process is None:
            text = "the Redshift emulator is not running: enter its context first"
            raise ServiceError(text)
        return self._process.command_pid()

    def _start(self) -> None:
        """Starts PostgreSQL and the emulator; returns when clients can connect."""
        self.postgres.start()
        self._start_emulator()

    def stop(self) -> None:
        """Ends both. May be repeated."""
        self._faults = None
        if self._process is not None:
            self._process.stop()
            self._process = None
        self.postgres.stop()

    def _start_emulator(self) -> None:
        postgres = self.postgres
        command = [sys.executable, "-m", "infra.redshift_emulator"]
        command += ["--socket-folder", str(postgres.socket_folder)]
        command += ["--socket-port", str(postgres.port), "--superuser", postgres.superuser]
        command += ["--database", self.database, "--user", self.user]
        command += ["--isolation", self._isolation, "--collation", self._collation]
        command += ["--s3-endpoint", self._s3_endpoint]
        if self._certificate is not None:
            command += ["--certificate", str(self._certificate)]
        invented = {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        login = {"REDSHIFT_EMULATOR_PASSWORD": self.password}
        self._process = Service(
            "Redshift emulator",
            command,
            log=self.log,
            env=os.environ | invented | self._environment | login,
            cwd=_PROJECT,
        )
        line = self._process.wait_for_line(
            r"^listening on (\d+), control on (\d+)$", timeout=_START_SECONDS
        )
        self.port = int(line[1])
        self._faults = Faults(self.host, int(line[2]))
