"""Who may read a table or view, as the catalogue says it, and the GRANTs that say it again.

`pg_class.relacl` shows everybody's rights to anybody, for users, groups and PUBLIC; roles are in
`SVV_RELATION_PRIVILEGES`, which shows an ordinary user those that he has. Names are used in
statements alone and never logged: a user's name may be a person's.

A data share reads by a role of its own, `ds:<share>`, to which nothing can be granted, as to the
system's (dbt-labs/dbt-adapters#1808): a relation is added to the share instead.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import quote

_RIGHTS: Final = """SELECT array_to_string(c.relacl, ','), current_user
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s"""
_ROLES: Final = """SELECT DISTINCT identity_name FROM svv_relation_privileges
WHERE namespace_name = %s AND relation_name = %s AND privilege_type = 'SELECT'
AND identity_type = 'role'"""
_NAME: Final = r'"(?:[^"]|"")*"|[^"=,/]*'
# grantee=rights/grantor, where a right with an asterisk may be granted on.
_ENTRY: Final = re.compile(
    rf"(?P<kind>group |role )?(?P<name>{_NAME})=(?P<rights>[A-Za-z*]*)/(?:{_NAME})(?:,|$)"
)
_SELECT: Final = "r"
_OF_SHARES: Final = "ds:"
_RESERVED: Final = (_OF_SHARES, "sys:")


@dataclass(frozen=True)
class Grants:
    """Rights to read.

    Attributes:
        grantees: as GRANT names them.
        unread: how many entries of the catalogue have another form than is known.
        shares: how many data shares have the relation.
    """

    grantees: tuple[str, ...] = ()
    unread: int = 0
    shares: int = 0

    @property
    def count(self) -> int:
        """How many may read, PUBLIC counting as one."""
        return len(self.grantees)

    def statements(self, relation: str) -> Iterator[str]:
        """One GRANT each on a relation, given by quoted name."""
        for grantee in self.grantees:
            yield _grant(relation, grantee)

    def remedies(self, relation: str) -> dict[str, str]:
        """By statement, what to do if the warehouse refuses it: it would at every start.

        Who it is about is said by kind and number, in the order of the names of that kind.
        """
        by_kind: dict[str, list[str]] = defaultdict(list)
        for grantee in sorted(self.grantees):
            by_kind[_kind_of(grantee)].append(grantee)
        return {
            _grant(relation, grantee): (
                f"It was to grant SELECT on {relation} to {kind} {number} of {len(grantees)} "
                f"that have it, in the order of their names (SHOW GRANTS ON TABLE {relation}). "
                "This target is as it was. REVOKE SELECT ON it from this one, start again, and "
                "give it the right on the new view in the way that it was given before"
            )
            for kind, grantees in by_kind.items()
            for number, grantee in enumerate(grantees, 1)
        }


def _grant(relation: str, grantee: str) -> str:
    return f"GRANT SELECT ON {relation} TO {grantee}"


def _kind_of(grantee: str) -> str:
    """Of a grantee as GRANT names it, where quotes stand around every name."""
    kind = grantee.partition('"')[0].strip().lower()
    return kind or "user"


def read_grants(cursor: Cursor, schema: str, relation: str) -> Grants:
    """Who may read a relation, but for the loader's own user."""
    cursor.execute(_RIGHTS, (schema, relation))
    ((rights, user),) = cursor.fetchall()
    if not rights:
        return Grants()
    cursor.execute(_ROLES, (schema, relation))
    roles = {str(name) for (name,) in cursor.fetchall()}
    grants = parse_rights(str(rights), str(user))
    named = [f"ROLE {quote(role)}" for role in sorted(roles) if not role.startswith(_RESERVED)]
    shares = sum(role.startswith(_OF_SHARES) for role in roles)
    return replace(grants, grantees=tuple(dict.fromkeys([*grants.grantees, *named])), shares=shares)


def parse_rights(text: str, user: str) -> Grants:
    """The entries of `relacl`, with commas between them, but for those of `user`."""
    grantees: dict[str, None] = {}
    unread, begin = 0, 0
    while begin < len(text):
        entry = _ENTRY.match(text, begin)
        if entry is None:
            unread += 1
            begin = text.find(",", begin) + 1 or len(text)
            continue
        begin = entry.end()
        name = _unquote(entry["name"])
        is_ours = name == user and not entry["kind"]
        if _SELECT in entry["rights"] and not is_ours and not name.startswith(_RESERVED):
            grantees[_grantee(entry["kind"] or "", name, entry["rights"])] = None
    return Grants(tuple(grantees), unread)


def _grantee(kind: str, name: str, rights: str) -> str:
    if not name:
        return "PUBLIC"
    option = " WITH GRANT OPTION" if f"{_SELECT}*" in rights else ""
    return f"{kind.upper()}{quote(name)}{option}"


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
