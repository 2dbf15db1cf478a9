"""Issues the notice that an event of another service calls for."""

from uuid import UUID, uuid5

from services.notification.domain.notice.commands import IssueNotice
from services.notification.domain.notice.decisions import DECIDER, Template
from shared.contracts.adjudication import FedBack
from shared.contracts.intake import SubmissionAccepted, SubmissionReturned
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.messaging.message import Message
from shared.rules.pack import Rulebook


class Issuer:
    """Writes notices on behalf of one consumer."""

    def __init__(self, store: EventStore, rules: Rulebook) -> None:
        self._store = store
        self._rules = rules

    async def issue(
        self,
        event: SubmissionAccepted | SubmissionReturned | FedBack,
        message: Message,
        template: Template,
        about: UUID,
    ) -> None:
        """Tell the party that `event` names, and the cadre concerned if that is somebody else, once for ever.

        The notice's id follows from event, template and party. An event that names nobody is passed over. The
        watermark goes with the last notice: what was issued before a crash is recognised.
        """
        concerned = None if isinstance(event, SubmissionReturned) else event.concerned
        parties = [party for party in dict.fromkeys([concerned, event.notify]) if party is not None]
        for party in parties:
            command = IssueNotice(
                notice_id=uuid5(message.recorded.event_id, f"{template}:{party}"),
                party=party,
                matter=event.matter,
                jurisdiction=event.jurisdiction,
                rules_version=event.rules_version,
                template=template.value,
                about_service=message.recorded.log,
                about_id=about,
                at=self._store.clock(),
            )
            await transact(
                self._store,
                DECIDER,
                command.notice_id,
                command,
                rules=self._rules,
                cause=message.cause(message.consumer),
                watermark=message.watermark if party == parties[-1] else None,
                wait=True,
            )
