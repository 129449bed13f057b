"""Who hears of an alert: cards, lines and drafts are brought up to date, and taken back where they may not stand."""

from commands.alerts.circulating import arriving, circulation, waiting

__all__ = ["arriving", "circulation", "waiting"]
