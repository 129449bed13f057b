"""Imports every module of storage/ that may declare tables, so that the metadata is complete."""

import importlib
import pkgutil

import storage

_WITHOUT_TABLES = frozenset({"migrations", "reference", "schema", "models"})
"""What declares no tables."""


def load() -> None:
    """Import the modules and packages of storage/, but not its migrations and code tables."""
    for module in pkgutil.iter_modules(storage.__path__):
        if module.name not in _WITHOUT_TABLES:
            importlib.import_module(f"storage.{module.name}")
