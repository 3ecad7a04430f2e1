"""The collection of what stands per noun: one module a noun, so that no list has to be edited."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

Declared = TypeVar("Declared")


def collected(
    package: str, folders: Iterable[str], name: str, kind: type[Declared]
) -> dict[str, Declared]:
    """Return what each module of a package declares as `name`, by the module's own name.

    In the order of the modules' names, whatever the order of files on the disk. AttributeError or
    TypeError for a module that declares nothing, or something else: it would silently be left out.
    """
    found: dict[str, Declared] = {}
    for module in sorted(info.name for info in iter_modules(folders)):
        declared = getattr(import_module(f"{package}.{module}"), name)
        if not isinstance(declared, kind):
            raise TypeError(f"{package}.{module}: {name} is no {kind.__name__}")
        found[module] = declared
    return found
