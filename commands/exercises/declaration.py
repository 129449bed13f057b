"""The capability to which the files of this package add what they do."""

from commands.base import Capability
from commands.document import _

capability = Capability("exercises", _("International inspection exercises"))
