"""What follows from a declaration: paths, stored columns and the columns of every block."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from connectors.blocks import Kind
from flink_app.declaration import Star
from flink_app.schemas import BlockSchemas
from infra.simulation.placement import place_dimensions
from tests.unit.stars import FREIGHT, freight, placed_freight, shapes, star, ticket_seller

TEXT, FLAG = pa.string(), pa.bool_()


def dotted(star: Star, target: str) -> list[str]:
    return [".".join(path.steps) for path in star.target_paths(target)]


@pytest.mark.parametrize(
    ("target", "paths"),
    [
        (
            "consignment_report",
            [
                "sender_company",
                "receiver_company",
                "origin_port",
                "sender_company.home_port",
                "sender_company.entry",
                "receiver_company.home_port",
                "origin_port.region",
                "sender_company.home_port.region",
            ],
        ),
        ("sender_report", ["sender_company", "sender_company.entry"]),
    ],
)
def test_a_target_has_the_paths_that_its_columns_need_parents_first(
    target: str, paths: list[str]
) -> None:
    assert dotted(freight(), target) == paths


def test_paths_of_the_shipped_example() -> None:
    assert dotted(ticket_seller(), "sport_event_activity") == ["ticket", "buyer", "ticket.event"]


def test_a_path_knows_its_end_and_the_key_that_its_parent_holds() -> None:
    found = {path.steps: path for path in freight().target_paths("consignment_report")}
    deepest = found["sender_company", "home_port", "region"]
    assert deepest.table == "region"
    assert deepest.key == ("country", "region_code")
    assert deepest.parent == ("sender_company", "home_port")
    assert freight().parent_table("consignment", deepest) == "port"
    assert freight().parent_table("consignment", found["origin_port",]) == "consignment"


@pytest.mark.parametrize(
    ("dimension", "paths"),
    [
        ("region", []),
        ("port", ["region"]),
        ("register", []),
        ("company", ["home_port", "entry", "home_port.region"]),
    ],
)
def test_a_patch_carries_the_paths_below_its_table_that_some_target_needs(
    dimension: str, paths: list[str]
) -> None:
    assert [".".join(p.steps) for p in freight().patch_paths(dimension)] == paths


def test_patches_carry_nothing_that_is_kept_in_the_warehouse() -> None:
    star = place_dimensions(freight(), "register", "region")
    assert [".".join(p.steps) for p in star.patch_paths("company")] == ["home_port"]
    assert star.patch_paths("port") == ()


def test_a_dimension_is_in_the_stream_or_in_the_warehouse() -> None:
    assert freight().broadcast_dimensions == freight().dimensions
    assert placed_freight().broadcast_dimensions == ("company",)
    assert placed_freight().warehouse_dimensions == ("region", "port", "register")
    # Where it is kept changes nothing of what the target holds.
    for target in freight().targets:
        assert placed_freight().wide_schema(target) == freight().wide_schema(target)


def test_a_table_that_no_target_reaches_may_be_anywhere() -> None:
    text = FREIGHT.replace("sender_number: sender_company.entry.number", "")
    text = text.replace("verified: sender_company.entry.verified", "")
    assert place_dimensions(
        star(text), "register", "company", "port", "region"
    ).warehouse_dimensions == (
        "region",
        "port",
        "company",
    )


def test_facts_and_dimensions() -> None:
    assert freight().facts == ("consignment",)
    assert freight().dimensions == ("region", "port", "register", "company")
    assert freight().used_tables == ("region", "port", "register", "company", "consignment")


def test_a_table_may_be_both_fact_and_dimension() -> None:
    assert shapes().facts == ("clerk", "purchase", "line")
    assert shapes().dimensions == ("unit", "clerk", "purchase")


@pytest.mark.parametrize(
    ("target", "paths"),
    [
        ("clerks", ["boss", "unit", "boss.boss", "unit.head"]),
        ("lines", ["purchase", "purchase.clerk", "purchase.clerk.boss"]),
    ],
)
def test_references_that_lead_back_are_followed_as_far_as_columns_say(
    target: str, paths: list[str]
) -> None:
    assert [".".join(path.steps) for path in shapes().target_paths(target)] == paths


@pytest.mark.parametrize(
    ("dimension", "paths"),
    [("clerk", ["boss"]), ("unit", ["head"]), ("purchase", ["clerk", "clerk.boss"])],
)
def test_a_patch_carries_what_is_below_within_its_table(dimension: str, paths: list[str]) -> None:
    assert [".".join(path.steps) for path in shapes().patch_paths(dimension)] == paths


def test_what_decides_whether_a_row_counts_is_stored() -> None:
    assert {"state", "is_test"} <= shapes().stored_columns("purchase").keys()
    assert not {"state", "is_test"} & {*shapes().wide_schema("purchases").names}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("region", ["country", "code", "title"]),
        ("port", ["port_id", "country", "region_code", "harbour", "depth", "surveyed"]),
        ("register", ["company_id", "number", "verified"]),
        ("company", ["company_id", "trade_name", "home"]),
        (
            "consignment",
            [
                "voyage",
                "line",
                "sender",
                "receiver",
                "origin",
                "weight",
                "fee",
                "insured",
                "loaded_at",
            ],
        ),
    ],
)
def test_only_keys_references_and_what_a_target_shows_is_stored(
    table: str, columns: list[str]
) -> None:
    assert list(freight().stored_columns(table)) == columns


def test_changes_are_the_stored_columns_after_their_treatment() -> None:
    assert freight().changes_schema("register") == pa.schema(
        [
            ("company_id", pa.int64()),
            ("number", TEXT),
            ("verified", FLAG),
            ("_pos", TEXT),
            ("_deleted", FLAG),
        ]
    )


def test_a_patch_is_a_change_with_everything_below_it() -> None:
    assert freight().patch_schema("company") == pa.schema(
        [
            ("company_id", pa.int64()),
            ("trade_name", TEXT),
            ("home", pa.int32()),
            ("_pos", TEXT),
            ("_deleted", FLAG),
            ("_pos_home_port", TEXT),
            ("home_port__port_id", pa.int32()),
            ("home_port__country", TEXT),
            ("home_port__region_code", TEXT),
            ("home_port__harbour", TEXT),
            ("home_port__depth", pa.decimal128(38, 10)),
            ("home_port__surveyed", pa.date32()),
            ("_pos_entry", TEXT),
            ("entry__company_id", pa.int64()),
            ("entry__number", TEXT),
            ("entry__verified", FLAG),
            ("_pos_home_port__region", TEXT),
            ("home_port__region__country", TEXT),
            ("home_port__region__code", TEXT),
            ("home_port__region__title", TEXT),
        ]
    )


def test_a_wide_row_has_hidden_keys_only_where_no_column_shows_them() -> None:
    schema = freight().wide_schema("consignment_report")
    visible = list(freight().targets["consignment_report"].columns)
    assert schema.names[: len(visible)] == visible
    assert [(field.name, field.type) for field in schema][len(visible) :] == [
        ("_pos", TEXT),
        ("_key_sender_company__sender", pa.int64()),
        ("_pos_sender_company", TEXT),
        ("_pos_receiver_company", TEXT),
        ("_key_origin_port__origin", pa.int32()),
        ("_pos_origin_port", TEXT),
        ("_key_sender_company__home_port__home", pa.int32()),
        ("_pos_sender_company__home_port", TEXT),
        # The sender's own id is shown, and is what its entry hangs on.
        ("_pos_sender_company__entry", TEXT),
        ("_key_receiver_company__home_port__home", pa.int32()),
        ("_pos_receiver_company__home_port", TEXT),
        ("_key_origin_port__region__region_code", TEXT),
        ("_pos_origin_port__region", TEXT),
        ("_key_sender_company__home_port__region__country", TEXT),
        ("_key_sender_company__home_port__region__region_code", TEXT),
        ("_pos_sender_company__home_port__region", TEXT),
        ("_deleted", FLAG),
    ]


def test_the_key_is_found_under_the_targets_own_names_in_the_keys_order() -> None:
    assert freight().key_columns("sender_report") == ("consignment_voyage", "consignment_line")


def test_the_shipped_target_has_its_columns_in_order() -> None:
    assert [c.name for c in ticket_seller().wide_columns("sport_event_activity")] == [
        "ticket_id",
        "event_id",
        "sport_type",
        "start_date",
        "location",
        "seat_level",
        "seat_location",
        "ticket_price",
        "purchased_by",
        "name",
        "email_address",
        "phone_number",
        "created_at",
        "updated_at",
    ]


def test_treatments_change_the_stored_type() -> None:
    treated = star("""
        name: treated
        source_schema: s
        tables:
          t:
            key: [id]
            columns:
              id: {type: bigint, treatment: tokenise}
              digest: {type: "decimal(5,2)", treatment: sha256}
              short: {type: varchar(3), treatment: redact}
              long: {type: varchar(300), treatment: mask}
        targets: {w: {fact: t, columns: {id: id, digest: digest, short: short, long: long}}}
    """)
    assert [(c.name, c.type.stored_type.sql) for c in treated.wide_columns("w")] == [
        ("id", "VARCHAR(64)"),
        ("digest", "VARCHAR(64)"),
        ("short", "VARCHAR(8)"),
        ("long", "VARCHAR(300)"),
    ]


def test_a_star_travels_to_the_workers() -> None:
    travelled = pickle.loads(pickle.dumps(freight()))  # noqa: S301
    assert travelled.patch_schema("company") == freight().patch_schema("company")


@pytest.mark.parametrize(
    ("kind", "stream", "schema"),
    [
        (Kind.FACTS, "consignment", freight().changes_schema("consignment")),
        (Kind.DIMENSION, "port", freight().changes_schema("port")),
        (Kind.ROWS, "sender_report", freight().wide_schema("sender_report")),
        (Kind.PATCHES, "company", freight().patch_schema("company")),
    ],
)
def test_both_ends_of_an_edge_agree_on_the_schema(
    kind: Kind, stream: str, schema: pa.Schema
) -> None:
    travelled = pickle.loads(pickle.dumps(BlockSchemas(freight())))  # noqa: S301
    assert travelled(kind, stream) == schema


@pytest.mark.parametrize("kind", [Kind.FACTS, Kind.ROWS, Kind.PATCHES])
def test_a_stream_that_is_not_declared_has_no_schema(kind: Kind) -> None:
    with pytest.raises(KeyError):
        BlockSchemas(freight())(kind, "nothing")


def test_a_declaration_tokenises_where_a_stored_column_does() -> None:
    assert freight().tokenises
    untouched = FREIGHT.replace("treatment: tokenise", "treatment: sha256")
    assert not star(untouched).tokenises
