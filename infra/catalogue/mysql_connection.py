"""A session of a MySQL or a MariaDB that changes nothing, and why there is none, in sentences.

No sentence has a word of the address before it was taken apart: what looks like a host may be the
end of a password that was not escaped.
"""

from __future__ import annotations

import getpass
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import pymysql
from pymysql.constants import CR, ER
from pymysql.cursors import DictCursor

from infra.catalogue.model import CatalogueError

Session: TypeAlias = "pymysql.Connection[DictCursor]"
Row = dict[str, Any]

CONNECT_SECONDS: Final = 10  # a firewall that swallows packets answers never
# The catalogue is read in far less; a server that takes longer is stuck.
STATEMENT_SECONDS: Final = 30
# A table that somebody alters or has locked is left as it is. Less than a sample may take, so that
# it is known which of the two was the reason.
LOCK_SECONDS: Final = 1
_OLDEST_MYSQL: Final = (8, 0)
_OLDEST_MARIADB: Final = (10, 5)
_PORT: Final = 3306
_PASSWORD: Final = "MYSQL_PWD"  # noqa: S105 - the name of a variable
_FORM: Final = "write it as mysql://USER@HOST:3306/DATABASE"
_ESCAPE: Final = (
    "if user or password contain one of @ / % : ? # or a blank, write that as %40 %2F %25 %3A %3F "
    f"%23 %20, or leave the password out and set {_PASSWORD}"
)
_PARAMETERS: Final = ("socket", "ssl-ca", "ssl-mode")
_MODES: Final = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
_LOST: Final = (CR.CR_SERVER_LOST, CR.CR_SERVER_GONE_ERROR)
# Statements that took too long: of MySQL, of MariaDB, and of either when somebody ends them.
TIMED_OUT: Final = frozenset({3024, 1969, ER.QUERY_INTERRUPTED})
LOCKED: Final = frozenset({ER.LOCK_WAIT_TIMEOUT, 3572})
FORBIDDEN: Final = frozenset(
    {ER.TABLEACCESS_DENIED_ERROR, ER.COLUMNACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR}
)


@dataclass(frozen=True)
class Address:
    """Where a server is, and as whom it is asked.

    Attributes:
        database: empty where the address names none.
        socket: the path of a Unix socket; empty for TCP.
        mode: of `ssl-mode`; empty where it is not said.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = ""
    socket: str = ""
    mode: str = ""
    certificates: str = ""

    @property
    def server_name(self) -> str:
        """Where that is, in words."""
        return f"socket {self.socket}" if self.socket else f"{self.host}, port {self.port}"


@dataclass(frozen=True)
class Server:
    """What a server is, as far as statements depend on it."""

    is_mariadb: bool
    version: tuple[int, int]

    @property
    def name(self) -> str:
        """Product and version, as people write them."""
        return f"{'MariaDB' if self.is_mariadb else 'MySQL'} {'.'.join(map(str, self.version))}"

    @property
    def is_too_old(self) -> bool:
        """Whether its catalogue may lack what is read here."""
        return self.version < (_OLDEST_MARIADB if self.is_mariadb else _OLDEST_MYSQL)

    def limit(self, seconds: float) -> str:
        """The statement after which no SELECT of this session takes longer."""
        if self.is_mariadb:
            return f"SET SESSION max_statement_time = {seconds}"
        return f"SET SESSION max_execution_time = {round(seconds * 1_000)}"


@contextmanager
def open_session(address: Address, name: str) -> Iterator[tuple[Session, Server]]:
    """A session each of whose statements is a read-only transaction of its own.

    So no table stays locked against somebody who alters it while others are looked at.
    Raises CatalogueError where no session can be had, or the server is too old.
    """
    connection = connect(address, name)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@version AS version")
            server = read_version(str((cursor.fetchone() or {})["version"]))
            if server.is_too_old:
                message = (
                    f"the server is {server.name}, and init reads MySQL 8.0, MariaDB 10.5 and "
                    "later: write the declaration by hand, or from create-table records (--records)"
                )
                raise CatalogueError(message)
            settings = [
                "sql_mode = ''",
                "time_zone = '+00:00'",
                f"lock_wait_timeout = {LOCK_SECONDS}",
            ]
            if not server.is_mariadb:
                settings.append("information_schema_stats_expiry = 0")
            for setting in settings:
                cursor.execute(f"SET SESSION {setting}")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute(server.limit(STATEMENT_SECONDS))
        yield connection, server
    finally:
        if connection.open:
            connection.close()


def read_version(text: str) -> Server:
    """What `@@version` says, as `8.0.39` or `10.11.6-MariaDB-log`."""
    match = re.match(r"(\d+)\.(\d+)", text)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    return Server("mariadb" in text.lower(), version)


def read_address(address: str, option: str = "--dsn") -> Address:
    """A URL taken apart. `option` is the one that it was given by.

    Raises CatalogueError, without a word of the address, where it cannot be.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _PORT
    except ValueError:
        message = f"{option} cannot be read: {_FORM}; {_ESCAPE}"
        raise _refuse(message) from None
    login = parts.netloc.rpartition("@")[0]
    is_torn = "@" in login or "@" in f"{parts.path}{parts.query}" or parts.fragment
    if is_torn or re.search(r"%(?![0-9A-Fa-f]{2})", parts.netloc):
        message = f"{option} cannot be read: {_ESCAPE}"
        raise _refuse(message)
    parameters = _read_parameters(parts, option)
    mode = parameters.get("ssl-mode", "").upper().replace("-", "_")
    certificates = parameters.get("ssl-ca", "")
    if mode.startswith("VERIFY") and not certificates:
        message = f"{option}: ssl-mode={mode} needs ssl-ca=FILE, the certificates to trust"
        raise _refuse(message)
    database = unquote(parts.path.removeprefix("/"))
    return Address(
        unquote(parts.hostname or "") or "localhost",
        port,
        unquote(parts.username or "") or getpass.getuser(),
        unquote(parts.password) if parts.password else os.environ.get(_PASSWORD, ""),
        database,
        parameters.get("socket", ""),
        mode or ("VERIFY_CA" if certificates else ""),
        certificates,
    )


def _read_parameters(parts: SplitResult, option: str) -> Mapping[str, str]:
    parameters = {name.replace("_", "-"): value for name, value in parse_qsl(parts.query)}
    if unix := parameters.pop("unix-socket", ""):
        parameters["socket"] = unix
    if {*parameters} - {*_PARAMETERS} or (parts.query and not parameters):
        known = ", ".join(_PARAMETERS)
        message = f"{option} cannot be read: behind ? there may be {known}; {_ESCAPE}"
        raise _refuse(message)
    mode = parameters.get("ssl-mode", _MODES[0]).upper().replace("-", "_")
    if mode not in _MODES:
        message = f"{option}: ssl-mode is one of {', '.join(_MODES)}"
        raise _refuse(message)
    return parameters


def _refuse(message: str) -> CatalogueError:
    return CatalogueError(message, is_of_arguments=True)


def connect(address: Address, name: str) -> Session:
    """A session that the server knows by a name.

    Raises CatalogueError where none can be had.
    """
    connection = pymysql.connect(
        defer_connect=True,
        host=address.host,
        port=address.port,
        unix_socket=address.socket or None,
        user=address.user,
        password=address.password.encode(),  # of text the driver makes Latin-1
        database=address.database or None,
        charset="utf8mb4",
        cursorclass=DictCursor,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=STATEMENT_SECONDS + CONNECT_SECONDS,
        program_name=name,
        ssl=_trust(address),
        ssl_disabled=address.mode == "DISABLED" or None,
    )
    # The driver would leave open a socket that does not connect.
    try:
        opened = _open_socket(address)
    except OSError as error:
        raise CatalogueError(explain_refusal(error, address)) from None
    try:
        connection.connect(opened)
    except pymysql.MySQLError as error:
        raise CatalogueError(explain_refusal(error, address)) from None
    except RuntimeError:
        message = (
            f"{address.server_name}: the server asks for a password in a way that is not known here"
        )
        raise CatalogueError(message) from None
    return connection


def _open_socket(address: Address) -> socket.socket:
    if not address.socket:
        return socket.create_connection((address.host, address.port), CONNECT_SECONDS)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.settimeout(CONNECT_SECONDS)
        opened.connect(address.socket)
    except OSError:
        opened.close()
        raise
    return opened


def _trust(address: Address) -> ssl.SSLContext | None:
    """What a server has to show; None where it may be without TLS, which it is then asked for."""
    if address.mode in {"", "DISABLED", "PREFERRED"}:
        return None
    try:
        context = ssl.create_default_context(cafile=address.certificates or None)
    except OSError:
        message = f"ssl-ca: {address.certificates} is no file of certificates that can be read"
        raise _refuse(message) from None
    # Certificates that MySQL makes for itself lack what the strict rules ask for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = address.mode == "VERIFY_IDENTITY"
    if address.mode == "REQUIRED":
        context.verify_mode = ssl.CERT_NONE
    return context


def explain_refusal(error: pymysql.MySQLError | OSError, address: Address) -> str:
    """Why there is no session, and what to do."""
    code = code_of(error)
    cause = getattr(error, "original_exception", error)
    user, server_name = f"user {address.user}", address.server_name
    for kinds, sentence in _CAUSES:
        if isinstance(cause, kinds):
            return sentence.format(host=address.host, server_name=server_name)
    if code == ER.ACCESS_DENIED_ERROR and not address.password:
        return f"{user} needs a password: set {_PASSWORD}"
    if sentence := _REFUSALS.get(code, ""):
        return sentence.format(
            user=user, database=f"database {address.database}", server_name=server_name
        )
    shown = " ".join(hide_secrets(str(cause), address).split())
    return f"no session on {server_name}: {shown}"


def code_of(error: pymysql.MySQLError | OSError) -> int:
    """The error's number; 0 where it has none."""
    code = error.args[0] if error.args else 0
    return code if isinstance(code, int) else 0


# The first kind that fits; the more special ones come first.
_CAUSES: Final[tuple[tuple[type[OSError], str], ...]] = (
    (
        socket.gaierror,
        "host {host} is unknown: look at its spelling, and whether this machine can resolve it",
    ),
    (
        ssl.SSLCertVerificationError,
        "the certificate of {server_name} is not of ssl-ca: name another, or ssl-mode=REQUIRED",
    ),
    (
        ConnectionRefusedError,
        "nothing listens on {server_name}: start the server, or write its port",
    ),
    (TimeoutError, "{server_name} does not answer: a firewall may keep this machine out"),
    (FileNotFoundError, "no server has its {server_name}: name another one, or a host"),
    (PermissionError, "this user may not open {server_name}"),
)
_REFUSALS: Final[Mapping[int, str]] = {
    ER.ACCESS_DENIED_ERROR: "the password of {user} is wrong, or there is no such user",
    1698: "the server knows {user} by the user of the operating system alone: name another user",
    ER.DBACCESS_DENIED_ERROR: "{user} has no right to use {database}, or there is none",
    ER.BAD_DB_ERROR: "there is no {database} on {server_name}: SHOW DATABASES lists them",
    ER.CON_COUNT_ERROR: "the server has no session free: try again later",
    ER.HOST_NOT_PRIVILEGED: "the server at {server_name} admits nobody from this machine",
    ER.HOST_IS_BLOCKED: (
        "the server at {server_name} has shut this machine out after too many failed sessions: "
        "FLUSH HOSTS there lets it in again"
    ),
    CR.CR_SSL_CONNECTION_ERROR: "the server at {server_name} has no TLS, which ssl-mode asks for",
    CR.CR_SERVER_LOST: "what listens on {server_name} ended the session: is it a MySQL?",
}


def hide_secrets(text: str, address: Address) -> str:
    """A text of the driver, with stars where it repeats the password."""
    for secret in (address.password, os.environ.get(_PASSWORD, "")):
        if secret:
            text = text.replace(secret, "***")
    return text


def quote(*names: str) -> str:
    """A name with its schema as statements have it."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in names)
