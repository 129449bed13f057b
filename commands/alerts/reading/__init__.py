"""The commands that ask and change nothing."""

from commands.alerts.reading import links, lookup, next_steps, owing

__all__ = ["links", "lookup", "next_steps", "owing"]
