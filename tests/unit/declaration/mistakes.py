"""Mistakes that people make in a declaration: each changes one that is right.

`^` in a mistake's text stands before the place that must be reported. A mistake is found by the
editor's schema if it can be seen without looking elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHOP: Final = """\
name: shop
source_schema: public
stream: {zero_dates: as_null}
tables:
  city:
    key: [city_id]
    columns:
      city_id: integer
      title: varchar(40)
  customer:
    key: [customer_id]
    columns:
      customer_id: integer
      email: {type: varchar(320), treatment: tokenise}
      city_id: integer
      born: date
      notes: {type: varchar(100), treatment: drop}
    references:
      home: {table: city, columns: [city_id]}
  purchase:
    key: [purchase_id]
    columns:
      purchase_id: bigint
      bought_by: integer
      total: "decimal(12,2)"
      bought_at: timestamp
    references:
      buyer: {table: customer, columns: [bought_by]}
targets:
  purchases:
    fact: purchase
    columns:
      purchase_id: purchase_id
      total: total
      bought_at: bought_at
      email: buyer.email
      town: buyer.home.title
    dist_key: purchase_id
    sort_key: [bought_at]
"""
MARK: Final = "^"


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        name: what somebody did.
        right: the text of `SHOP` that it replaces.
        wrong: what stands there instead, with the mark.
        says: what the message must say, what to write above all.
        in_editor: whether the schema finds it.
    """

    name: str
    right: str
    wrong: str
    says: tuple[str, ...]
    in_editor: bool = True

    @property
    def text(self) -> str:
        """The declaration with the mistake."""
        return self._marked.replace(MARK, "")

    @property
    def place(self) -> tuple[int, int]:
        """Line and column that must be reported."""
        before = self._marked.partition(MARK)[0].split("\n")
        return len(before), len(before[-1]) + 1

    @property
    def _marked(self) -> str:
        assert SHOP.count(self.right) == 1, f"{self.name}: {self.right!r} must be there once"
        assert self.wrong.count(MARK) == 1, self.name
        return SHOP.replace(self.right, self.wrong)


def _type(declared: str, *says: str, in_editor: bool = True) -> Mistake:
    """A column type that there is not."""
    return Mistake(
        f"type {declared}", "born: date", f"born: ^{declared}", says, in_editor=in_editor
    )


def _key(level: str, right: str, wrong: str, *says: str) -> Mistake:
    return Mistake(f"key of {level}: {wrong.strip()}", right, wrong, says)


def _computed(name: str, wrong: str, *says: str, in_editor: bool = True) -> Mistake:
    """In the computed columns of the target, which has none."""
    text = f"    computed: {wrong}\n    dist_key:"
    return Mistake(f"computed: {name}", "    dist_key:", text, says, in_editor=in_editor)


TYPES: Final = (
    _type("uuid", "uuid comes as text", "varchar(36)"),
    _type("text", "varchar(n)"),
    _type("string", "varchar(n)"),
    _type("varchar", "has no length", "varchar(20)"),
    _type("char", "has no length", "char(20)"),
    _type("varchar(max)", "write varchar(65535), or less"),
    _type("varchar(70000)", "from 1 to 65535", "varchar(65535)"),
    _type("varchar(0)", "from 1 to 65535"),
    _type("varchar(20 char)", "a number of bytes", "write varchar(20)"),
    _type("nvarchar(40)", "declare varchar(40)"),
    _type("varchar2(40)", "declare varchar(40)"),
    _type("character varying(40)", "declare varchar(40)"),
    _type("jsonb", "comes as text", "varchar(n)"),
    _type("json", "comes as text", "varchar(n)"),
    _type("super", "JSON_PARSE"),
    _type("integer[]", "an array comes as text", "varchar(n)"),
    _type("bytea", "declare varbyte(n)"),
    _type("blob", "declare varbyte(n)"),
    _type("varbinary(16)", "declare varbyte(n)"),
    _type("serial", "declare integer"),
    _type("bigserial", "declare bigint"),
    _type("int4", "declare integer"),
    _type("int8", "declare bigint"),
    _type("tinyint", "declare smallint"),
    _type("tinyint(1)", "boolean"),
    _type("int unsigned", "declare bigint"),
    _type("bigint unsigned", "declare decimal(20,0)"),
    _type("integer(11)", "integer has no size here", "declare integer"),
    _type("float", "double precision"),
    _type("money", "declare decimal(19,4)"),
    _type("bool", "declare boolean"),
    _type("bit", "declare boolean"),
    _type("datetime", "declare timestamp"),
    _type("timestamp(6)", "timestamp has no size here"),
    _type("timestamp with time zone", "declare timestamptz"),
    _type("time", "DMS writes a time as text", "varchar(20)"),
    _type("interval", "comes as text"),
    _type("inet", "comes as text"),
    _type("enum('a')", "as long as its longest value"),
    _type("xml", "comes as text"),
    _type("decimal", "has no digits", "decimal(12,2)"),
    _type("number(10)", "declare decimal(10)"),
    _type("decimal(39,2)", "1 to 38 digits"),
    _type('"decimal(4,6)"', "not more of them behind the point", in_editor=False),
    _type("intger", "did you mean integer?"),
    _type("varchr(20)", "did you mean varchar(20)?"),
    _type("timestmp", "did you mean timestamp?"),
    _type("5", "must be text such as varchar(20)"),
    Mistake(
        "type in a list",
        "born: date",
        "^born: [date]",
        ("must be text such as varchar(20)",),
    ),
    Mistake(
        "decimal without quotes within braces",
        'total: "decimal(12,2)"',
        "total: {type: ^decimal(12,2)}",
        ("put quotes around it", '"decimal(12,2)"'),
    ),
)
KEYS: Final = (
    _key("table", "    key: [city_id]", "    ^primary_key: [city_id]", "use `key:`"),
    _key("table", "    key: [city_id]", "    ^pk: [city_id]", "use `key:`"),
    _key("table", "    key: [city_id]", "    ^kye: [city_id]", "did you mean key?"),
    _key(
        "table",
        "    references:\n      home",
        "    ^foreign_keys:\n      home",
        "use `references:`",
    ),
    _key(
        "table",
        "    key: [city_id]",
        "    key: [city_id]\n    ^schema: crm",
        "use `source_schema:`",
    ),
    _key("table", "    key: [city_id]", "    key: [city_id]\n    ^table_name: c", "use `source:`"),
    _key("table", "    key: [city_id]", "    key: [city_id]\n    ^name: cities", "use `source:`"),
    _key(
        "column",
        "born: date",
        "born: {type: date, ^source_name: birth}",
        "use `source:`",
    ),
    _key("column", "born: date", "born: {type: date, ^nullable: true}", "may be NULL"),
    _key("column", "born: date", "born: {type: varchar(9), ^length: 9}", "write it with the type"),
    _key("column", "born: date", "born: {type: date, ^pii: true}", "use `treatment:`"),
    _key("column", "born: date", "born: {^datatype: date}", "use `type:`"),
    _key("column", "born: date", "born: {type: date, ^comment: x}", "behind a #"),
    _key("reference", "{table: city,", "{^to: city,", "use `table:`"),
    _key("reference", "columns: [city_id]}", "^column: [city_id]}", "use `columns:`"),
    _key("reference", "columns: [city_id]}", "^on: [city_id]}", "YAML reads this one as bool"),
    _key("target", "    fact: purchase", "    ^from: purchase", "use `fact:`"),
    _key("target", "    fact: purchase", "    ^table: purchase", "use `fact:`"),
    _key("target", "    dist_key:", "    ^distkey:", "dist_key"),
    _key("target", "    sort_key:", "    ^order_by:", "use `sort_key:`"),
    _key("target", "    dist_key:", "    ^filter: {total: 1}\n    dist_key:", "use `where:`"),
    _key("target", "    dist_key:", "    ^formulas: {a: b}\n    dist_key:", "use `computed:`"),
    _computed("SQL", "{a: ^total * 2}", "not SQL", "write one of concatenate, coalesce"),
    _computed("a key of another tool", "{a: {^concat: [email, town]}}", "use `concatenate:`"),
    _computed("division", "{a: {^divide: [total, 2]}}", "a divisor may be zero"),
    _computed("two formulas", "{^a: {add: [total, 1], coalesce: [total]}}", "coalesce and add"),
    _computed("a strange option", "{a: {add: [total, 1], ^nulls: skip}}", "for concatenate, not"),
    _computed("no column of the part", "{^a: {date_part: year}}", "write it as `of: COLUMN`"),
    _computed("an unknown part", "{a: {date_part: ^yaer, of: bought_at}}", "did you mean year?"),
    _computed("half an operand", "{a: {coalesce: [total], ^otherwise: {}}}", "a column or a value"),
    _computed(
        "a value that SQL bends",
        "{a: {coalesce: [town], otherwise: ^50%}}",
        "no per cent sign",
        in_editor=False,
    ),
    _computed("a fraction", "{a: {multiply: [total, ^1.5]}}", "must be a mapping"),
    _computed(
        "a mixed comparison",
        "{a: {case: [{when: {^total: {is_null: true, below: 1}}, then: 1}]}}",
        "write one of them, or at_least and below",
    ),
    _computed("a column", "{^email: {add: [total, 1]}}", "another name", in_editor=False),
    _computed("no such column", "{a: {add: [^totl, 1]}}", "did you mean total?", in_editor=False),
    _computed(
        "what is not shown",
        "{a: {concatenate: [town, ^bought_by]}}",
        "'bought_by' is not among the target's columns",
        "show it there too, as `bought_by: bought_by`",
        in_editor=False,
    ),
    _computed(
        "a source's name",
        "{a: {case: [{when: {^buyer.home.titel: x}, then: 1}]}}",
        "is not among the target's columns",
        "did you mean buyer.home.title?",
        in_editor=False,
    ),
    _computed(
        "a computed column",
        "{a: {add: [total, 1]}, b: {add: [^a, 1]}}",
        "computed itself",
        in_editor=False,
    ),
    _computed(
        "a token as a number",
        "{a: {add: [total, ^email]}}",
        "email is varchar(64)",
        in_editor=False,
    ),
    _computed(
        "a token by its value",
        "{a: {case: [{when: {email: ^x}, then: 1}]}}",
        "after treatment tokenise",
        "use is_null",
        in_editor=False,
    ),
    _computed(
        "a part of a number",
        "{a: {date_part: year, of: ^total}}",
        "total is decimal(12,2), which has no parts",
        in_editor=False,
    ),
    _computed(
        "a date as text",
        "{a: {concatenate: [town, ^bought_at]}}",
        "bought_at is timestamp",
        in_editor=False,
    ),
    _computed(
        "too many digits",
        "{a: {^multiply: [total, total, total, total]}}",
        "38",
        "fewer digits",
        in_editor=False,
    ),
    _computed(
        "nothing in common",
        "{a: {^coalesce: [total, town]}}",
        "no type in common",
        in_editor=False,
    ),
    _computed(
        "a value of another kind",
        "{a: {case: [{when: {town: ^5}, then: 1}]}}",
        "5 is no text",
        in_editor=False,
    ),
    _computed(
        "a blank that does not count",
        "{a: {case: [{when: {town: ^'x '}, then: 1}]}}",
        "ends in a blank",
        in_editor=False,
    ),
    _computed(
        "a range of text",
        "{a: {case: [{when: {^town: {below: 5}}, then: 1}]}}",
        "ranges are of whole numbers",
        in_editor=False,
    ),
    _computed(
        "a bound that does not fit",
        "{a: {case: [{when: {^total: {below: 10000000000}}, then: 1}]}}",
        "does not fit decimal(12,2)",
        in_editor=False,
    ),
    _computed("values alone", "{a: {^add: [1, 2]}}", "as a constant", in_editor=False),
    _computed("one column alone", "{a: {^coalesce: [town]}}", "otherwise", in_editor=False),
    _key("the file", "name: shop", "name: shop\n^version: 2", "remove it"),
    _key("the file", "tables:\n  city", "^sources:\n  city", "use `tables:`"),
    _key("the file", "targets:\n", "^target:\n", "did you mean targets?"),
    _key("stream", "{zero_dates:", "{^zero_date:", "did you mean zero_dates?"),
)
FORMS: Final = (
    Mistake(
        "no key",
        "  city:\n    key: [city_id]\n",
        "  ^city:\n",
        ("tables.city.key: this key is missing", "`key: [parent_id]`"),
    ),
    Mistake("no name", "name: shop\nsource", "^source", ("name: this key is missing",)),
    Mistake("no fact", "  purchases:\n    fact: purchase", "  ^purchases:", ("fact: this key is",)),
    Mistake(
        "a key that is no list",
        "key: [purchase_id]",
        "key: ^purchase_id",
        ("must be a list", "`key: [purchase_id]`"),
    ),
    Mistake(
        "columns that are a list",
        "    columns:\n      city_id: integer\n      title: varchar(40)",
        "    ^columns:\n      - city_id: integer\n      - title: varchar(40)",
        ("must be a mapping", "`columns: {parent_id: integer}`"),
    ),
    Mistake(
        "columns of a reference that are no list",
        "columns: [bought_by]",
        "columns: ^bought_by",
        ("must be a list",),
    ),
    Mistake(
        "an upper-case column",
        "      born: date",
        "      ^Born: date",
        ("a name starts with a lower-case letter",),
    ),
    Mistake(
        "a column with a blank",
        "      born: date",
        "      ^date of birth: date",
        ("a name starts with a lower-case letter",),
    ),
    Mistake(
        "a table with a schema in its name",
        "  city:\n",
        "  ^public.city:\n",
        ("a name starts with a lower-case letter",),
    ),
    Mistake("a name with a dash", "name: shop", "name: ^my-shop", ("single underscores",)),
    Mistake(
        "a name that is too long",
        "name: shop",
        f"name: ^{'x' * 64}",
        ("at most 63 characters",),
    ),
    Mistake(
        "a target's column that is too long",
        "      total: total",
        f"      ^{'x' * 64}: total",
        ("at most 63 characters",),
    ),
    Mistake("no value", "born: date", "born:^", ("born has no value", "leave the key out")),
    Mistake("null", "dist_key: purchase_id", "dist_key: ^null", ("dist_key has no value",)),
    Mistake("yes as a name", "name: shop", "name: ^yes", ("true or false", "put quotes")),
    Mistake("a number as text", "name: shop", "name: ^2024", ("a number", "put quotes")),
    Mistake(
        "an unknown treatment",
        "treatment: tokenise",
        "treatment: ^tokenize",
        ("did you mean tokenise?",),
    ),
    Mistake("hash", "treatment: tokenise", "treatment: ^hash", ("did you mean sha256?",)),
    Mistake("no, as a treatment", "treatment: tokenise", "treatment: ^no", ("put quotes",)),
    Mistake(
        "a treatment that does not fit the type",
        "born: date",
        "born: {type: date, treatment: ^mask}",
        ("needs a varchar or char", "use tokenise, sha256 or drop"),
    ),
    Mistake(
        "an option that does not fit the type",
        "born: date",
        "born: {type: date, ^collation: case_insensitive}",
        ("only for varchar and char", "remove it"),
    ),
    Mistake(
        "a placement that there is not",
        "    key: [city_id]",
        "    key: [city_id]\n    placement: ^redshift",
        ("did you mean warehouse?",),
    ),
    Mistake(
        "positions of SQL Server",
        "{zero_dates: as_null}",
        "{positions: ^sqlserver}",
        ("commit-timestamp",),
    ),
    Mistake(
        "a pattern that is every table",
        "    key: [city_id]",
        '    key: [city_id]\n    partitions: ^"%"',
        ("such as orders_p%",),
    ),
    Mistake(
        "a column twice in a key",
        "key: [purchase_id]",
        "key: [purchase_id, ^purchase_id]",
        ("name it once",),
    ),
    Mistake("a reserved column", "      total: total", "      ^oid: total", ("another name",)),
    Mistake(
        "a reserved schema",
        "    fact: purchase",
        "    fact: purchase\n    schema: ^pg_shop",
        ("reserved by Redshift", "choose another"),
    ),
    Mistake(
        "a column below the table",
        "    columns:\n      city_id: integer\n      title: varchar(40)",
        "    columns:\n      city_id: integer\n    ^title: varchar(40)",
        ("there is no such key",),
    ),
    Mistake(
        "columns that are not within their table",
        "    columns:\n      city_id: integer\n      title: varchar(40)",
        "  ^columns:\n      city_id: integer\n      title: varchar(40)",
        ("`columns` is a key of a table", "indent it"),
    ),
    Mistake(
        "a key that is not within its table",
        "    key: [purchase_id]\n    columns:\n      purchase_id: bigint",
        "key: [purchase_id]\n    ^columns:\n      purchase_id: bigint",
        ("indented",),
        in_editor=False,
    ),
)
RULES: Final = (
    Mistake(
        "a key of no column",
        "key: [city_id]",
        "key: [^cityid]",
        ("did you mean city_id?",),
        in_editor=False,
    ),
    Mistake(
        "a reference to no table",
        "{table: city,",
        "{table: ^citys,",
        ("did you mean city?",),
        in_editor=False,
    ),
    Mistake(
        "a reference to no table at all",
        "{table: city,",
        "{table: ^warehouse,",
        ("is not declared", "there are city, customer, purchase"),
        in_editor=False,
    ),
    Mistake(
        "a reference of no column",
        "columns: [bought_by]",
        "columns: [^bougth_by]",
        ("did you mean bought_by?",),
        in_editor=False,
    ),
    Mistake(
        "a reference of another type",
        "      bought_by: integer",
        "      ^bought_by: bigint",
        ("differ in type or treatment (bigint, keep, and integer, keep)", "the same for both"),
        in_editor=False,
    ),
    Mistake(
        "a reference of another treatment",
        "      bought_by: integer",
        "      ^bought_by: {type: integer, treatment: tokenise}",
        ("differ in type or treatment", "the same for both"),
        in_editor=False,
    ),
    Mistake(
        "a reference of too many columns",
        "      buyer: {table: customer, columns: [bought_by]}",
        "      buyer: {table: customer, ^columns: [bought_by, total]}",
        ("as many columns as the key of customer (customer_id)",),
        in_editor=False,
    ),
    Mistake(
        "a condition of what the fact does not have",
        "    dist_key:",
        "    where: {^email: x}\n    dist_key:",
        ("the fact purchase has no column 'email'", "only its own can be used"),
        in_editor=False,
    ),
    Mistake(
        "a condition whose value is of another type",
        "    dist_key:",
        "    where: {bought_by: ^one}\n    dist_key:",
        ("'one' is no whole number",),
        in_editor=False,
    ),
    Mistake(
        "two conditions of one column",
        "    dist_key:",
        "    where: {^total: {is_null: true, one_of: [1]}}\n    dist_key:",
        ("one condition", "write one of them"),
    ),
    Mistake(
        "a constant of no kind",
        "    dist_key:",
        "    constants: {^origin: [shop]}\n    dist_key:",
        ("a constant is text, a whole number, true or false",),
    ),
    Mistake(
        "a constant with the name of a column",
        "    dist_key:",
        "    constants: {^email: shop}\n    dist_key:",
        ("one of the target's columns already", "another name"),
        in_editor=False,
    ),
    Mistake(
        "a fact that there is not",
        "fact: purchase\n",
        "fact: ^purchases\n",
        ("did you mean purchase?",),
        in_editor=False,
    ),
    Mistake(
        "a column that the fact does not have",
        "      total: total",
        "      total: ^totl",
        ("table purchase has no column 'totl'", "did you mean total?"),
        in_editor=False,
    ),
    Mistake(
        "a table's name in place of the reference's",
        "email: buyer.email",
        "email: ^customer.email",
        ("use the name of the reference, buyer",),
        in_editor=False,
    ),
    Mistake(
        "the fact's name before a column",
        "      total: total",
        "      total: ^purchase.total",
        ("a column of the fact itself has no prefix: total",),
        in_editor=False,
    ),
    Mistake(
        "a reference that there is not",
        "email: buyer.email",
        "email: ^byer.email",
        ("did you mean buyer?",),
        in_editor=False,
    ),
    Mistake(
        "a column of another table",
        "email: buyer.email",
        "email: ^email",
        ("did you mean buyer.email?",),
        in_editor=False,
    ),
    Mistake(
        "a reference without a column",
        "email: buyer.email",
        "email: ^buyer",
        ("it is a reference: write buyer.COLUMN",),
        in_editor=False,
    ),
    Mistake(
        "a column that is dropped",
        "email: buyer.email",
        "email: ^buyer.notes",
        ("treatment drop", "remove the column here, or choose another treatment"),
        in_editor=False,
    ),
    Mistake(
        "a key that the target lacks",
        "    columns:\n      purchase_id: purchase_id\n      total: total",
        "    ^columns:\n      total: total",
        ("the fact's key column 'purchase_id' is missing", "`purchase_id: purchase_id`"),
        in_editor=False,
    ),
    Mistake(
        "a sort key that the target lacks",
        "sort_key: [bought_at]",
        "sort_key: [^bought]",
        ("did you mean bought_at?",),
        in_editor=False,
    ),
    Mistake(
        "a distribution key by the name in the fact",
        "      bought_at: bought_at\n      email: buyer.email\n      town: buyer.home.title\n"
        "    dist_key: purchase_id\n    sort_key: [bought_at]",
        "      day: bought_at\n      email: buyer.email\n      town: buyer.home.title\n"
        "    dist_key: ^bought_at",
        ("did you mean day?",),
        in_editor=False,
    ),
    Mistake(
        "a key that is masked",
        "      city_id: integer\n      title: varchar(40)",
        "      city_id: {type: varchar(9), treatment: ^mask}\n      title: varchar(40)",
        ("does not keep the values", "use keep, tokenise or sha256"),
        in_editor=False,
    ),
    Mistake(
        "two tables of one source",
        "  city:\n"
        "    key: [city_id]\n"
        "    columns:\n"
        "      city_id: integer\n"
        "      title: varchar(40)\n"
        "  customer:\n"
        "    key: [customer_id]\n",
        "  city:\n"
        "    source: customer\n"
        "    key: [city_id]\n"
        "    columns:\n"
        "      city_id: integer\n"
        "      title: varchar(40)\n"
        "  ^customer:\n"
        "    key: [customer_id]\n",
        (
            "both read 'customer'",
            "declare it once",
        ),
        in_editor=False,
    ),
    Mistake(
        "a fact with a placement",
        "    key: [purchase_id]",
        "    key: [purchase_id]\n    ^placement: warehouse",
        ("only dimensions have one", "remove it"),
        in_editor=False,
    ),
    Mistake(
        "a placement between others",
        "  city:\n"
        "    key: [city_id]\n"
        "    columns:\n"
        "      city_id: integer\n"
        "      title: varchar(40)\n"
        "  customer:\n"
        "    key: [customer_id]\n",
        "  ^city:\n"
        "    key: [city_id]\n"
        "    columns:\n"
        "      city_id: integer\n"
        "      title: varchar(40)\n"
        "  customer:\n"
        "    key: [customer_id]\n"
        "    placement: warehouse\n",
        (
            "must be warehouse",
            "`placement: warehouse`",
        ),
        in_editor=False,
    ),
    Mistake(
        "no schema of the source",
        "source_schema: public\nstream: {zero_dates: as_null}\ntables:\n  city:\n",
        "stream: {zero_dates: as_null}\ntables:\n  ^city:\n",
        (
            "the source's schema is unknown",
            "set source_schema",
        ),
        in_editor=False,
    ),
    Mistake(
        "rows that are too wide",
        '      total: "decimal(12,2)"\n'
        "      bought_at: timestamp\n"
        "    references:\n"
        "      buyer: {table: customer, columns: [bought_by]}\n"
        "targets:\n"
        "  purchases:\n",
        "      total: varchar(65535)\n"
        "      bought_at: timestamp\n"
        "    references:\n"
        "      buyer: {table: customer, columns: [bought_by]}\n"
        "targets:\n"
        "  ^purchases:\n",
        (
            "bytes, hidden columns included",
            "declare shorter varchars",
        ),
        in_editor=False,
    ),
)
SYNTAX: Final = (
    Mistake(
        "a tab",
        "      born: date",
        "^\tborn: date",
        ("a tab", "replace it by blanks"),
        in_editor=False,
    ),
    Mistake(
        "one blank too many",
        "      born: date",
        "       ^born: date",
        ("indented",),
        in_editor=False,
    ),
    Mistake(
        "one blank too few",
        "      born: date",
        "     ^born: date",
        ("indented", "same number of blanks"),
        in_editor=False,
    ),
    Mistake(
        "no blank behind a colon",
        "      born: date",
        "      ^born:date",
        ("with a blank after the colon",),
        in_editor=False,
    ),
    Mistake(
        "no colon",
        "      born: date",
        "      ^born date",
        ("`key: value`",),
        in_editor=False,
    ),
    Mistake(
        "an open bracket",
        "key: [customer_id]",
        "key: ^[customer_id",
        ("this bracket is not closed",),
        in_editor=False,
    ),
    Mistake(
        "an open brace",
        "{type: varchar(320), treatment: tokenise}",
        "^{type: varchar(320), treatment: tokenise",
        ("this bracket is not closed",),
        in_editor=False,
    ),
    Mistake(
        "an open quote",
        'total: "decimal(12,2)"',
        'total: ^"decimal(12,2)',
        ("this quote is not closed",),
        in_editor=False,
    ),
    Mistake(
        "a pattern without quotes",
        "    key: [city_id]",
        "    key: [city_id]\n    partitions: ^%_p",
        ("put quotes around the text",),
        in_editor=False,
    ),
    Mistake(
        "an asterisk without quotes",
        "    key: [city_id]",
        "    key: [city_id]\n    partitions: ^*_p",
        ("put quotes around the text",),
        in_editor=False,
    ),
    Mistake(
        "a key twice",
        "      born: date",
        "      born: date\n      ^born: timestamp",
        ("appears twice, first in line 16", "remove one, or rename it"),
        in_editor=False,
    ),
    Mistake(
        "a table twice",
        "targets:\n",
        "  ^city:\n    key: [city_id]\n    columns: {city_id: integer}\ntargets:\n",
        ("appears twice, first in line 5",),
        in_editor=False,
    ),
    Mistake(
        "no, as a column",
        "      born: date",
        "      ^no: date",
        ("YAML reads this one as bool", "put quotes around it"),
        in_editor=False,
    ),
    Mistake(
        "a number as a column",
        "      born: date",
        "      ^2024: date",
        ("YAML reads this one as int", "put quotes around it"),
        in_editor=False,
    ),
    Mistake(
        "two values in a line",
        "      born: date",
        "      born: date^: x",
        ("put quotes around the value",),
        in_editor=False,
    ),
    Mistake(
        "no date",
        "name: shop",
        "name: ^2026-13-45",
        ("cannot be read as timestamp", "put quotes"),
        in_editor=False,
    ),
)
