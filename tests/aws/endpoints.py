"""DMS's ModifyEndpoint on top of moto, which lacks it: settings that are named take new values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.dms.models import dms_backends
from moto.dms.responses import DatabaseMigrationServiceResponse


def _modify_endpoint(response: Any) -> str:
    given = json.loads(response.body)
    for endpoint in dms_backends[response.current_account][response.region].endpoints.values():
        if endpoint.endpoint_arn == given["EndpointArn"]:
            settings = endpoint.kinesis_settings or {}
            endpoint.kinesis_settings = settings | given["KinesisSettings"]
            return json.dumps({"Endpoint": endpoint.to_dict()})
    raise AssertionError(given["EndpointArn"])


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the action into moto's handler for the rest of the test."""
    monkeypatch.setattr(
        DatabaseMigrationServiceResponse, "modify_endpoint", _modify_endpoint, raising=False
    )
