"""Finds every module-level `capability` in commands/ and holds them together; nothing central lists them."""

import importlib
import pkgutil
from dataclasses import dataclass, field, fields
from types import ModuleType

import commands
from commands.base import Capability, Clash, Declarations, Settings, keep


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
                mine, new = getattr(self, part.name), getattr(capability.declared, part.name)
                if isinstance(mine, dict):
                    for name, declared in new.items():
                        keep(name, declared, mine)
                elif isinstance(mine, set):
                    mine |= new
                elif part.name != "commands":
                    mine += new
            if capability.settings is not None:
                keep(capability.name, capability.settings, self.settings)


def discover(package: ModuleType = commands) -> Registry:
    """Import every module and package of commands/ and collect what they declare, in order of their names."""
    found = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        capability = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "capability", None)
        if isinstance(capability, Capability):
            found.append(capability)
    return Registry(capabilities=found)
