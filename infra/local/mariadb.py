"""A throw-away MariaDB as a source database; the machine's own, since no wheel brings one along.

Owns where its files lie, as whom it runs, and how it is started and stopped. It listens on a Unix
socket alone, and writes a binary log as DMS needs it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import Final

from infra.local.lifetimes import Lifetime
from infra.local.processes import Service, ServiceError

HOW_TO_GET_ONE: Final = "no mariadbd on this machine: apt-get install mariadb-server"
_ROOTLESS_USER: Final = "nobody"
# Servers are often in folders that only an administrator's PATH has.
_FOLDERS: Final = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin")
# It is up in a second; the limit is for a machine that is swapping.
_START_SECONDS: Final = 180.0
_READY: Final = "ready for connections"


def find_mariadb() -> tuple[str, str] | None:
    """The server, and what makes its data folder; None where the machine has none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS])
    server = shutil.which("mariadbd", path=path)
    installer = shutil.which("mariadb-install-db", path=path)
    return (server, installer) if server and installer else None


class MariaDb(Lifetime):
    """One server with an empty data folder, removed when it is stopped.

    `superuser` may log in without a password.
    """

    superuser = "root"

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        """Prepares a server whose log lies in `folder`.

        Args:
            folder: made if absent.
            settings: further server settings, which win over the ones made here.
        """
        self._folder = folder
        self._settings = {
            "log-bin": "mysql-bin",
            "server-id": "1",
            "binlog-format": "ROW",
            "binlog-row-image": "FULL",
            "character-set-server": "utf8mb4",
            # A throw-away server has nothing to survive a power cut for.
            "innodb-flush-log-at-trx-commit": "0",
            "innodb-buffer-pool-size": "64M",
            "innodb-log-file-size": "16M",
        } | (settings or {})
        self._user = pwd.getpwnam(_ROOTLESS_USER) if os.geteuid() == 0 else None
        self._home: Path | None = None
        self._service: Service | None = None

    @property
    def socket(self) -> Path:
        """The server's Unix socket."""
        if self._home is None:
            message = "MariaDB is not running: enter the context first"
            raise ServiceError(message)
        return self._home / "socket"

    def address(self, database: str = "", *, user: str = superuser) -> str:
        """A database of it, as `starjoin init --dsn` takes it."""
        return f"mysql://{user}@/{database}?socket={self.socket}"

    def _start(self) -> None:
        programs = find_mariadb()
        if programs is None:
            raise ServiceError(HOW_TO_GET_ONE)
        server, installer = programs
        self._folder.mkdir(parents=True, exist_ok=True)
        # A test's temporary folder is often too deep for a socket's name, and closed to others.
        self._home = Path(tempfile.mkdtemp(prefix="starjoin-maria-"))
        if self._user is not None:
            os.chown(self._home, self._user.pw_uid, self._user.pw_gid)
        shared = ["--no-defaults", f"--datadir={self._home / 'data'}"]
        shared += [f"--user={self._user.pw_name}"] if self._user is not None else []
        self._install([installer, *shared])
        command = [server, *shared, f"--socket={self.socket}", "--skip-networking"]
        command += [f"--{name}={value}" for name, value in self._settings.items()]
        self._service = Service("MariaDB", command, log=self._folder / "mariadb.log")
        self._service.wait_for_line(_READY, timeout=_START_SECONDS)

    def _install(self, command: list[str]) -> None:
        command += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        with Service("mariadb-install-db", command, log=self._folder / "install.log") as install:
            if install.wait(timeout=_START_SECONDS) != 0:
                message = f"mariadb-install-db failed: {install.tail()}"
                raise ServiceError(message)

    def stop(self) -> None:
        """Ends the server, breaking open sessions, and removes its data. May be repeated."""
        if self._service is not None:
            self._service.stop()
            self._service = None
        if self._home is not None:
            shutil.rmtree(self._home)
            self._home = None
