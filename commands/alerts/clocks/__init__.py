"""The clocks of an alert: what sets them, what happens when they fire, and who is called then."""

from commands.alerts.clocks import calling, deadlines, escalation

__all__ = ["calling", "deadlines", "escalation"]
