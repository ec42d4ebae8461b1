"""What is proposed for tables: facts, dimensions, references, treatments, placement, sizes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from flink_app.declaration import Star
from flink_app.declaration.inspection import inspect
from flink_app.declaration.redshift_rules import row_widths
from flink_app.validation.document import read_document
from infra.catalogue.looks import Look
from infra.catalogue.model import Catalogue, CatalogueError, ForeignKey, Sample, SourceTable
from infra.check.warnings import LARGE_MIRROR, MIRROR_BYTES, find_warnings
from infra.init.draft import Draft
from infra.init.propose import propose
from infra.init.writing import write
from tests.unit.init.sources import catalogue, column, table


def declare(source: Catalogue) -> tuple[Draft, dict[str, Any]]:
    """The draft, and what its file says; the check finds neither fault nor warning in it."""
    draft = propose(source)
    text = write(draft, source)
    inspection = inspect(read_document(text))
    assert inspection.faults == (), text
    assert inspection.declaration is not None
    star = Star(inspection.declaration)
    assert [*find_warnings(star, {t.name: t.source.rows or 0 for t in draft.tables.values()})] == []
    content: dict[str, Any] = yaml.safe_load(text)
    return draft, content


def reasons(draft: Draft) -> dict[str, str]:
    return {each.name: each.reason for each in draft.left_out}


ID = column("id")


def test_a_table_that_no_other_refers_to_is_a_fact() -> None:
    country = table("country", [ID, column("title", "varchar(40)")])
    town = table("town", [ID, column("country_id")], to={"country_id": "country"})
    sale = table("sale", [ID, column("town_id")], to={"town_id": "town"})
    _, content = declare(catalogue(country, town, sale))
    assert content["targets"] == {
        "sale_wide": {
            "fact": "sale",
            "columns": {
                "id": "id",
                "town_id": "town_id",
                "town_country_id": "town.country_id",
                "country_title": "town.country.title",
            },
        }
    }


def test_a_small_table_beside_large_ones_is_no_fact() -> None:
    kind = table("kind", [ID])
    sale = table("sale", [ID, column("kind_id")], to={"kind_id": "kind"}, rows=500_000)
    rate = table("rate", [ID, column("kind_id")], to={"kind_id": "kind"}, rows=12)
    draft, content = declare(catalogue(kind, sale, rate))
    assert [*content["targets"]] == ["sale_wide"]
    assert reasons(draft)["shop.rate"].startswith("12 rows and no table refers to it")


def test_small_tables_of_a_small_database_are_facts() -> None:
    kind = table("kind", [ID])
    sale = table("sale", [ID, column("kind_id")], to={"kind_id": "kind"}, rows=900)
    rate = table("rate", [ID, column("kind_id")], to={"kind_id": "kind"}, rows=2)
    _, content = declare(catalogue(kind, sale, rate))
    assert [*content["targets"]] == ["sale_wide", "rate_wide"]


def test_two_references_to_one_table_are_two_paths() -> None:
    town = table("town", [ID, column("title", "varchar(9)")])
    place = table("place", [ID, column("town_id")], to={"town_id": "town"})
    sale = table(
        "sale",
        [ID, column("billing_id"), column("delivery_id")],
        to={"billing_id": "place", "delivery_id": "place"},
    )
    _, content = declare(catalogue(town, place, sale))
    assert content["targets"]["sale_wide"]["columns"] == {
        "id": "id",
        "billing_id": "billing_id",
        "delivery_id": "delivery_id",
        "billing_town_id": "billing.town_id",
        "delivery_town_id": "delivery.town_id",
        "billing_town_title": "billing.town.title",
        "delivery_town_title": "delivery.town.title",
    }


def test_a_table_is_joined_on_its_shortest_way_and_the_others_are_named() -> None:
    buyer = table("buyer", [ID])
    rental = table("rental", [ID, column("buyer_id")], to={"buyer_id": "buyer"})
    payment = table(
        "payment",
        [ID, column("buyer_id"), column("rental_id")],
        to={"buyer_id": "buyer", "rental_id": "rental"},
    )
    source = catalogue(buyer, rental, payment)
    draft, _ = declare(source)
    (target,) = draft.targets
    assert target.not_followed == ["rental.buyer: buyer is reached as buyer already"]
    assert "      # buyer: {table: buyer, columns: [buyer_id]}\n" in write(draft, source)


def test_a_composite_reference_is_in_the_order_of_the_key() -> None:
    lot = table("lot", [column("made"), column("number")], key=["number", "made"])
    columns = [ID, column("lot_made"), column("lot_number")]
    key = ForeignKey("lot", ("lot_made", "lot_number"), "shop", "lot", ("made", "number"))
    _, content = declare(catalogue(lot, table("use", columns, foreign_keys=(key,))))
    assert content["tables"]["use"]["references"] == {
        "lot": {"table": "lot", "columns": ["lot_number", "lot_made"]}
    }


def test_a_reference_to_another_unique_key_is_left_out() -> None:
    kind = table("kind", [ID, column("code", "varchar(4)")])
    key = ForeignKey("kind", ("kind",), "shop", "kind", ("code",))
    columns = [ID, column("kind", "varchar(4)"), column("other_id")]
    sale = table("sale", columns, foreign_keys=(key,), to={"other_id": "kind"})
    draft, content = declare(catalogue(kind, sale))
    assert [*content["tables"]["sale"]["references"]] == ["other"]
    assert "a unique key of kind" in reasons(draft)["shop.sale, reference by kind"]


def test_what_leads_to_itself_is_followed_one_step() -> None:
    kind = table("kind", [ID])
    columns = [ID, column("boss_id", is_nullable=True), column("kind_id"), column("title")]
    clerk = table("clerk", columns, to={"boss_id": "clerk", "kind_id": "kind"})
    source = catalogue(kind, clerk)
    draft, content = declare(source)
    assert content["tables"]["clerk"]["references"]["boss"] == {
        "table": "clerk",
        "columns": ["boss_id"],
    }
    shown = content["targets"]["clerk_wide"]["columns"]
    assert shown["boss_id"] == "boss_id"
    assert shown["boss_title"] == "boss.title"
    assert [each for each in shown.values() if each.count(".") > 1] == []
    assert "boss.boss: one step is followed; write more of them" in write(draft, source)


@pytest.mark.parametrize("nullable", ["store", "clerk"])
def test_a_circle_is_broken_where_a_reference_may_be_null(nullable: str) -> None:
    clerk = table(
        "clerk", [ID, column("store_id", is_nullable=nullable == "clerk")], to={"store_id": "store"}
    )
    store = table(
        "store", [ID, column("clerk_id", is_nullable=nullable == "store")], to={"clerk_id": "clerk"}
    )
    sale = table(
        "sale",
        [ID, column("clerk_id"), column("store_id")],
        to={"clerk_id": "clerk", "store_id": "store"},
    )
    draft, _ = declare(catalogue(clerk, store, sale))
    (broken,) = [name for name in reasons(draft) if "reference by" in name]
    assert broken.startswith(f"shop.{nullable}, ")
    assert "it closes the circle" in reasons(draft)[broken]


def test_without_foreign_keys_references_are_guessed_and_marked() -> None:
    buyer = table("buyers", [ID, column("code", "varchar(4)")])
    good = table("good", [column("good_code", "varchar(4)")], key=["good_code"])
    sale = table(
        "sale", [ID, column("buyer_id"), column("good_code", "varchar(9)"), column("x_id")]
    )
    source = catalogue(buyer, good, sale)
    draft, content = declare(source)
    assert content["tables"]["sale"]["references"] == {
        "buyer": {"table": "buyers", "columns": ["buyer_id"]},
        "good": {"table": "good", "columns": ["good_code"]},
    }
    assert "the references are guessed" in draft.notes[0]
    assert write(draft, source).count("# Guessed by names: no foreign key says so.") == 2


def test_where_nothing_leads_anywhere_the_largest_table_is_a_fact() -> None:
    draft, content = declare(catalogue(table("a", [ID], rows=5), table("b", [ID], rows=70)))
    assert [*content["targets"]] == ["b_wide"]
    assert reasons(draft)["shop.a"].startswith("no reference leads from it or to it")


def test_what_refers_to_a_key_is_declared_as_the_key_is() -> None:
    owner = table("owner", [column("id", "varchar(40)"), column("n", "bigint")], key=["id"])
    key = table("key", [column("id", "decimal(12,2)")])
    sale = table(
        "sale",
        [ID, column("owner_id", "char(8)"), column("key_id", "bigint")],
        to={"owner_id": "owner", "key_id": "key"},
    )
    _, content = declare(catalogue(owner, key, sale))
    assert content["tables"]["sale"]["columns"]["key_id"] == "decimal(21,2)"
    assert content["tables"]["key"]["columns"]["id"] == "decimal(21,2)"


def test_keys_that_look_personal_are_tokens_wherever_they_are() -> None:
    emails = Sample(400, 32, Look.EMAIL)
    account = table("account", [column("id", "char(40)", sample=emails)])
    visit = table("visit", [ID, column("who", "varchar(60)")], to={"who": "account"})
    _, content = declare(catalogue(account, visit))
    assert content["tables"]["visit"]["columns"]["who"] == {
        "type": "varchar(60)",
        "treatment": "tokenise",
        "trailing_blanks": "trim",
    }
    assert content["tables"]["account"]["columns"]["id"]["treatment"] == "tokenise"


def test_text_of_a_key_is_no_longer_than_an_index_takes() -> None:
    kind = table("kind", [column("id", "varchar(65535)", lengths=(65_535, 1_024, 256))])
    sale = table("sale", [ID, column("kind_id", "varchar(16000)")], to={"kind_id": "kind"})
    _, content = declare(catalogue(kind, sale))
    assert content["tables"]["kind"]["columns"]["id"] == "varchar(4096)"
    assert content["tables"]["sale"]["columns"]["kind_id"] == "varchar(4096)"


def test_binary_keys_are_tokens() -> None:
    file = table("file", [column("id", "varbyte(32)")])
    read = table("read", [ID, column("file_id", "varbyte(32)")], to={"file_id": "file"})
    _, content = declare(catalogue(file, read))
    assert content["tables"]["file"]["columns"]["id"]["treatment"] == "tokenise"


def test_a_collation_is_that_of_everything_that_is_compared() -> None:
    code = column("id", "varchar(9)", collation=("accent_insensitive", "case_insensitive"))
    kind = table("kind", [code])
    sale = table("sale", [ID, column("kind_id", "varchar(9)")], to={"kind_id": "kind"})
    _, content = declare(catalogue(kind, sale))
    for name, of in (("kind", "id"), ("sale", "kind_id")):
        declared = content["tables"][name]["columns"][of]
        assert declared["collation"] == ["accent_insensitive", "case_insensitive"]


def large(rows: int) -> Catalogue:
    region = table("region", [ID], rows=3)
    note = column("notes_of_all", "varchar(256)", may_be_left_out=True, is_nullable=True)
    buyer = table("buyer", [ID, column("region_id"), note], to={"region_id": "region"}, rows=rows)
    sale = table("sale", [ID, column("buyer_id")], to={"buyer_id": "buyer"}, rows=rows)
    return catalogue(region, buyer, sale)


def test_a_large_dimension_is_kept_in_the_warehouse_with_what_it_leads_to() -> None:
    _, content = declare(large(LARGE_MIRROR // MIRROR_BYTES + 1))
    assert content["tables"]["buyer"]["placement"] == "warehouse"
    assert content["tables"]["region"]["placement"] == "warehouse"
    assert "placement" not in content["tables"]["sale"]
    assert "unchanged" not in content["tables"]["buyer"]["columns"]["notes_of_all"]


def test_a_dimension_that_fits_into_memory_stays_in_the_stream() -> None:
    _, content = declare(large(LARGE_MIRROR // MIRROR_BYTES))
    assert "placement" not in content["tables"]["buyer"]
    assert content["tables"]["buyer"]["columns"]["notes_of_all"]["unchanged"] == "missing"


def test_rows_are_made_to_fit() -> None:
    kind = table("kind", [ID])
    texts = [
        column(f"text_{n}", "varchar(65535)", lengths=(65_535, 4_096, 256)) for n in range(100)
    ]
    sale = table("sale", [ID, column("kind_id"), *texts], to={"kind_id": "kind"})
    draft, content = declare(catalogue(kind, sale))
    assert content["tables"]["sale"]["columns"]["text_0"] == "varchar(256)"
    assert len(content["targets"]["sale_wide"]["columns"]) == 102
    assert not [name for name in reasons(draft) if name.startswith("target ")]


def test_columns_that_do_not_fit_are_not_shown() -> None:
    kind = table("kind", [ID])
    texts = [column(f"text_{n}", "varchar(20000)", lengths=(20_000,)) for n in range(4)]
    sale = table("sale", [ID, column("kind_id"), *texts], to={"kind_id": "kind"})
    source = catalogue(kind, sale)
    draft, content = declare(source)
    assert reasons(draft) == {
        "target sale_wide, text_0, text_1": "with more columns its rows would be too wide for "
        "Redshift; the table has them"
    }
    assert len(content["tables"]["sale"]["columns"]) == 6
    inspection = inspect(read_document(write(draft, source)))
    assert inspection.declaration is not None
    assert max(width for *_, width in row_widths(Star(inspection.declaration))) < 0.8 * 65_535


def test_a_web_of_references_is_thinned_out() -> None:
    """Every table refers twice to the next: 2 ** 14 ways lead from the first to the last."""
    tables = []
    for number in range(15):
        below = f"t{number + 1}"
        columns = [ID, column("a_id"), column("b_id")]
        to = {"a_id": below, "b_id": below} if number < 14 else {}
        tables.append(table(f"t{number}", columns, to=to))
    draft, content = declare(catalogue(*tables))
    (target,) = content["targets"].values()
    assert max(dotted.count(".") for dotted in target["columns"].values()) == 4
    assert len(content["tables"]) == 5
    assert any("the way to it is too long" in each for each in draft.targets[0].not_followed)
    assert reasons(draft)["shop.t14"].startswith("no fact that is declared leads to it in 4 ")


def test_names_of_several_schemas_are_told_apart() -> None:
    kinds = [table("kind", [ID], schema=schema) for schema in ("crm", "shop")]
    key = ForeignKey("crm", ("crm_kind",), "crm", "kind", ("id",))
    sale = table(
        "sale",
        [ID, column("kind_id"), column("crm_kind")],
        to={"kind_id": "kind"},
        foreign_keys=(key,),
    )
    _, content = declare(catalogue(*kinds, sale))
    assert content["tables"]["crm_kind"] == {
        "source": "kind",
        "source_schema": "crm",
        "key": ["id"],
        "columns": {"id": "integer"},
    }
    assert content["tables"]["shop_kind"]["source"] == "kind"


@pytest.mark.parametrize(
    ("partitions", "others", "declared"),
    [
        (["sale_p2022_01", "sale_p2022_02"], [], ["sale_p%"]),
        (["sale_2022_01", "sale_2022_02"], [], ["sale_%"]),
        (["sale_default"], [], ["sale_%"]),
        (["sale_1", "sale_2"], ["sale_kind"], ["sale_1", "sale_2"]),
        (["y2020", "y2021"], [], ["y%"]),
        (["sale_2021_a", "sale_2021_b"], ["sale_kind"], ["sale_2021_a", "sale_2021_b"]),
        (["sale_part_1", "sale_part_2"], ["sale_kind"], ["sale_part_%"]),
        (["north", "south"], [], ["north", "south"]),
    ],
)
def test_partitions_are_matched_by_a_pattern_that_fits_nothing_else(
    partitions: list[str], others: list[str], declared: list[str]
) -> None:
    kind = table("kind", [ID])
    columns = [ID, column("kind_id")]
    sale = table("sale", columns, to={"kind_id": "kind"}, partitions=partitions)
    source = catalogue(kind, sale, names=[*partitions, *others])
    draft, content = declare(source)
    assert content["tables"]["sale"]["partitions"] == declared
    is_listed = declared == partitions
    assert ("add the names of new ones" in write(draft, source)) == is_listed


def test_a_source_without_any_key_is_refused_with_the_reason() -> None:
    heap = SourceTable("shop", "heap", (ID,))
    with pytest.raises(CatalogueError, match=r"shop\.heap: it has no primary key"):
        propose(catalogue(heap))


def test_ways_through_the_references_stay_few() -> None:
    """Two references from each table to the next, and facts that make all of them used."""
    tables = []
    for number in range(12):
        names = ["a_id", "b_id"] if number < 11 else []
        to = dict.fromkeys(names, f"t{number + 1}")
        tables.append(table(f"t{number}", [ID, *map(column, names)], to=to))
    facts = [table(f"f{n}", [ID, column("t_id")], to={"t_id": f"t{n}"}) for n in (0, 3, 6, 9)]
    draft, content = declare(catalogue(*tables, *facts))
    assert count_ways(content["tables"], "f0") <= 1_000
    assert any("ways through the references" in reason for reason in reasons(draft).values())


def count_ways(tables: dict[str, Any], start: str) -> int:
    references = tables[start].get("references", {}).values()
    return sum(1 + count_ways(tables, each["table"]) for each in references)


def test_a_target_has_no_more_columns_than_redshift_takes() -> None:
    kinds = [table(f"kind_{n}", [ID, column("a"), column("b")]) for n in range(50)]
    names = [f"kind_{n}_id" for n in range(50)]
    others = [column(f"column_{n}") for n in range(1_400)]
    to = {f"kind_{n}_id": f"kind_{n}" for n in range(50)}
    draft, content = declare(
        catalogue(*kinds, table("sale", [ID, *map(column, names), *others], to=to))
    )
    assert len(content["targets"]["sale_wide"]["columns"]) < 1_500
    assert draft.targets[0].not_followed[-1] == "kind_49: Redshift has no room for more columns"


def test_names_of_paths_have_room_in_redshift() -> None:
    long_name = "this_column_has_a_name_of_63_characters_that_leads_on_and_on_id"
    tables = [
        table(f"t{n}", [ID, column(long_name)], to={long_name: f"t{n + 1}"} if n < 3 else {})
        for n in range(4)
    ]
    draft, content = declare(catalogue(*tables))
    assert max(map(len, content["tables"]["t0"]["references"])) == 24
    (too_long,) = draft.targets[0].not_followed
    assert too_long.endswith(": the way to it is too long")
