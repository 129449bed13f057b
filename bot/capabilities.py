"""Finds every module-level `capability` in commands/ and holds them together; nothing central lists them."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeVar

import commands
from commands.base import (
    Announcer,
    AnswerHandler,
    BoundHandler,
    Capability,
    Command,
    DeliveriesHandler,
    DeliveryHandler,
    DutyTeller,
    Event,
    FileTaker,
    LookHandler,
    Maker,
    MovedHandler,
    RoomHandler,
    Settings,
    ShownDecision,
    TimerHandler,
    UnsaidHandler,
)


class Clash(Exception):
    """Two capabilities declare the same thing."""


@dataclass
class Registry:
    """Everything that was declared, by name."""

    capabilities: Sequence[Capability]
    commands: list[Command] = field(default_factory=list)
    announcers: dict[type[Event], Announcer] = field(default_factory=dict)
    timers: dict[str, TimerHandler] = field(default_factory=dict)
    answers: dict[str, AnswerHandler] = field(default_factory=dict)
    yes_or_no: set[str] = field(default_factory=set)
    deliveries: dict[str, DeliveryHandler] = field(default_factory=dict)
    deliveries_together: dict[str, DeliveriesHandler] = field(default_factory=dict)
    files: dict[str, FileTaker] = field(default_factory=dict)
    looks: dict[str, LookHandler] = field(default_factory=dict)
    makers: dict[str, Maker] = field(default_factory=dict)
    duties: list[DutyTeller] = field(default_factory=list)
    rooms: list[RoomHandler] = field(default_factory=list)
    bound: list[BoundHandler] = field(default_factory=list)
    moved: list[MovedHandler] = field(default_factory=list)
    shown: dict[str, ShownDecision] = field(default_factory=dict)
    unsaid: list[UnsaidHandler] = field(default_factory=list)
    settings: dict[str, type[Settings]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for capability in self.capabilities:
            for command in capability.commands:
                if any(known.words == command.words for known in self.commands):
                    raise Clash(f"command {command.name} is declared twice")
                self.commands.append(command)
            _merge(self.announcers, capability.announcers)
            _merge(self.timers, capability.timer_handlers)
            _merge(self.answers, capability.answer_handlers)
            self.yes_or_no |= capability.yes_or_no
            _merge(self.deliveries, capability.delivery_handlers)
            _merge(self.deliveries_together, capability.deliveries_handlers)
            _merge(self.files, capability.file_takers)
            _merge(self.looks, capability.look_handlers)
            _merge(self.makers, capability.makers)
            self.duties += capability.duty_tellers
            self.rooms += capability.room_handlers
            self.bound += capability.bound_handlers
            self.moved += capability.moved_handlers
            _merge(self.shown, capability.shown_decisions)
            self.unsaid += capability.unsaid_handlers
            if capability.settings is not None:
                _merge(self.settings, {capability.name: capability.settings})


K = TypeVar("K")
V = TypeVar("V")


def _merge(into: dict[K, V], new: dict[K, V]) -> None:
    for key, value in new.items():
        if key in into:
            raise Clash(f"{key} is declared twice")
        into[key] = value


def discover(package: ModuleType = commands) -> Registry:
    """Import every module and package of commands/ and collect what they declare, in order of their names."""
    found = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        capability = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "capability", None)
        if isinstance(capability, Capability):
            found.append(capability)
    return Registry(found)
