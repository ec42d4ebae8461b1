"""What a Redshift cluster accepts and refuses, one row for each rule, each with its source.

`test_redshift_rules.py` puts every row to the warehouse. `guessed` marks rows whose refusal is
known from the source and whose words are not: there they are the emulator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GUIDE: Final = "Database Developer Guide, "
CREATE_TABLE: Final = GUIDE + "CREATE TABLE"
ALTER_TABLE: Final = GUIDE + "ALTER TABLE"
USAGE: Final = GUIDE + "CREATE TABLE, Usage notes"
FEATURES: Final = GUIDE + "Unsupported PostgreSQL features"
FUNCTIONS: Final = GUIDE + "Unsupported PostgreSQL functions"
TYPES: Final = GUIDE + "Unsupported PostgreSQL data types"
LEADER: Final = GUIDE + "Leader node-only functions"
WINDOW: Final = GUIDE + "Window function syntax summary"
CORRELATED: Final = GUIDE + "Correlated subqueries; words: SQLMesh/sqlmesh#5342"
LOCK: Final = GUIDE + "LOCK"
EXPLAIN: Final = GUIDE + "EXPLAIN"
POSTGRES: Final = "PostgreSQL 8.0.2, which Redshift's parser is made from"

SYNTAX: Final = "42601"
UNSUPPORTED: Final = "0A000"
INTERNAL: Final = "XX000"
IN_BLOCK: Final = "25001"
NO_FUNCTION: Final = "42883"
NO_SETTING: Final = "42704"
NOT_ON_TABLES: Final = (
    "Specified types or functions (one per INFO message) not supported on Redshift tables."
)
DECORRELATION: Final = (
    "This type of correlated subquery pattern is not supported due to internal error"
)
NO_EQUIJOIN: Final = "Target table must be part of an equijoin predicate"


@dataclass(frozen=True)
class Rule:
    """One statement; `sqlstate` is None where it is accepted.

    Attributes:
        name: of the case.
        sql: the statement; the tables of `SETUP` are there.
        source: where it is known from that a cluster does so.
        sqlstate: of the refusal.
        words: in the refusal's message or detail.
        setup: statements before it, each of which is accepted.
        in_block: whether it runs in a transaction block.
        guessed: whether the words are only the emulator's.
    """

    name: str
    sql: str
    source: str
    sqlstate: str | None = None
    words: str = ""
    setup: tuple[str, ...] = ()
    in_block: bool = True
    guessed: bool = False


SETUP: Final = (
    "create table t (id int, n int, v varchar(20), d decimal(8,2), ts timestamp)",
    "create table u (id int, w varchar(20))",
    "insert into t values (1, 1, 'a', 1.25, '2024-01-01'), (2, 2, 'b', 2.5, '2024-01-02')",
    "insert into u values (1, 'x')",
)
_NAMES_1700: Final = ", ".join(f"c{n} int" for n in range(1700))
_SYSTEM: Final = "conflicts with a system column name"

DEFINITIONS: Final = [
    Rule("oid column", 'create table r ("oid" bigint)', FEATURES, "42701", _SYSTEM),
    Rule("oid in a temp table", "create temp table r (oid int)", FEATURES, "42701", _SYSTEM),
    Rule("xmin column", 'create table r ("xmin" bigint)', FEATURES, "42701", _SYSTEM),
    Rule(
        "varbyte as distkey",
        "create table r (k varbyte(16) not null, v int) distkey(k) sortkey(k)",
        GUIDE + "VARBYTE type, Limitations",
        UNSUPPORTED,
        "DISTKEY",
        guessed=True,
    ),
    Rule(
        "varbyte as sortkey",
        "create table r (k varbyte(16) not null, v int) sortkey(k)",
        GUIDE + "VARBYTE type, Limitations",
        UNSUPPORTED,
        "SORTKEY",
        guessed=True,
    ),
    Rule(
        "super as sortkey",
        "create table r (k super, v int) sortkey(k)",
        GUIDE + "SUPER, Limitations",
        UNSUPPORTED,
        "SORTKEY",
        guessed=True,
    ),
    Rule(
        "sortkey of no column",
        "create table r (id int) sortkey(nope)",
        CREATE_TABLE,
        "42703",
        'column "nope" named in SORTKEY',
        guessed=True,
    ),
    Rule(
        "distkey of no column",
        "create table r (id int) distkey(nope)",
        CREATE_TABLE,
        "42703",
        'column "nope" named in DISTKEY',
        guessed=True,
    ),
    Rule(
        "two distkeys",
        "create table r (a int distkey, b int distkey)",
        CREATE_TABLE + ": only one column",
        "42P16",
        "more than one DISTKEY",
        guessed=True,
    ),
    Rule(
        "distkey under diststyle all",
        "create table r (a int, b int) diststyle all distkey(a)",
        USAGE + ": DISTSTYLE must be KEY or not be set",
        "42P16",
        "DISTSTYLE ALL",
        guessed=True,
    ),
    Rule(
        "interleaved over 9 columns",
        "create table r (a int, b int, c int, d int, e int, f int, g int, h int, i int) "
        "interleaved sortkey(a, b, c, d, e, f, g, h, i)",
        CREATE_TABLE + ": a maximum of eight columns",
        "42P16",
        "8 columns",
        guessed=True,
    ),
    Rule(
        "sortkey twice",
        "create table r (a int, b int) sortkey(a, a)",
        POSTGRES + " (a column twice in a key)",
        "42701",
        "appears more than once",
        guessed=True,
    ),
    Rule(
        "unknown encoding",
        "create table r (a int encode nosuch)",
        GUIDE + "Compression encodings",
        "22023",
        "nosuch",
        guessed=True,
    ),
    Rule(
        "bytedict of a boolean",
        "create table r (a boolean encode bytedict)",
        GUIDE + "Compression encodings, table of data types",
        "22023",
        "bytedict",
        guessed=True,
    ),
    Rule(
        "text255 of an integer",
        "create table r (a int encode text255)",
        GUIDE + "Compression encodings, table of data types",
        "22023",
        "text255",
        guessed=True,
    ),
    Rule(
        "az64 of a varchar, added",
        "alter table t add column a varchar(5) encode az64",
        GUIDE + "Compression encodings, table of data types",
        "22023",
        "az64",
        guessed=True,
    ),
    Rule("1,700 columns", f"create table r ({_NAMES_1700})", USAGE, "54011", "1600 columns"),
    Rule(
        "64 KiB of fixed width, selected",
        "select * from r",
        USAGE + ", Wide tables",
        INTERNAL,
        "exceeded the query-processing limit of 65535 characters",
        setup=(f"create table r ({', '.join(f'c{n} char(4096)' for n in range(17))})",),
    ),
    Rule(
        "64 KiB of fixed width, inserted",
        "insert into r (c0) values ('a')",
        USAGE + ", Wide tables",
        INTERNAL,
        "exceeded the query-processing limit of 65535 characters",
        setup=(f"create table r ({', '.join(f'c{n} char(4096)' for n in range(17))})",),
    ),
    Rule(
        "64 KiB of varchar",
        "insert into r (c0) values ('a')",
        USAGE + ", Wide tables: VARCHAR counts less than declared",
        setup=("create table r (c0 varchar(max), c1 varchar(max))",),
    ),
    Rule(
        "a name of 100 characters",
        f"select 1 from {'a' * 100}",
        GUIDE + "Names and identifiers",
        setup=(f"create table {'a' * 100} (id int)",),
    ),
    Rule("an array", "create table r (a int[])", TYPES, SYNTAX, "syntax error"),
    Rule("serial", "create table r (a serial)", TYPES, "42704", 'type "serial" does not exist'),
    Rule("check", "create table r (a int check (a > 0))", FEATURES, SYNTAX, "check"),
    Rule(
        "generated",
        "create table r (a int, b int generated always as (a * 2) stored)",
        CREATE_TABLE,
        SYNTAX,
        "generated",
    ),
    Rule("timestamp(3)", "create table r (a timestamp(3))", GUIDE + "Datetime types", SYNTAX, "("),
    Rule("inherits", "create table r (z int) inherits (t)", FEATURES, SYNTAX, "inherits"),
    Rule(
        "two columns dropped",
        "alter table t drop column n, drop column v",
        ALTER_TABLE + ": one column a statement",
        SYNTAX,
        ",",
    ),
    Rule(
        "two columns added",
        "alter table u add column a1 int, add column a2 int",
        ALTER_TABLE + ": one column a statement",
        SYNTAX,
        "syntax error",
    ),
    Rule("set not null", "alter table u alter column w set not null", ALTER_TABLE, SYNTAX, "set"),
    Rule("set default", "alter table u alter column w set default 'x'", ALTER_TABLE, SYNTAX, "set"),
    Rule(
        "a distkey dropped",
        "alter table r drop column a",
        ALTER_TABLE + ": DROP COLUMN of a distribution or sort key",
        UNSUPPORTED,
        'distkey column "a"',
        setup=("create table r (a int, b int) distkey(a)",),
        guessed=True,
    ),
    Rule(
        "a sortkey dropped",
        "alter table r drop column b",
        ALTER_TABLE + ": DROP COLUMN of a distribution or sort key",
        UNSUPPORTED,
        'sortkey column "b"',
        setup=("create table r (a int, b int) sortkey(a, b)",),
        guessed=True,
    ),
    Rule(
        "a column that is no key dropped",
        "alter table r drop column b",
        ALTER_TABLE,
        setup=("create table r (a int, b int) distkey(a) sortkey(a)",),
    ),
    *(
        Rule(
            f"a {encoding} varchar lengthened",
            "alter table r alter column a type varchar(20)",
            ALTER_TABLE + ": BYTEDICT, RUNLENGTH, TEXT255 or TEXT32K",
            UNSUPPORTED,
            encoding,
            setup=(f"create table r (a varchar(10) encode {encoding})",),
            in_block=False,
            guessed=True,
        )
        for encoding in ("bytedict", "runlength", "text255", "text32k")
    ),
    Rule(
        "a zstd varchar lengthened",
        "alter table r alter column a type varchar(20)",
        ALTER_TABLE,
        setup=("create table r (a varchar(10) encode zstd) distkey(a) sortkey(a)",),
        in_block=False,
    ),
    Rule(
        "a varchar shorter than its data",
        "alter table r alter column a type varchar(4)",
        ALTER_TABLE,
        INTERNAL,
        "Value too long",
        setup=("create table r (a varchar(10))", "insert into r values ('123456')"),
        in_block=False,
        guessed=True,
    ),
    Rule(
        "a varchar lengthened in a block",
        "alter table u alter column w type varchar(40)",
        ALTER_TABLE,
        IN_BLOCK,
        "cannot run inside a transaction block",
    ),
    Rule(
        "vacuum in a block",
        "vacuum t",
        GUIDE + "VACUUM",
        IN_BLOCK,
        "VACUUM cannot run inside a transaction block",
    ),
    Rule(
        "an index",
        "create index i on t (id)",
        FEATURES,
        UNSUPPORTED,
        "not supported on Redshift tables",
    ),
    Rule("on commit", "create temp table r (a int) on commit drop", CREATE_TABLE, SYNTAX, "on"),
    Rule("unlogged", "create unlogged table r (a int)", CREATE_TABLE, SYNTAX, "unlogged"),
    Rule("a sequence", "create sequence r", FEATURES, SYNTAX, "sequence"),
]

QUERIES: Final = [
    Rule("returning", "insert into u values (9, 'z') returning id", FEATURES, SYNTAX, "returning"),
    Rule("on conflict", "insert into u values (9, 'z') on conflict do nothing", FEATURES, SYNTAX),
    Rule(
        "update with an alias",
        "update t as a set n = u.id from u where a.id = u.id",
        GUIDE + "UPDATE",
    ),
    Rule("update of t.n", "update t set t.n = 1", GUIDE + "UPDATE", "42703", "does not exist"),
    Rule("update of a row", "update t set (n, v) = (3, 'q') where id = 1", FEATURES, SYNTAX, "("),
    Rule("update by a row", "update t set (n, v) = (select 3, 'q')", FEATURES, SYNTAX, "("),
    Rule(
        "update behind with",
        "with x as (select 1 as id) update t set n = 5 from x where t.id = x.id",
        GUIDE + "UPDATE",
    ),
    Rule(
        "delete behind with",
        "with x as (select 1 as id) delete from u using x where u.id = x.id",
        GUIDE + "DELETE",
    ),
    Rule(
        "delete in with",
        "with x as (delete from u returning *) select * from x",
        FEATURES,
        SYNTAX,
        "syntax error",
    ),
    Rule(
        "delete by an outer join",
        "delete from u using t left join u as o on t.id = o.id where u.id = t.id",
        GUIDE + "UPDATE, Usage notes",
        UNSUPPORTED,
        NO_EQUIJOIN,
    ),
    Rule(
        "update by an outer join",
        "update u set w = 'q' from t left join u as o on t.id = o.id where u.id = t.id",
        GUIDE + "UPDATE, Usage notes",
        UNSUPPORTED,
        NO_EQUIJOIN,
    ),
    Rule(
        "update by no equality",
        "update u set w = 'q' from t where u.id < t.id",
        GUIDE + "UPDATE, Usage notes",
        UNSUPPORTED,
        NO_EQUIJOIN,
    ),
    Rule(
        "update by an outer join in a subquery",
        "update u set w = x.v from (select t.id, t.v from t left join u as o on t.id = o.id) as x "
        "where u.id = x.id",
        GUIDE + "UPDATE, Usage notes",
    ),
    Rule(
        "correlation past a level",
        "select t.v from t where not exists (select * from u where not exists "
        "(select * from t as t2 where t2.id = t.id))",
        CORRELATED,
        INTERNAL,
        DECORRELATION,
    ),
    Rule(
        "correlation in an outer join's ON",
        "select * from t left join u on t.id = u.id and u.w = "
        "(select max(t3.v) from t as t3 where t3.id = u.id)",
        CORRELATED,
        INTERNAL,
        DECORRELATION,
    ),
    Rule(
        "correlation with a window",
        "select t.id from t where t.n not in (select sum(u.id) over () from u where u.id = t.id)",
        CORRELATED,
        INTERNAL,
        DECORRELATION,
    ),
    Rule(
        "correlation in GROUP BY",
        "select t.id, (select count(u.id) from u where u.id = t.id) as c from t group by c, t.id",
        CORRELATED,
        INTERNAL,
        DECORRELATION,
    ),
    Rule(
        "correlation in GROUP BY by its place",
        "select t.id, case when exists (select 1 from u where u.id = t.id) then 1 end "
        "from t group by 1, 2",
        "databricks/spark-redshift#337",
        INTERNAL,
        DECORRELATION,
    ),
    Rule(
        "correlation of a grouped aggregate by IN",
        "select * from t where t.n in (select sum(u.id) from u where u.id = t.id group by u.w)",
        CORRELATED,
        INTERNAL,
        DECORRELATION,
    ),
    Rule(
        "correlation with LIMIT",
        "select t.id, (select u.w from u where u.id = t.id order by u.w limit 1) from t",
        "experience; not in the documented list",
        INTERNAL,
        DECORRELATION,
        guessed=True,
    ),
    Rule(
        "correlation with LIMIT in SET",
        "update t set v = (select u.w from u where u.id = t.id order by u.w limit 1)",
        "experience; not in the documented list",
        INTERNAL,
        DECORRELATION,
        guessed=True,
    ),
    Rule(
        "correlation of one level",
        "select t.id from t where t.n = (select max(u.id) from u where u.id = t.id)",
        CORRELATED,
    ),
    Rule(
        "exists in an update",
        "update t set n = n where exists (select 1 from u where u.id = t.id)",
        CORRELATED,
    ),
    Rule(
        "not exists",
        "select t.id from t where not exists (select 1 from u where u.id = t.id)",
        CORRELATED,
    ),
    Rule("lateral", "select * from t, lateral (select 1) as l", FEATURES, SYNTAX, "lateral"),
    Rule(
        "values as a table", "select * from (values (1), (2)) as v(a)", FEATURES, SYNTAX, "values"
    ),
    Rule("values alone", "values (1), (2)", FEATURES, SYNTAX, "values"),
    Rule(
        "generate_series with a table",
        "select g, t.id from generate_series(1, 2) as g join t on t.id = g",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule(
        "generate_series into a table",
        "insert into u select g, 'a' from generate_series(1, 2) as g",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule("generate_series alone", "select g from generate_series(1, 2) as g", LEADER),
    Rule("now with a table", "select id, now() from t", LEADER, UNSUPPORTED, NOT_ON_TABLES),
    Rule("getdate with a table", "select id, getdate() from t", GUIDE + "GETDATE function"),
    Rule("now alone", "select now()", LEADER),
    Rule(
        "current_schema with a table",
        "select current_schema(), id from t",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule(
        "the catalogue with a table",
        "select t.id, c.column_name from t join information_schema.columns as c "
        "on c.table_name = t.v",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule(
        "the catalogue in a subquery",
        "select id from t where v in (select relname from pg_class)",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule(
        "a table made from the catalogue",
        "create table r as select column_name from information_schema.columns",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule(
        "the catalogue into a table",
        "insert into u (w) select table_name from information_schema.tables limit 1",
        LEADER,
        UNSUPPORTED,
        NOT_ON_TABLES,
    ),
    Rule("the catalogue alone", "select count(*) from pg_class join pg_namespace on true", LEADER),
    Rule("array_agg", "select array_agg(id) from t", FUNCTIONS, NO_FUNCTION, "array_agg"),
    Rule("string_agg", "select string_agg(v, ',') from t", FUNCTIONS, NO_FUNCTION, "string_agg"),
    Rule("filter", "select count(*) filter (where n > 1) from t", POSTGRES, SYNTAX, "("),
    Rule("distinct on", "select distinct on (v) v, n from t", FEATURES, UNSUPPORTED, "DISTINCT ON"),
    Rule(
        "for update", "select * from t for update", FEATURES, UNSUPPORTED, "SELECT FOR UPDATE/SHARE"
    ),
    Rule(
        "a frame by RANGE",
        "select sum(n) over (order by ts range between interval '1 day' preceding and current row) "
        "from t",
        WINDOW,
        UNSUPPORTED,
        "RANGE clause of window functions not yet implemented",
    ),
    Rule(
        "a frame by GROUPS",
        "select sum(n) over (order by ts groups 1 preceding) from t",
        WINDOW,
        SYNTAX,
        "groups",
    ),
    Rule(
        "an aggregate ordered without a frame",
        "select sum(n) over (order by ts) from t",
        WINDOW,
        SYNTAX,
        "Aggregate window functions with an ORDER BY clause require a frame clause",
    ),
    Rule(
        "count distinct in a window",
        "select count(distinct v) over (partition by n) from t",
        POSTGRES,
        UNSUPPORTED,
        "DISTINCT",
    ),
    Rule(
        "a full join by <",
        "select * from t full join u on t.id < u.id",
        POSTGRES,
        UNSUPPORTED,
        "FULL JOIN is only supported with merge-joinable",
    ),
    Rule("tablesample", "select * from t tablesample system (10)", POSTGRES, SYNTAX, "tablesample"),
    Rule("json", """select '{"a":1}'::json -> 'a'""", TYPES, "42704", 'type "json" does not exist'),
    Rule(
        "is distinct from", "select count(*) from t where v is distinct from 'a'", POSTGRES, SYNTAX
    ),
    Rule("a savepoint", "savepoint s", FEATURES, UNSUPPORTED, "not supported"),
    Rule("prepare transaction", "prepare transaction 'x'", POSTGRES, SYNTAX, "syntax error"),
    Rule("listen", "listen x", FEATURES, SYNTAX, "listen"),
    Rule("an advisory lock", "select pg_advisory_lock(1)", POSTGRES, NO_FUNCTION, "does not exist"),
    Rule("pg_sleep", "select pg_sleep(0)", POSTGRES, NO_FUNCTION, "does not exist"),
    Rule("gen_random_uuid", "select gen_random_uuid()", POSTGRES, NO_FUNCTION, "does not exist"),
    Rule("md5", "select md5('a')", GUIDE + "MD5 function"),
    Rule("a lock's mode", "lock table t in share mode", LOCK, SYNTAX, "in"),
    Rule("a lock without waiting", "lock table t nowait", LOCK, SYNTAX, "nowait"),
    Rule(
        "lock_timeout",
        "set lock_timeout to 1000",
        GUIDE + "Configuration reference",
        NO_SETTING,
        'unrecognized configuration parameter "lock_timeout"',
    ),
    Rule(
        "idle_in_transaction_session_timeout",
        "set idle_in_transaction_session_timeout to 1000",
        GUIDE + "Configuration reference",
        NO_SETTING,
        "unrecognized configuration parameter",
    ),
    Rule("statement_timeout", "set statement_timeout to 60000", GUIDE + "Configuration reference"),
    Rule("query_group", "set query_group to 'loads'", GUIDE + "query_group"),
    Rule("query_group, of none", "show query_group", GUIDE + "query_group"),
    Rule("query_group, put back", "reset query_group", GUIDE + "query_group"),
    Rule(
        "an integer out of range",
        "insert into t (id, n) values (5, 3000000000)",
        POSTGRES,
        "22003",
        "integer out of range",
    ),
    Rule(
        "a value for an IDENTITY column",
        "insert into r (id, v) values (1, 'a')",
        CREATE_TABLE + "; words: as loads of clusters have logged them",
        UNSUPPORTED,
        "cannot set an identity column to a value",
        setup=("create table r (id bigint identity(1, 1), v varchar(1))",),
        guessed=True,
    ),
    Rule(
        "a value for a column that is an identity by default",
        "insert into r (id, v) values (1, 'a')",
        CREATE_TABLE,
        setup=("create table r (id bigint generated by default as identity(1,1), v varchar(1))",),
    ),
    Rule("a decimal that is rounded", "insert into t (d) values (1.239)", GUIDE + "Numeric types"),
    Rule(
        "257 bytes of TEXT",
        "insert into r values (repeat('x', 257))",
        GUIDE + "Character types: TEXT is VARCHAR(256)",
        INTERNAL,
        "Value too long for character type",
        setup=("create table r (a text)",),
    ),
    Rule(
        "a character of two bytes in CHAR",
        "insert into r values ('é')",
        GUIDE + "Character types: CHAR holds single-byte characters",
        INTERNAL,
        "CHAR string contains invalid ASCII character",
        setup=("create table r (a char(10))",),
        guessed=True,
    ),
    Rule("the plan of a query", "explain select id from t", EXPLAIN),
    Rule(
        "the plan of a new table",
        "explain create temp table made distkey(id) as select id from t",
        EXPLAIN,
    ),
    Rule("the plan of a deletion", "explain delete from t where id = 1", EXPLAIN),
    Rule("a plan with times", "explain analyze select id from t", EXPLAIN, SYNTAX, "analyze"),
    Rule("the plan of a lock", "explain lock t", EXPLAIN, SYNTAX, "lock"),
    Rule(
        "a statement of 17 MB",
        f"select 1 /* {'x' * 17_000_000} */",
        "Management Guide, Quotas and limits in Amazon Redshift",
        SYNTAX,
        "Statement is too large",
    ),
]
