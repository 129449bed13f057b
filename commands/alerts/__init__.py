"""Alerts about suspect waste shipments: raised, verified, circulated, controlled, taken back, closed, found again.

Where to look in this package:

- what officials type: `raising` until an alert is sent, `pursuing` after, `reading` to ask
- who may, and who is told: `rights`, `audience`, `second_pair`; which alert is meant: `finding`, `meant`
- how it is told: `announcing` hears what happened; `circulating` brings the cards and the lines below them up to date,
  and takes back; `clocks` remind, and call many persons a few at a time
- what it looks like: `showing`
- what an alert is made of: `facts`; what it has in common with others: `matching`
"""

from commands.alerts import announcing, circulating, clocks, pursuing, raising, reading
from commands.alerts.declaration import AlertSettings, capability

__all__ = [
    "AlertSettings", "announcing", "capability", "circulating", "clocks", "pursuing", "raising", "reading",
]  # fmt: skip
