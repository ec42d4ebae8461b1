"""A declaration from a catalogue: every step, one after the other."""

from __future__ import annotations

from infra.catalogue.model import Catalogue, CatalogueError
from infra.init.draft import Draft
from infra.init.names import to_identifier
from infra.init.references import add_references, agree_on_columns
from infra.init.sizes import fit, place_dimensions
from infra.init.tables import add_tables, declare_large_values, declare_zero_dates
from infra.init.targets import add_columns, add_targets


def propose(catalogue: Catalogue) -> Draft:
    """A declaration of what the catalogue has. Raises CatalogueError where no table has a key."""
    draft = Draft(to_identifier(catalogue.name, "my_star"), catalogue.positions)
    draft.left_out += catalogue.left_out
    draft.notes += catalogue.remarks
    add_tables(draft, catalogue)
    if not draft.tables:
        reasons = "; ".join(f"{each.name}: {each.reason}" for each in draft.left_out[:3])
        message = f"{catalogue.origin} has no table that can be declared ({reasons})"
        raise CatalogueError(message)
    add_references(draft, catalogue)
    add_targets(draft)
    agree_on_columns(draft)
    declare_large_values(draft)
    declare_zero_dates(draft)
    add_columns(draft)
    place_dimensions(draft)
    fit(draft)
    return draft
