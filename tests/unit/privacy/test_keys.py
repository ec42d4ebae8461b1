from __future__ import annotations

from typing import Any

import pytest

from flink_app.privacy.keys import PrivacyKeys, SecretError, read_privacy_keys

SECRET = "correct horse battery staple, twice over"


class Secrets:
    def __init__(self, **answer: Any) -> None:
        self._answer = answer
        self.asked: list[str] = []

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803 - boto3's name
        self.asked.append(SecretId)
        return self._answer


def test_the_secret_is_read_by_its_name() -> None:
    secrets = Secrets(SecretString=SECRET)
    assert read_privacy_keys(secrets, "name") == PrivacyKeys.from_secret(SECRET.encode())
    assert secrets.asked == ["name"]


def test_tokens_use_the_secret_itself_so_that_any_tool_can_make_them() -> None:
    assert PrivacyKeys.from_secret(SECRET.encode()).tokens == SECRET.encode()


def test_dead_letters_have_a_key_of_their_own_that_depends_on_the_secret() -> None:
    keys = PrivacyKeys.from_secret(SECRET.encode())
    other = PrivacyKeys.from_secret(SECRET.upper().encode())
    assert len(keys.dead_letters) == 32
    assert keys.dead_letters not in {keys.tokens, other.dead_letters}
    assert PrivacyKeys.from_secret(SECRET.encode()).dead_letters == keys.dead_letters


@pytest.mark.parametrize("length", [0, 31])
def test_a_short_secret_is_refused_without_being_shown(length: int) -> None:
    with pytest.raises(SecretError, match=f"has {length} bytes and needs at least 32") as caught:
        PrivacyKeys.from_secret(b"Z" * length)
    assert "ZZ" not in str(caught.value)


def test_a_secret_of_the_least_length_is_taken() -> None:
    assert PrivacyKeys.from_secret(b"Z" * 32).tokens == b"Z" * 32


@pytest.mark.parametrize("answer", [{}, {"SecretBinary": b"x" * 40}, {"SecretString": None}])
def test_a_secret_without_text_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(SecretError, match="secret name holds no text"):
        read_privacy_keys(Secrets(**answer), "name")


def test_the_key_id_names_the_secret_and_gives_nothing_of_it_away() -> None:
    keys = PrivacyKeys.from_secret(SECRET.encode())
    assert keys.key_id == "3266e5df699e6906"  # stored in the warehouse: it may never change
    assert PrivacyKeys.from_secret(SECRET.upper().encode()).key_id != keys.key_id
    assert bytes.fromhex(keys.key_id) not in keys.tokens + keys.dead_letters


def test_printing_keys_shows_their_id_alone() -> None:
    keys = PrivacyKeys.from_secret(SECRET.encode())
    for text in (repr(keys), str(keys), f"{keys}"):
        assert text == f"PrivacyKeys(key_id={keys.key_id!r})"
