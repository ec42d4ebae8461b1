"""The stars that the unit tests run on: the shipped examples, and one with what both lack."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from flink_app.declaration import Declaration, Star, load_declaration
from infra.simulation.placement import place_dimensions

ROOT: Final = Path(__file__).resolve().parents[2]
STARS_FOLDER: Final = ROOT / "flink_app" / "stars"
SHIPPED: Final = tuple(sorted(STARS_FOLDER.glob("*.yaml")))
TICKET_SELLER_FILE: Final = STARS_FOLDER / "ticket_seller.yaml"
ORDER_BOOK_FILE: Final = STARS_FOLDER / "order_book.yaml"

# Composite keys of fact and dimension; `company` on two paths; `port` by a diamond (sender's home
# and origin) and `region` three levels down; a dimension that refers by its own key; hidden keys,
# whole and in part; source names that differ; every column type; two targets.
FREIGHT: Final = """
name: freight
source_schema: Freight
tables:
  region:
    key: [country, code]
    columns: {country: varchar(2), code: varchar(8), title: varchar(40)}
  port:
    key: [port_id]
    columns:
      port_id: integer
      country: varchar(2)
      region_code: varchar(8)
      harbour: varchar(40)
      depth: decimal(38,10)
      surveyed: date
    references:
      region: {table: region, columns: [country, region_code]}
  register:
    key: [company_id]
    columns:
      company_id: bigint
      number: {type: varchar(20), treatment: tokenise}
      verified: boolean
  company:
    source: Companies
    key: [company_id]
    columns:
      company_id: {type: bigint, source: ID}
      trade_name: {type: varchar(60), treatment: mask}
      home: integer
      remark: {type: varchar(100), treatment: drop}
      unused: varchar(10)
    references:
      home_port: {table: port, columns: [home]}
      entry: {table: register, columns: [company_id]}
  consignment:
    key: [voyage, line]
    columns:
      voyage: integer
      line: smallint
      sender: bigint
      receiver: bigint
      origin: integer
      weight: double precision
      fee: decimal(12,2)
      insured: boolean
      loaded_at: timestamp
    references:
      sender_company: {table: company, columns: [sender]}
      receiver_company: {table: company, columns: [receiver]}
      origin_port: {table: port, columns: [origin]}
targets:
  consignment_report:
    fact: consignment
    schema: reports
    columns:
      voyage: voyage
      line: line
      sender_id: sender_company.company_id
      sender_name: sender_company.trade_name
      sender_region: sender_company.home_port.region.title
      sender_number: sender_company.entry.number
      receiver: receiver
      receiver_name: receiver_company.trade_name
      receiver_harbour: receiver_company.home_port.harbour
      origin_depth: origin_port.depth
      origin_surveyed: origin_port.surveyed
      origin_country: origin_port.country
      origin_region: origin_port.region.title
      weight: weight
      fee: fee
      insured: insured
      loaded_at: loaded_at
    dist_key: voyage
    sort_key: [loaded_at, voyage]
  sender_report:
    fact: consignment
    columns:
      consignment_line: line
      consignment_voyage: voyage
      sender: sender
      verified: sender_company.entry.verified
"""

# A table that is fact and dimension, one that refers to itself, a circle, rows that count,
# computed columns, constants.
SHAPES: Final = """
name: shapes
source_schema: shop
tables:
  unit:
    key: [unit]
    columns: {unit: integer, head: integer, title: varchar(40)}
    references: {head: {table: clerk, columns: [head]}}
  clerk:
    key: [clerk]
    columns: {clerk: integer, boss: integer, unit: integer, name: varchar(40)}
    references:
      boss: {table: clerk, columns: [boss]}
      unit: {table: unit, columns: [unit]}
  purchase:
    key: [purchase]
    columns:
      purchase: integer
      clerk: integer
      state: varchar(9)
      is_test: boolean
      note: varchar(40)
    references: {clerk: {table: clerk, columns: [clerk]}}
  line:
    key: [purchase, line]
    columns: {purchase: integer, line: smallint, goods: varchar(40)}
    references: {purchase: {table: purchase, columns: [purchase]}}
targets:
  clerks:
    fact: clerk
    columns: {clerk: clerk, name: name, boss: boss.name, top: boss.boss.name, head: unit.head.name}
    computed:
      chain: {concatenate: [name, boss.name, top], separator: " < "}
      is_top: {case: [{when: {top: {is_null: true}}, then: true}], otherwise: false}
  purchases:
    fact: purchase
    columns: {purchase: purchase, note: note, clerk: clerk.name}
    where: {state: [a, paid], is_test: {none_of: [true]}, clerk: {is_null: false}}
    computed:
      state: {case: [{when: {note: [paid, sent]}, then: "it's done"}], otherwise: {column: note}}
      next: {add: [purchase, 1]}
    constants: {origin: "the shop's", release: 2, is_final: false}
  lines:
    fact: line
    columns:
      purchase: purchase
      line: line
      goods: goods
      note: purchase.note
      clerk: purchase.clerk.name
      boss: purchase.clerk.boss.name
"""


@cache
def shapes() -> Star:
    return star(SHAPES)


@cache
def ticket_seller() -> Star:
    return Star(load_declaration(TICKET_SELLER_FILE))


@cache
def order_book() -> Star:
    return Star(load_declaration(ORDER_BOOK_FILE))


@cache
def freight() -> Star:
    return star(FREIGHT)


@cache
def placed_freight() -> Star:
    """Companies in the stream; ports, which they and consignments refer to, and all else behind."""
    return place_dimensions(freight(), "port", "region", "register")


def star(text: str) -> Star:
    return Star(declaration(yaml.safe_load(text)))


def declaration(content: Any) -> Declaration:
    return Declaration.model_validate(content)
