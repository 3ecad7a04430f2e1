"""The Lambda functions, one module each: what it is told, how large it is, what it may do."""

from infra.collection import collected
from infra.declarations import Function

FUNCTIONS = collected(__name__, __path__, "FUNCTION", Function)
"""The grants, by package of `functions/`."""
