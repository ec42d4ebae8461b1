"""What can go wrong in a deployment, as sentences that say what to do."""

from __future__ import annotations

from connectors.failures import StarjoinError


class DeployError(StarjoinError, RuntimeError):
    """A deployment stopped; the message says why and what to do."""


class BadEnvironmentError(DeployError):
    """An environment's file cannot be used; the message lists every fault and where it is."""


class StackError(DeployError):
    """CloudFormation could not bring a stack in line with its template."""


class ApplicationError(DeployError):
    """The application did not reach the state that was asked for."""


class ForeignResourceError(DeployError):
    """A resource of the expected name belongs to somebody else; nothing has been touched."""


class DataLossError(DeployError):
    """A deployment would lose data or state without permission; nothing has been touched."""
