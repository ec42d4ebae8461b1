"""The rules of computed columns: names of their own, and formulas that no row can break."""

from __future__ import annotations

from collections.abc import Iterator

from flink_app.declaration.expressions import resolve
from flink_app.declaration.model import DeclarationParts, Target
from flink_app.validation.fault import Fault, KeyPath


def computed_faults(declaration: DeclarationParts, name: str, target: Target) -> Iterator[Fault]:
    """Every fault of one target's computed columns; its fact is declared."""
    for column, formula in target.computed.items():
        key_path: KeyPath = ("targets", name, "computed", column)
        subject = f"target {name}, computed {column}"
        for section, held in (("columns", target.columns), ("constants", target.constants)):
            if column in held:
                yield Fault(
                    key_path,
                    f"{column!r} is one of the target's {section} already",
                    "give it another name",
                    subject,
                    of_key=True,
                    needs=(("targets", name, section, column),),
                )
        _, misfits = resolve(declaration, name, formula)
        for misfit in misfits:
            yield Fault(
                (*key_path, *misfit.steps),
                misfit.problem,
                misfit.remedy,
                subject,
                of_key=misfit.of_key,
                needs=(*misfit.needs, (*key_path, "otherwise")),
            )
