"""The names of persons in alerts, and the deletion of every text that may hold some."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from storage.alerts.attachments import AlertAttachments
from storage.alerts.entity import Alert
from storage.alerts.parts import Individual
from storage.alerts.proposals import AlertProposal
from storage.alerts.record import HistoryLine, HistoryText, What
from storage.alerts.requests import AlertRequest
from storage.base import Transaction

CONTACT = "contact"
"""The kind of fact, and the key of a proposal, that says whom to call."""

_OF_PROPOSALS = (What.PROPOSED, What.ACCEPTED, What.DECLINED)
"""Lines of a history that hold what was proposed."""


class Individuals:
    """Persons who are named in alerts, in a table of their own: nothing else that is read of an alert brings them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def add(self, individual: Individual) -> None:
        self._session.add(individual)
        await self._session.flush()

    async def of(self, alert: Alert) -> Sequence[Individual]:
        """Return the persons named in an alert, in the order they were named."""
        query = select(Individual).where(Individual.alert_id == alert.id)
        return (await self._session.scalars(query.order_by(Individual.id))).all()

    async def remove(self, individual: Individual) -> None:
        await self._session.delete(individual)

    async def purge(self, alert: Alert) -> None:
        """Delete for good what may name persons: names, notes, requests and answers, reasons, whom to call, files.

        The words of the author are deleted by `Alert.purge`. What happened, when and by which authority stays.
        """
        lines = select(HistoryLine.id).where(HistoryLine.alert_id == alert.id)
        unsynchronized = {"synchronize_session": False}
        for statement in (
            delete(Individual).where(Individual.alert_id == alert.id),
            delete(HistoryText).where(HistoryText.line_id.in_(lines)),
            update(AlertRequest).where(AlertRequest.alert_id == alert.id).values(text="", answer=None),
            update(AlertProposal).where(AlertProposal.alert_id == alert.id).values(why=""),
        ):
            await self._session.execute(statement, execution_options=unsynchronized)
        await AlertAttachments(self._tx).purge(alert)
        for proposal in await self._session.scalars(select(AlertProposal).where(AlertProposal.alert_id == alert.id)):
            proposal.changes = _without_contact(proposal.changes)
        proposed = select(HistoryLine).where(HistoryLine.alert_id == alert.id, HistoryLine.what.in_(_OF_PROPOSALS))
        for line in await self._session.scalars(proposed):
            line.details = {**line.details, "changes": _without_contact(line.details["changes"])}


def _without_contact(changes: dict[str, list[str]]) -> dict[str, list[str]]:
    return {key: values for key, values in changes.items() if key != CONTACT}
