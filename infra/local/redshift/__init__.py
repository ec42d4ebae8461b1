"""A stand-in for Amazon Redshift: a PostgreSQL wire front before an embedded PostgreSQL."""

from infra.local.redshift.control import Fault, Faults
from infra.local.redshift.faults import Action, Rule, When
from infra.local.redshift.service import LocalRedshift

__all__ = ["Action", "Fault", "Faults", "LocalRedshift", "Rule", "When"]
