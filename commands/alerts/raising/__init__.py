"""The commands until an alert is sent: drafted, corrected, looked at by a second pair of eyes, sent."""

from commands.alerts.raising import correcting, drafting, handing_over, joining, sending, submitting, verifying

__all__ = ["correcting", "drafting", "handing_over", "joining", "sending", "submitting", "verifying"]
