"""The treatments as PyFlink SQL functions, for queries of one's own beside the job.

table_env.create_temporary_function("mask", privacy_functions(key)["mask"])
"""

from __future__ import annotations

from pyflink.table import DataTypes
from pyflink.table.udf import UserDefinedScalarFunctionWrapper, udf

from flink_app.privacy import treatments


def privacy_functions(token_key: bytes) -> dict[str, UserDefinedScalarFunctionWrapper]:
    """`tokenise`, `sha256`, `mask` and `mask_text`: one STRING to a STRING, NULL to NULL."""

    def tokenise(value: str | None) -> str | None:
        return None if value is None else treatments.tokenise(value, token_key)

    def sha256(value: str | None) -> str | None:
        return None if value is None else treatments.sha256(value)

    def mask(value: str | None) -> str | None:
        return None if value is None else treatments.mask(value)

    def mask_text(value: str | None) -> str | None:
        return None if value is None else treatments.mask_text(value)

    return {
        function.__name__: udf(function, result_type=DataTypes.STRING(), deterministic=True)
        for function in (tokenise, sha256, mask, mask_text)
    }
