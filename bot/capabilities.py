"""Finds every module-level `capability` in commands/ and holds them together; nothing central lists them."""

import importlib
import pkgutil
from dataclasses import dataclass, field, fields
from types import ModuleType
from typing import Any

import commands
from commands.base import Capability, Clash, Declarations, Settings, keep, keep_once


@dataclass
class Registry(Declarations):
    """Everything that was declared, by name. Raises Clash when two declare the same."""

    capabilities: list[Capability] = field(default_factory=list)
    settings: dict[str, type[Settings]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for capability in self.capabilities:
            for command in capability.commands:
                if any(known.words == command.words for known in self.commands):
                    raise Clash(f"command {command.name} is declared twice")
                self.commands.append(command)
            for part in fields(Declarations):
                if part.name != "commands":
                    _take(getattr(capability.declared, part.name), getattr(self, part.name))
            if capability.settings is not None:
                keep(capability.name, capability.settings, self.settings)


def _take(declared: Any, known: Any) -> None:
    """Keep all of one part of what a capability declares beside what others do."""
    if isinstance(known, dict):
        for name, one in declared.items():
            keep(name, one, known)
    elif isinstance(known, set):
        known |= declared
    else:
        for one in declared:
            keep_once(one, known)


def discover(package: ModuleType = commands) -> Registry:
    """Import every module and package of commands/ and collect what they declare, in order of their names."""
    found = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        capability = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "capability", None)
        if isinstance(capability, Capability):
            found.append(capability)
    return Registry(capabilities=found)
