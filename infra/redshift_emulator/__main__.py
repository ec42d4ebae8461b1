"""`python -m infra.redshift_emulator`: the emulator as a process.

Prints one line with its two ports when it accepts connections. Clients log in with the password in
`REDSHIFT_EMULATOR_PASSWORD`, which is not an argument because others can read those.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from infra.redshift_emulator.backend import Address
from infra.redshift_emulator.client_session import Shared
from infra.redshift_emulator.control import Control
from infra.redshift_emulator.server import Database, Server, prepare

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


_LOGIN = "REDSHIFT_EMULATOR_PASSWORD"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="infra.redshift_emulator")
    if _LOGIN not in os.environ:
        parser.error(f"set {_LOGIN} to the password that clients log in with")
    parser.add_argument("--socket-folder", type=Path, required=True)
    parser.add_argument("--socket-port", type=int, required=True)
    parser.add_argument("--superuser", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--isolation", choices=("snapshot", "serializable"), required=True)
    parser.add_argument(
        "--collation", choices=("case_sensitive", "case_insensitive"), default="case_sensitive"
    )
    parser.add_argument("--s3-endpoint")
    parser.add_argument(
        "--certificate", type=Path, help="PEM with certificate and key; without it TLS is refused"
    )
    return parser.parse_args()


def _s3(endpoint: str | None) -> S3Client:
    # If S3 does not answer, COPY should fail soon instead of waiting for boto3's retries.
    config = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 2})
    return boto3.client("s3", endpoint_url=endpoint, config=config)


async def _main(arguments: argparse.Namespace) -> None:
    address = Address(arguments.socket_folder, arguments.socket_port, arguments.superuser)
    varbyte = await prepare(
        address,
        Database(arguments.database, arguments.user, arguments.isolation, arguments.collation),
    )
    tls = None
    if arguments.certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.certificate)
    s3 = _s3(arguments.s3_endpoint)
    server = Server(Shared(address, s3, os.environ[_LOGIN], varbyte, tls=tls))
    clients = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    control = await asyncio.start_server(Control(server).serve, "127.0.0.1", 0)
    ports = [listening.sockets[0].getsockname()[1] for listening in (clients, control)]
    sys.stdout.write(f"listening on {ports[0]}, control on {ports[1]}\n")
    sys.stdout.flush()
    async with clients, control:
        await clients.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
