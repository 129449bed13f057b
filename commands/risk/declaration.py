"""The capability itself, for its modules."""

from commands.base import Capability
from commands.document import _

capability = Capability("risk", _("The risk of a shipment, in points"))
