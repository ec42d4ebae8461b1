"""Declarations as users might write them; none is among those of the simulation's own tests."""

from __future__ import annotations

from typing import Final

# Every column type, plain, tokenised and as parts of composite keys; every treatment.
TYPES: Final = """
name: every_type
source_schema: lab
tables:
  device:
    key: [made, lot, fee]
    columns:
      made: date
      lot: char(3)
      fee: decimal(9,2)
      label: {type: varchar(30), treatment: mask_text}
      serial: {type: varbyte(6), treatment: sha256}
      owner: {type: varchar(30), treatment: redact}
      secret: {type: varchar(30), treatment: drop}
  reading:
    key: [at, flag]
    columns:
      at: timestamp
      flag: boolean
      made: date
      lot: char(3)
      fee: decimal(9,2)
      small: smallint
      whole: integer
      big: bigint
      exact: decimal(38,10)
      single: real
      precise: double precision
      seen: {type: timestamptz, zero_dates: as_null}
      day: {type: date, zero_dates: as_null}
      raw: varbyte(9)
      code: char(5)
      short: varchar(1)
      trimmed: {type: varchar(9), trailing_blanks: trim}
      phone: {type: varchar(20), treatment: mask}
      token: {type: timestamptz, treatment: tokenise}
      amount: {type: "decimal(12,3)", treatment: tokenise}
    references: {device: {table: device, columns: [made, lot, fee]}}
targets:
  readings:
    fact: reading
    schema: lab_reports
    columns:
      at: at
      flag: flag
      small: small
      whole: whole
      big: big
      exact: exact
      single: single
      precise: precise
      seen: seen
      day: day
      raw: raw
      code: code
      short: short
      trimmed: trimmed
      phone: phone
      token: token
      amount: amount
      label: device.label
      serial: device.serial
      owner: device.owner
"""

# Names of the source, a schema of a table, MySQL's positions, before-images among the columns.
NAMES: Final = """
name: renamed
source_schema: Shop
stream: {before_image_prefix: BI_, positions: mysql}
tables:
  client:
    source: Clients
    source_schema: CRM
    key: [client]
    columns:
      client: {type: varchar(8), source: ID, treatment: tokenise}
      name: {type: varchar(30), source: Full Name}
      initials: {type: varchar(30), source: Full Name, treatment: mask_text}
  unread:
    key: [id]
    columns: {id: integer, text: varchar(10)}
  bill:
    source: Bills
    key: [bill]
    columns: {bill: {type: bigint, source: "No"}, client: {type: varchar(8), treatment: tokenise}}
    references: {client: {table: client, columns: [client]}}
targets:
  bills: {fact: bill, columns: {bill: bill, name: client.name, initials: client.initials}}
"""

# Two facts share a dimension; a chain of dimensions, its end in the warehouse; unchanged columns.
SHARED: Final = """
name: shared
source_schema: public
stream: {positions: oracle}
tables:
  region: {key: [region], placement: warehouse, columns: {region: integer, title: varchar(20)}}
  site:
    key: [site]
    placement: warehouse
    columns: {site: integer, region: integer, street: varchar(20)}
    references: {region: {table: region, columns: [region]}}
  product:
    key: [maker, product]
    columns:
      maker: integer
      product: integer
      site: integer
      manual: {type: varchar(20), unchanged: missing}
      unshown: {type: varchar(20), unchanged: missing}
    references: {site: {table: site, columns: [site]}}
  sale:
    key: [sale]
    columns:
      sale: integer
      maker: integer
      product: integer
      note: {type: varchar(20), unchanged: sent_as_null}
    references: {product: {table: product, columns: [maker, product]}}
  repair:
    key: [maker, product]
    columns: {maker: integer, product: integer, place: integer}
    references:
      product: {table: product, columns: [maker, product]}
      place: {table: site, columns: [place]}
targets:
  sales:
    fact: sale
    columns: {sale: sale, note: note, manual: product.manual, region: product.site.region.title}
  repairs:
    fact: repair
    schema: service
    columns:
      maker: maker
      product: product
      manual: product.manual
      street: product.site.street
      place_region: place.region.title
"""

# One table and one target, without any reference; commit timestamps order its changes.
ALONE: Final = """
name: alone
source_schema: public
stream: {positions: commit-timestamp, before_image: was}
tables:
  entry: {key: [entry], columns: {entry: "decimal(5,1)", text: varchar(20)}}
targets:
  entries: {fact: entry, columns: {number: entry, text: text}}
"""

STRANGERS: Final = {"types": TYPES, "names": NAMES, "shared": SHARED, "alone": ALONE}
