"""`plugins`, of the API: it answers from its own code."""

from infra.declarations import Function
from infra.resources import grant_nothing

FUNCTION = Function(grant=grant_nothing)
