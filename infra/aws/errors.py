"""What can go wrong in a deployment, as sentences that say what to do."""

from __future__ import annotations


class DeployError(RuntimeError):
    """A deployment stopped; the message says why and what to do."""


class BadEnvironmentError(DeployError):
    """An environment's file cannot be used; the message lists every fault with its place."""


class StackError(DeployError):
    """CloudFormation could not bring a stack to what its template says."""


class ApplicationError(DeployError):
    """The application did not reach the state that was asked for."""


class ForeignResourceError(DeployError):
    """A resource has the environment's name and is not its own; nothing has been touched."""


class DataLossError(DeployError):
    """A deployment would lose data or state that nobody has given up; nothing has been touched."""
