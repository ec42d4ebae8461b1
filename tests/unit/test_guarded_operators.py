"""Whatever PyFlink calls on an operator is guarded: an error leaves it without a row's value."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from pyflink.datastream.functions import Function

from connectors import failures
from connectors.redshift.operator import Load
from flink_app.decode.operator import Decode
from flink_app.denormalise.operator import Denormalise
from tests.unit.stars import ROOT

OPERATORS = (Decode, Denormalise, Load)


def modules() -> Iterator[str]:
    """Modules of ours that use PyFlink's functions."""
    for package in ("connectors", "flink_app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "pyflink.datastream" in path.read_text():
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def operators() -> set[type]:
    return {
        value
        for module in modules()
        for value in vars(import_module(module)).values()
        if isinstance(value, type) and issubclass(value, Function) and value.__module__ == module
    }


def called_by_flink(operator: type) -> dict[str, Callable[..., Any]]:
    """Methods of the class that it overrides or defines where PyFlink looks for them."""
    bases = [base for base in operator.__mro__[1:] if base is not object]
    names = {name for base in bases for name in vars(base) if not name.startswith("_")}
    return {
        name: method
        for name, method in vars(operator).items()
        if name in names and inspect.isfunction(method)
    }


def is_guarded(method: Callable[..., Any]) -> bool:
    return method.__code__.co_filename == failures.__file__ and hasattr(method, "__wrapped__")


def test_no_operator_is_left_out() -> None:
    assert operators() == set(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS)
def test_each_method_that_pyflink_calls_is_guarded(operator: type) -> None:
    methods = called_by_flink(operator)
    assert {"open", "process_element"} <= set(methods)
    assert [name for name, method in methods.items() if not is_guarded(method)] == []


def test_timers_and_broadcast_elements_are_among_them() -> None:
    assert "on_timer" in called_by_flink(Load)
    assert "process_broadcast_element" in called_by_flink(Denormalise)


def test_a_method_without_the_guard_is_found() -> None:
    class Bare(Decode):
        def close(self) -> None:
            """Ends nothing."""

    assert [name for name, method in called_by_flink(Bare).items() if not is_guarded(method)] == [
        "close"
    ]
