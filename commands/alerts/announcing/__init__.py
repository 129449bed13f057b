"""What is said when something happens to an alert."""

from commands.alerts.announcing import happened, seen_again

__all__ = ["happened", "seen_again"]
