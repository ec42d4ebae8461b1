"""Whatever stands in a file, it is loaded as a declaration or refused as a DeclarationError."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.declaration import Declaration, DeclarationError, load_declaration
from flink_app.validation.yaml_file import YamlFileError, read_yaml
from tests.unit.declaration.test_rules import FREIGHT_CONTENT
from tests.unit.stars import FREIGHT, SHIPPED

DEEP: Final = 5_000
HUGE: Final = "9" * 5_000

ODD: Final = {
    "a list as a key": (
        "? [a, b]\n: c\n",
        "line 1, column 3: a key must be text, not a list",
    ),
    "a mapping as a key": ("{{a: b}: c}", "a key must be text, not a list"),
    "a date as a key": (
        "2026-01-02: x\n",
        "YAML reads this one as timestamp; put quotes",
    ),
    "no such day": (
        "name: 2026-13-45\n",
        "column 7: name: this cannot be read as timestamp",
    ),
    "too many digits": (f"name: {HUGE}\n", "this cannot be read as int"),
    "digits without end as a key": (f"? 0x{'f' * 9_000}\n: a\n", "YAML reads this one as int"),
    "no boolean": ("name: !!bool maybe\n", "this cannot be read as bool"),
    "no timestamp": ("name: !!timestamp later\n", "this cannot be read as timestamp"),
    "no number": ("name: !!float x\n", "this cannot be read as float"),
    "an empty number": ('name: !!int ""\n', "this cannot be read as int"),
    "no mapping": ("!!map [a]\n", "the tag !!map is before a list; remove it"),
    "no set": ("name: !!set [a]\n", "the tag !!set means nothing here; remove it"),
    "an object of Python": (
        "!!python/object/apply:os.getcwd []\n",
        "means nothing here; remove it",
    ),
    "an alias in itself": ("&a [*a]\n", "this alias is within what it stands for"),
    "a mapping in itself": ("&a\nname: x\ntables: *a\n", "this alias is within what it stands for"),
    "a merge into itself": ("&a\nname: x\n<<: *a\n", "tables: this key is missing"),
    "a merge of text": ("<<: x\n", "<< takes a mapping, or a list of them"),
    "an alias of nothing": ("name: *a\n", "found undefined alias"),
    "a name twice below an anchor": ("x: &a {b: 1, b: 2}\ny: *a\n", "the key 'b' appears twice"),
    "many brackets": ("[" * DEEP, "nested too deeply"),
    "many mappings": ("{a: " * DEEP, "nested too deeply"),
    "numbers as keys": ("1: a\n2: b\n", "YAML reads this one as int"),
    "a word that YAML eats as a key": (
        "tables: {no: {}}\n",
        "column 10: tables.no: a key must be text, and YAML reads",
    ),
    "a list": ("- name\n", "must be"),
    "text": ("name\n", "must be"),
    "nothing": ("", "must be"),
    "two documents": ("name: a\n---\nname: b\n", "expected a single document"),
    "a control character": ("name: \x01\n", "special characters are not allowed"),
    "half of a character": ('name: "\\ud800"\n', "name: must be a string"),
    "half of a character in a name of the source": (
        FREIGHT.replace("source_schema: Freight", 'source_schema: "\\ud800"'),
        "source_schema: a name in the source cannot contain NUL or an unpaired surrogate",
    ),
    "a tab": ("name:\n\t- a\n", "cannot start any token"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    text, message = ODD[name]
    path = tmp_path / "star.yaml"
    path.write_text(text)
    with pytest.raises(DeclarationError) as caught:
        load_declaration(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read: Is a directory"):
        load_declaration(tmp_path)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read: File name too long"):
        load_declaration(tmp_path / ("x" * 5_000))
    with pytest.raises(DeclarationError, match="cannot be read: "):
        load_declaration(tmp_path / "star\0.yaml")


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "star.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + FREIGHT.encode())
    assert load_declaration(path) == Declaration.model_validate(FREIGHT_CONTENT)


def test_a_fault_does_not_repeat_the_line(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("password: hunter2: x\n")
    with pytest.raises(YamlFileError) as caught:
        read_yaml(path)
    assert "line 1, column 18" in str(caught.value)
    assert "hunter2" not in str(caught.value)


TEXTS: Final = [FREIGHT, *(file.read_text() for file in SHIPPED)]
# What YAML gives a meaning, and scalars that it reads as something else than text.
PIECES: Final = st.sampled_from(
    [
        *("&a ", "*a", "<<: *a", "? ", ": ", "- ", "[", "]", "{", "}", "|", ">", "'", '"', "#"),
        *("!!int ", "!!bool ", "!!binary ", "!!timestamp ", "!!set ", "!!omap ", "!!pairs "),
        *("null", "~", "yes", "2026-01-02", "1:30:00", "0x_", "0b", "1_000", ".inf", "1e999"),
        *("---\n", "...\n", "%YAML 1.1\n", "\ufeff", "\x85", "\\ud800", '"\\x00"', "name: "),
        *("\n", "\t", "!x ", "!!null ", HUGE),
    ]
)
SCALARS: Final = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes()
) | (st.text(max_size=9) | st.binary(max_size=9) | st.integers().map(lambda n: n << 40_000))
TREES: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3),
    max_leaves=6,
)


def assert_loads_or_is_refused(path: Path) -> None:
    with contextlib.suppress(DeclarationError):
        load_declaration(path)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "star.yaml"


@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 30), PIECES), min_size=1, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_of_a_mangled_file_only_a_declaration_error_comes(
    file: Path, text: str, changes: list[tuple[int, int, str]]
) -> None:
    for start, length, piece in changes:
        text = text[:start] + piece + text[start + length :]
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert_loads_or_is_refused(file)


@given(st.data(), TREES)
@settings(max_examples=100, deadline=None)
def test_of_a_value_of_another_kind_only_a_declaration_error_comes(
    file: Path, data: st.DataObject, value: object
) -> None:
    content = yaml.safe_load(data.draw(st.sampled_from(TEXTS)))
    inner = content
    while isinstance(inner, dict) and inner:
        name = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[name], dict) or data.draw(st.booleans()):
            inner[name] = value
            break
        inner = inner[name]
    try:
        text = yaml.safe_dump(content)
    except ValueError:  # digits that Python does not write
        return
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert_loads_or_is_refused(file)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_of_any_bytes_only_a_declaration_error_comes(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert_loads_or_is_refused(file)
