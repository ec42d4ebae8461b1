"""The declarations that histories run on: a star, a snowflake, one table on two paths, a diamond.
Each with all dimensions in the stream, and with some or all of them in the warehouse.

Few columns, so that a history costs little; between them composite keys of facts and dimensions,
tokenised and masked columns, hidden keys, a table that several paths reach.
"""

from __future__ import annotations

from typing import Final

from flink_app.declaration import Star
from infra.simulation.placement import placements
from tests.unit.stars import star

_STAR: Final = """
name: star
source_schema: shop
tables:
  customer:
    key: [email]
    columns:
      email: {type: varchar(20), treatment: tokenise}
      name: {type: varchar(40), treatment: mask}
  sale:
    key: [sale, line]
    columns:
      sale: integer
      line: smallint
      buyer: {type: varchar(20), treatment: tokenise}
      note: varchar(40)
    references: {buyer: {table: customer, columns: [buyer]}}
targets:
  sales:
    fact: sale
    columns: {sale: sale, line: line, note: note, name: buyer.name}
"""

_SNOWFLAKE: Final = """
name: snowflake
source_schema: shop
tables:
  venue:
    key: [country, code]
    columns: {country: varchar(2), code: smallint, hall: varchar(40)}
  event:
    key: [event]
    columns: {event: integer, country: varchar(2), code: smallint, title: varchar(40)}
    references: {venue: {table: venue, columns: [country, code]}}
  ticket:
    key: [ticket]
    columns: {ticket: integer, event: integer, seat: varchar(40)}
    references: {event: {table: event, columns: [event]}}
  activity:
    key: [ticket]
    columns: {ticket: integer, note: varchar(40)}
    references: {ticket: {table: ticket, columns: [ticket]}}
targets:
  activities:
    fact: activity
    columns:
      ticket: ticket
      note: note
      seat: ticket.seat
      event: ticket.event
      title: ticket.event.title
      hall: ticket.event.venue.hall
"""

_TWO_PATHS: Final = """
name: two_paths
source_schema: shop
tables:
  city:
    key: [city]
    columns: {city: integer, label: varchar(40)}
  person:
    key: [person]
    columns: {person: integer, city: integer, name: {type: varchar(40), treatment: mask}}
    references: {city: {table: city, columns: [city]}}
  transfer:
    key: [transfer]
    columns: {transfer: integer, buyer: integer, seller: integer, note: varchar(40)}
    references:
      buyer: {table: person, columns: [buyer]}
      seller: {table: person, columns: [seller]}
targets:
  transfers:
    fact: transfer
    columns:
      transfer: transfer
      note: note
      buyer_id: buyer.person
      buyer: buyer.name
      buyer_city: buyer.city.label
      seller_id: seller
      seller: seller.name
"""

_DIAMOND: Final = """
name: diamond
source_schema: shop
tables:
  port:
    key: [port]
    columns: {port: integer, harbour: varchar(40)}
  company:
    key: [company]
    columns: {company: integer, home: integer, trade: varchar(40)}
    references: {home: {table: port, columns: [home]}}
  freight:
    key: [voyage, line]
    columns: {voyage: integer, line: smallint, company: integer, origin: integer}
    references:
      company: {table: company, columns: [company]}
      origin: {table: port, columns: [origin]}
targets:
  freights:
    fact: freight
    columns:
      voyage: voyage
      line: line
      company: company
      trade: company.trade
      home_harbour: company.home.harbour
      origin_harbour: origin.harbour
"""

# Facts and dimensions whose updates leave columns out, in both ways, one and two in a table.
_UNCHANGED: Final = """
name: unchanged
source_schema: shop
tables:
  city:
    key: [city]
    columns: {city: integer, label: varchar(40), map: {type: varchar(40), unchanged: missing}}
  person:
    key: [person]
    columns:
      person: integer
      city: integer
      name: {type: varchar(40), treatment: mask}
      letter: {type: varchar(40), unchanged: sent_as_null}
      portrait: {type: varchar(40), unchanged: missing, treatment: tokenise}
    references: {city: {table: city, columns: [city]}}
  post:
    key: [post]
    columns:
      post: integer
      author: integer
      title: varchar(40)
      body: {type: varchar(40), unchanged: missing}
      digest: {type: varchar(40), unchanged: sent_as_null, treatment: mask}
    references: {author: {table: person, columns: [author]}}
targets:
  posts:
    fact: post
    columns:
      post: post
      title: title
      body: body
      summary: digest
      letter: author.letter
      portrait: author.portrait
      name: author.name
      label: author.city.label
      map: author.city.map
"""

# Rows that come under the names of partitions, in a fact and in a dimension, and move between them.
_PARTITIONED: Final = """
name: partitioned
source_schema: shop
tables:
  customer:
    key: [customer]
    partitions: {source: "_hyper_%_chunk", source_schema: internal}
    columns: {customer: integer, name: varchar(40)}
  sale:
    key: [sale]
    partitions: [sale_default, "sale_p*"]
    columns:
      sale: integer
      buyer: integer
      note: {type: varchar(40), unchanged: missing}
    references: {buyer: {table: customer, columns: [buyer]}}
targets:
  sales:
    fact: sale
    columns: {sale: sale, note: note, name: buyer.name}
"""

# Keys that the source compares without case or accents: of a fact, of dimensions, one below the
# other, plain and as tokens.
_COLLATED: Final = """
name: collated
source_schema: shop
tables:
  country:
    key: [code]
    columns:
      code: {type: varchar(20), collation: [case_insensitive, accent_insensitive]}
      title: varchar(40)
  customer:
    key: [email]
    columns:
      email: {type: varchar(20), treatment: tokenise, collation: case_insensitive}
      country: {type: varchar(20), collation: [case_insensitive, accent_insensitive]}
      name: varchar(40)
    references: {country: {table: country, columns: [country]}}
  sale:
    key: [code, line]
    columns:
      code: {type: varchar(20), collation: case_insensitive, trailing_blanks: trim}
      line: smallint
      buyer: {type: varchar(20), treatment: tokenise, collation: case_insensitive}
      note: varchar(40)
    references: {buyer: {table: customer, columns: [buyer]}}
targets:
  sales:
    fact: sale
    columns: {code: code, line: line, note: note, name: buyer.name, title: buyer.country.title}
"""

# Sources that log no more than what changed: nearly every column but the keys may be missing,
# references among them, of a fact and of dimensions, of one column and of two, shown and hidden.
_PARTIAL: Final = """
name: partial
source_schema: shop
tables:
  venue:
    key: [country, code]
    columns: {country: varchar(2), code: smallint, hall: {type: varchar(40), unchanged: missing}}
  event:
    key: [event]
    columns:
      event: integer
      country: {type: varchar(2), unchanged: missing}
      code: {type: smallint, unchanged: missing}
      title: {type: varchar(40), unchanged: missing}
    references: {venue: {table: venue, columns: [country, code]}}
  person:
    key: [email]
    columns:
      email: {type: varchar(20), treatment: tokenise}
      name: {type: varchar(40), unchanged: sent_as_null, treatment: mask}
  sale:
    key: [sale]
    columns:
      sale: integer
      event: {type: integer, unchanged: missing}
      buyer: {type: varchar(20), unchanged: missing, treatment: tokenise}
      seller: {type: varchar(20), unchanged: sent_as_null, treatment: tokenise}
      country: {type: varchar(2), unchanged: missing}
      code: {type: smallint, unchanged: missing}
      note: varchar(40)
    references:
      event: {table: event, columns: [event]}
      buyer: {table: person, columns: [buyer]}
      seller: {table: person, columns: [seller]}
      place: {table: venue, columns: [country, code]}
targets:
  sales:
    fact: sale
    columns:
      sale: sale
      note: note
      title: event.title
      hall: event.venue.hall
      buyer: buyer
      buyer_name: buyer.name
      seller_name: seller.name
      place: place.hall
"""

# All at once: facts and a dimension of the stream leave columns out, and what both refer to is in
# the warehouse, where it is the end of two paths and has a dimension further below.
_COMBINED: Final = """
name: combined
source_schema: shop
tables:
  country:
    key: [code]
    columns: {code: varchar(2), title: varchar(40)}
  city:
    key: [city]
    columns: {city: integer, code: varchar(2), label: varchar(40)}
    references: {country: {table: country, columns: [code]}}
  person:
    key: [person]
    columns:
      person: integer
      city: integer
      name: {type: varchar(40), treatment: mask}
      letter: {type: varchar(40), unchanged: sent_as_null}
      portrait: {type: varchar(40), unchanged: missing, treatment: tokenise}
    references: {city: {table: city, columns: [city]}}
  post:
    key: [post, line]
    columns:
      post: integer
      line: smallint
      author: integer
      reader: {type: integer, unchanged: missing}
      place: {type: integer, unchanged: missing}
      body: {type: varchar(40), unchanged: missing}
      digest: {type: varchar(40), unchanged: sent_as_null, treatment: mask}
    references:
      author: {table: person, columns: [author]}
      reader: {table: person, columns: [reader]}
      place: {table: city, columns: [place]}
targets:
  posts:
    fact: post
    columns:
      post: post
      line: line
      body: body
      summary: digest
      letter: author.letter
      portrait: author.portrait
      label: author.city.label
      country: author.city.country.title
      reader_name: reader.name
      reader_portrait: reader.portrait
      place_label: place.label
      place_country: place.country.title
"""

# Two references to one table, each with what lies below it in full.
_ADDRESSES: Final = """
name: addresses
source_schema: shop
tables:
  city:
    key: [city]
    columns: {city: integer, label: varchar(40)}
  address:
    key: [address]
    columns: {address: integer, city: integer, street: {type: varchar(40), treatment: mask_text}}
    references: {city: {table: city, columns: [city]}}
  purchase:
    key: [purchase]
    columns: {purchase: integer, billed_to: integer, sent_to: integer, note: varchar(40)}
    references:
      billing: {table: address, columns: [billed_to]}
      delivery: {table: address, columns: [sent_to]}
targets:
  purchases:
    fact: purchase
    columns:
      purchase: purchase
      note: note
      billing_street: billing.street
      billing_city: billing.city.label
      delivery_street: delivery.street
      delivery_city: delivery.city.label
"""

# Many to many: the fact's key is two references, one of them to a token.
_LINKS: Final = """
name: links
source_schema: shop
tables:
  film:
    key: [film]
    columns: {film: integer, title: varchar(40)}
  actor:
    key: [actor]
    columns: {actor: {type: varchar(20), treatment: tokenise}, name: varchar(40)}
  role:
    key: [film, actor]
    columns:
      film: integer
      actor: {type: varchar(20), treatment: tokenise}
      part: varchar(40)
    references:
      film: {table: film, columns: [film]}
      actor: {table: actor, columns: [actor]}
targets:
  roles:
    fact: role
    columns: {film: film, actor: actor, part: part, title: film.title, name: actor.name}
"""

# A table that is a fact of its own and a dimension of another, with a dimension below it.
_HEADERS: Final = """
name: headers
source_schema: shop
tables:
  customer:
    key: [customer]
    columns: {customer: integer, name: {type: varchar(40), treatment: mask}}
  purchase:
    key: [purchase]
    columns: {purchase: integer, buyer: integer, note: varchar(40)}
    references: {buyer: {table: customer, columns: [buyer]}}
  line:
    key: [purchase, line]
    columns: {purchase: integer, line: smallint, goods: varchar(40)}
    references: {purchase: {table: purchase, columns: [purchase]}}
targets:
  purchases:
    fact: purchase
    columns: {purchase: purchase, note: note, buyer: buyer.name}
  lines:
    fact: line
    columns:
      purchase: purchase
      line: line
      goods: goods
      note: purchase.note
      buyer: purchase.buyer.name
"""

# A table that refers to itself, followed to different depths, from itself and from another fact.
_MANAGERS: Final = """
name: managers
source_schema: shop
tables:
  clerk:
    key: [clerk]
    columns: {clerk: integer, boss: integer, name: varchar(40)}
    references: {boss: {table: clerk, columns: [boss]}}
  task:
    key: [task]
    columns: {task: integer, clerk: integer, title: varchar(40)}
    references: {clerk: {table: clerk, columns: [clerk]}}
targets:
  clerks:
    fact: clerk
    columns: {clerk: clerk, name: name, boss: boss, boss_name: boss.name, top: boss.boss.name}
  tasks:
    fact: task
    columns:
      task: task
      title: title
      clerk: clerk.name
      boss: clerk.boss.name
      top: clerk.boss.boss.name
"""

# References in a circle, followed once around.
_CIRCLE: Final = """
name: circle
source_schema: shop
tables:
  unit:
    key: [unit]
    columns: {unit: integer, head: integer, title: varchar(40)}
    references: {head: {table: clerk, columns: [head]}}
  clerk:
    key: [clerk]
    columns: {clerk: integer, unit: integer, name: varchar(40)}
    references: {unit: {table: unit, columns: [unit]}}
targets:
  clerks:
    fact: clerk
    columns:
      clerk: clerk
      name: name
      unit: unit.title
      head: unit.head.name
      unit_of_head: unit.head.unit.title
"""

# The same shapes where changes leave columns and references out.
_PARTIAL_SHAPES: Final = """
name: partial_shapes
source_schema: shop
tables:
  clerk:
    key: [clerk]
    columns:
      clerk: integer
      boss: {type: integer, unchanged: missing}
      name: {type: varchar(40), unchanged: missing}
    references: {boss: {table: clerk, columns: [boss]}}
  task:
    key: [task]
    columns: {task: integer, clerk: {type: integer, unchanged: missing}, title: varchar(40)}
    references: {clerk: {table: clerk, columns: [clerk]}}
targets:
  clerks:
    fact: clerk
    columns: {clerk: clerk, name: name, boss_name: boss.name, top: boss.boss.name}
  tasks:
    fact: task
    columns: {task: task, title: title, clerk: clerk.name, boss: clerk.boss.name}
"""

# Rows that count and others, of a table that is both fact and dimension, by columns that are shown
# nowhere and by a reference; computed columns and constants.
_COUNTED: Final = """
name: counted
source_schema: shop
tables:
  client:
    key: [client]
    columns: {client: integer, name: {type: varchar(40), treatment: mask}}
  purchase:
    key: [purchase]
    columns:
      purchase: integer
      buyer: integer
      state: varchar(8)
      is_test: boolean
      note: varchar(40)
    references: {buyer: {table: client, columns: [buyer]}}
  line:
    key: [purchase, line]
    columns:
      purchase: integer
      line: smallint
      origin: integer
      kind: smallint
      goods: varchar(40)
    references:
      purchase: {table: purchase, columns: [purchase]}
      origin: {table: client, columns: [origin]}
targets:
  purchases:
    fact: purchase
    columns: {purchase: purchase, note: note, buyer: buyer.name}
    where: {state: [paid, sent], is_test: false}
    computed:
      title: {concatenate: [note, buyer], separator: ' "/" '}
      known_buyer: {coalesce: [buyer.name, note], otherwise: nobody}
    constants: {origin: 'the shop''s: "A"', release: -2, is_final: true}
  lines:
    fact: line
    columns:
      purchase: purchase
      line: line
      goods: goods
      state: purchase.state
      buyer: purchase.buyer.name
      seller: origin.name
    where: {origin: {is_null: false}, kind: {none_of: [0]}}
    computed:
      number: {add: [purchase, {column: line}, 1]}
      part:
        case:
          - {when: {line: {at_least: 1}, state: [paid, "it's"]}, then: first}
          - {when: {buyer: {is_null: true}}, then: {column: goods}}
    constants: {origin_text: ""}
"""

# The star of the counterexamples of the algorithm; not among the random ones.
_TALE: Final = """
name: tale
source_schema: tale
tables:
  e: {key: [id], columns: {id: integer, text: varchar(40)}}
  t:
    key: [id]
    columns: {id: integer, e: integer, text: varchar(40)}
    references: {e: {table: e, columns: [e]}}
  c: {key: [id], columns: {id: integer, text: varchar(40)}}
  f:
    key: [id]
    columns: {id: integer, t: integer, c: integer}
    references:
      t: {table: t, columns: [t]}
      c: {table: c, columns: [c]}
targets:
  wide:
    fact: f
    columns: {id: id, t_text: t.text, e_text: t.e.text, c_text: c.text}
"""

# The same where changes leave out columns and references, of the fact and of a dimension.
_UNCHANGED_TALE: Final = """
name: tale
source_schema: tale
tables:
  e: {key: [id], columns: {id: integer, text: varchar(40)}}
  t:
    key: [id]
    columns:
      id: integer
      e: {type: integer, unchanged: missing}
      text: {type: varchar(40), unchanged: missing}
    references: {e: {table: e, columns: [e]}}
  f:
    key: [id]
    columns:
      id: integer
      t: {type: integer, unchanged: missing}
      text: {type: varchar(40), unchanged: missing}
    references: {t: {table: t, columns: [t]}}
targets:
  wide:
    fact: f
    columns: {id: id, text: text, t_text: t.text, e_text: t.e.text}
"""

TEXTS: Final = (_STAR, _SNOWFLAKE, _TWO_PATHS, _DIAMOND)
STARS: Final[tuple[Star, ...]] = tuple(star(text) for text in TEXTS)
UNCHANGED_STARS: Final[tuple[Star, ...]] = (star(_UNCHANGED),)
PARTIAL_STARS: Final[tuple[Star, ...]] = (star(_PARTIAL),)
# The same, and their like whose positions say which log they are of.
LOG_STARS: Final[tuple[Star, ...]] = (
    *STARS,
    *(star(f"{text}stream: {{positions: mysql}}\n") for text in TEXTS),
)
# Of the same stars, those whose sources give no more than the times of commits.
COARSE_STARS: Final[tuple[Star, ...]] = tuple(
    star(f"{text}stream: {{positions: commit-timestamp}}\n")
    for text in (*TEXTS, _UNCHANGED, _PARTIAL)
)
SOURCE_STARS: Final[tuple[Star, ...]] = (star(_PARTITIONED), star(_COLLATED))
COMBINED_STARS: Final[tuple[Star, ...]] = (star(_COMBINED),)
SHAPE_STARS: Final[tuple[Star, ...]] = tuple(
    star(text) for text in (_ADDRESSES, _LINKS, _HEADERS, _MANAGERS, _CIRCLE)
)
COUNTED_STARS: Final[tuple[Star, ...]] = (star(_COUNTED),)
PARTIAL_SHAPE_STARS: Final[tuple[Star, ...]] = (star(_PARTIAL_SHAPES),)
TALE: Final = star(_TALE)
UNCHANGED_TALE: Final = star(_UNCHANGED_TALE)


PLACED: Final = {
    star.declaration.name: placements(star) for star in (*STARS, *SOURCE_STARS, *COMBINED_STARS)
}
