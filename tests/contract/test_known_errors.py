"""The table of known errors, row by row, by what a server really sends to the real driver.

What the emulator cannot come to by itself is injected with the text that Redshift has for it; the
errors of a connection are produced: no TLS, a closed port, a host that does not exist, and so on.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Final

import pytest
from redshift_connector.error import Error

from connectors.redshift import known_errors as table
from connectors.redshift.access import Limits, RedshiftAddress, SslMode
from connectors.redshift.connection import Credentials, connect, disconnect
from connectors.redshift.errors import (
    LoadError,
    NeedsRepairError,
    OutcomeUnknownError,
    RetryLoadError,
    Step,
    classify,
)
from connectors.redshift.known_errors import SERVER_ERRORS, KnownError, Remedy
from connectors.redshift.said import ELSEWHERE, understand
from infra.local.redshift import RedshiftEmulator
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.certificates import Authority
from tests.contract.warehouse import Warehouse, run

pytestmark = [
    pytest.mark.contract,
    # The driver makes its context the way of older Pythons.
    pytest.mark.filterwarnings("ignore:ssl\\.:DeprecationWarning"),
]

KINDS: Final = {
    Remedy.RETRY: RetryLoadError,
    Remedy.REPAIR: NeedsRepairError,
    Remedy.UNKNOWN: OutcomeUnknownError,
}
NAMES: Final = frozenset({"starjoin", "ledger", "name"})
HOST: Final = "127.0.0.1"


def shown(error: KnownError) -> str:
    assert error.example is not None
    return error.code or error.state or error.example.message[:60]


@pytest.mark.parametrize("error", SERVER_ERRORS, ids=shown)
def test_an_error_of_the_server(warehouse: Warehouse, faults: Faults, error: KnownError) -> None:
    example = error.example
    assert example is not None
    connection = warehouse.connect(autocommit=True)
    faults.add(
        Rule(
            "select 'a load'",
            When.BEFORE,
            Action.FAIL,
            message=example.message,
            sqlstate=example.state,
            detail=example.detail or None,
        )
    )
    with pytest.raises(Error) as caught:
        run(connection, "select 'a load'")
    fields: dict[str, str] = caught.value.args[0]
    assert understand(fields).error is error
    found = classify(caught.value, "loading", Step.STATEMENT, NAMES)
    assert type(found) is KINDS[error.remedy]
    assert str(found).startswith("loading: " + error.words.partition("{}")[0])
    assert "name withheld" not in str(found)
    assert str(found).endswith(ELSEWHERE) is not error.complete
    at_commit = classify(caught.value, "loading", Step.COMMIT)
    assert type(at_commit) is (OutcomeUnknownError if error.intervenes else KINDS[error.remedy])


def refusal(address: RedshiftAddress, login: Credentials, **limits: int) -> LoadError:
    with pytest.raises((Error, OSError)) as caught:
        disconnect(connect(address, login, Limits(**limits)))
    assert isinstance(caught.value, Exception)
    return classify(caught.value, "connecting", Step.CONNECT)


def is_row(found: LoadError, error: KnownError) -> bool:
    """Whether it has the type and the words of this row, up to what the words leave open."""
    known = f"connecting: no connection to Redshift: {error.words.partition('{}')[0]}"
    return type(found) is KINDS[error.remedy] and str(found).startswith(known)


@pytest.fixture
def there(warehouse: Warehouse) -> tuple[RedshiftAddress, Credentials]:
    """The emulator's address without TLS, and its login."""
    emulator = warehouse.emulator
    if emulator is None:
        pytest.skip("a real cluster's connections are not broken on purpose")
    address = RedshiftAddress(emulator.host, emulator.port, emulator.database, SslMode.NONE)
    return address, Credentials(emulator.user, emulator.password)


def changed(address: RedshiftAddress, **fields: Any) -> RedshiftAddress:
    return RedshiftAddress(**vars(address) | fields)


def test_a_server_without_tls(there: tuple[RedshiftAddress, Credentials]) -> None:
    address, login = there
    found = refusal(changed(address, ssl_mode=SslMode.VERIFY_FULL), login)
    assert is_row(found, table.TLS_REFUSED)


def test_a_closed_port(there: tuple[RedshiftAddress, Credentials]) -> None:
    address, login = there
    with socket.socket() as bound:  # and not listening
        bound.bind((HOST, 0))
        port = bound.getsockname()[1]
        assert is_row(refusal(changed(address, port=port), login), table.PORT_CLOSED)


def test_a_host_that_does_not_exist(there: tuple[RedshiftAddress, Credentials]) -> None:
    """What the resolver says of it depends on whether this machine has a DNS."""
    address, login = there
    name = "no-such-host.invalid"
    with pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo(name, address.port)
    no_dns = caught.value.errno == socket.EAI_AGAIN
    found = refusal(changed(address, host=name), login)
    assert is_row(found, table.NO_DNS if no_dns else table.UNKNOWN_HOST)


def test_a_server_that_does_not_answer(there: tuple[RedshiftAddress, Credentials]) -> None:
    address, login = there
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        assert is_row(refusal(changed(address, port=port), login, connect=1), table.NO_ANSWER)


def test_a_server_that_hangs_up(faults: Faults, there: tuple[RedshiftAddress, Credentials]) -> None:
    address, login = there
    faults.refuse_connections()
    assert is_row(refusal(address, login), table.UNCONNECTED)


def test_certificates(
    tmp_path: Path, there: tuple[RedshiftAddress, Credentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, login = there
    authority = Authority(tmp_path)
    with RedshiftEmulator(
        tmp_path / "redshift",
        s3_endpoint="http://127.0.0.1:1",
        certificate=authority.sign("localhost"),
    ) as server:
        address = RedshiftAddress("localhost", server.port, server.database)
        assert is_row(refusal(address, login), table.NOT_TRUSTED)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
        assert is_row(refusal(changed(address, host=HOST), login), table.OTHER_HOST)


def test_a_wrong_password_and_a_wrong_user(
    there: tuple[RedshiftAddress, Credentials],
) -> None:
    address, login = there
    for wrong in (Credentials(login.user, "wrong"), Credentials("nobody", login.password)):
        found = refusal(address, wrong)
        assert type(found) is NeedsRepairError
        assert "check user and password in the secret" in str(found)


def test_no_such_database(there: tuple[RedshiftAddress, Credentials]) -> None:
    address, login = there
    found = refusal(changed(address, database="missing"), login)
    assert type(found) is NeedsRepairError
    assert "the database does not exist: check database of starjoin.redshift" in str(found)


def test_a_connection_that_is_lost(warehouse: Warehouse, faults: Faults) -> None:
    connection = warehouse.connect()
    faults.cut_all()
    with pytest.raises((Error, OSError)) as caught:
        run(connection, "select 1")
    assert isinstance(caught.value, Exception)
    found = classify(caught.value, "loading")
    assert type(found) is OutcomeUnknownError
    assert str(found) == f"loading: {table.LOST.words}"
