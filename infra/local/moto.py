"""moto's server, in place of Kinesis, S3 and Secrets Manager.

Owns starting it on a free port and knowing when it answers.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.local.lifetimes import Lifetime
from infra.local.processes import Service, ServiceError

# Importing moto takes two to four seconds of one core; the limit is for a busy machine.
_START_SECONDS = 180.0
_PROJECT = Path(__file__).resolve().parents[2]


class Moto(Lifetime):
    """One moto server on the loopback interface, with empty accounts."""

    region = "eu-west-1"
    # moto takes any keys; boto3 refuses to run without some.
    access_key = "testing"
    secret_key = "testing"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._service: Service | None = None
        self._endpoint = ""

    @property
    def endpoint(self) -> str:
        """The URL that serves every AWS API."""
        if not self._endpoint:
            msg = "moto is not running: enter the context first"
            raise ServiceError(msg)
        return self._endpoint

    def pid(self) -> int:
        """The server's process, for measuring it."""
        if self._service is None:
            msg = "moto is not running: enter the context first"
            raise ServiceError(msg)
        return self._service.command_pid()

    def environment(self) -> dict[str, str]:
        """Settings by which boto3 and the AWS SDKs in a child process find this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def client(self, service: Any, config: Config | None = None) -> Any:
        """A boto3 client of this server."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=config,
        )

    def _start(self) -> None:
        """Starts the server; returns when it listens."""
        # Port 0: the kernel picks a free one as it binds, so no other process can take it first.
        # werkzeug prints the address once the socket listens.
        self._service = Service(
            "moto",
            [sys.executable, "-m", "infra.local.moto_server", "-H", "127.0.0.1", "-p", "0"],
            log=self._folder / "moto.log",
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            cwd=_PROJECT,
        )
        line = self._service.wait_for_line(
            r"Running on (http://127\.0\.0\.1:\d+)", timeout=_START_SECONDS
        )
        self._endpoint = line[1]

    def stop(self) -> None:
        """Ends the server and forgets all it held. May be repeated."""
        if self._service is not None:
            self._service.stop()
            self._service = None
        self._endpoint = ""


def open_session(region: str, profile: str | None, endpoint: str | None) -> Any:
    """A boto3 session for an application, in the cloud or on a local endpoint.

    Args:
        region: of the application.
        profile: of the AWS configuration; None is what boto3 finds.
        endpoint: of the emulators of a local run; None for AWS. Emulators take any credentials, so
            nobody has to set some to ask them.
    """
    # boto3 takes a profile that is not there for an error, so None must stay None.
    session: Any = boto3.Session(region_name=region, profile_name=profile)
    if endpoint is None or profile is not None or session.get_credentials() is not None:
        return session
    return boto3.Session(
        region_name=region,
        aws_access_key_id=Moto.access_key,
        aws_secret_access_key=Moto.secret_key,
    )
