"""Whose certificate a connection accepts: the driver's verification, as `connect` asks for it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from redshift_connector.core import Connection
from redshift_connector.error import Error

from connectors.redshift.access import RedshiftAddress, SslMode
from connectors.redshift.connection import Credentials, connect
from connectors.redshift.errors import LoadError, NeedsRepairError, Step, classify
from infra.local.redshift import RedshiftEmulator
from tests.contract.certificates import Authority
from tests.contract.warehouse import value

pytestmark = [
    pytest.mark.contract,
    # Its context is made the way of older Pythons.
    pytest.mark.filterwarnings("ignore:ssl\\.:DeprecationWarning"),
]

# The certificate is for the name; the same server has an address as well.
NAME, OTHER = "localhost", "127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedshiftEmulator]:
    folder: Path = tmp_path_factory.mktemp("tls")
    with RedshiftEmulator(
        folder, s3_endpoint="http://127.0.0.1:1", certificate=authority.sign(NAME)
    ) as found:
        yield found
        assert "Traceback" not in found.log.read_text()


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    # The driver adds the system's authorities to Amazon's, and this is how OpenSSL finds them.
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))


def opened(server: RedshiftEmulator, host: str, mode: SslMode) -> Connection:
    address = RedshiftAddress(host, server.port, server.database, mode)
    return connect(address, Credentials(server.user, server.password))


def refusal(server: RedshiftEmulator, host: str, mode: SslMode) -> LoadError:
    with pytest.raises((Error, OSError)) as caught:
        opened(server, host, mode)
    assert isinstance(caught.value, Exception)
    return classify(caught.value, "connecting", Step.CONNECT)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("host", "mode"),
    [(NAME, SslMode.VERIFY_FULL), (NAME, SslMode.VERIFY_CA), (OTHER, SslMode.VERIFY_CA)],
)
def test_what_the_mode_accepts_is_connected_over_tls(
    server: RedshiftEmulator, host: str, mode: SslMode
) -> None:
    connection = opened(server, host, mode)
    assert value(connection, "select 1") == 1
    assert isinstance(connection._usock, ssl.SSLSocket)
    assert connection._usock.version() in {"TLSv1.2", "TLSv1.3"}
    connection.close()


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_is_refused_with_what_to_do(server: RedshiftEmulator) -> None:
    found = refusal(server, OTHER, SslMode.VERIFY_FULL)
    assert type(found) is NeedsRepairError
    assert "certificate does not match host of starjoin.redshift" in str(found)
    assert "ssl.mode to verify-ca" in str(found)


def test_verify_full_is_what_an_address_has(server: RedshiftEmulator) -> None:
    assert RedshiftAddress(OTHER, server.port, server.database).ssl_mode is SslMode.VERIFY_FULL


@pytest.mark.parametrize("mode", [SslMode.VERIFY_FULL, SslMode.VERIFY_CA])
def test_an_authority_that_nobody_trusts_is_refused(
    server: RedshiftEmulator, mode: SslMode
) -> None:
    found = refusal(server, NAME, mode)
    assert type(found) is NeedsRepairError
    assert "not from a trusted authority" in str(found)


@pytest.mark.parametrize("mode", [SslMode.VERIFY_FULL, SslMode.VERIFY_CA])
def test_a_server_without_tls_is_sent_nothing(tmp_path: Path, mode: SslMode) -> None:
    with RedshiftEmulator(tmp_path, s3_endpoint="http://127.0.0.1:1") as clear:
        found = refusal(clear, OTHER, mode)
    assert type(found) is NeedsRepairError
    assert "the server refuses TLS, and nothing was sent to it" in str(found)
