"""Whether the brokers are there and take us for who we are: what workers and jobs ask before they begin."""

import asyncio
import logging
import ssl

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.waiting import monotonic

_REFUSALS = (ssl.SSLError, SaslAuthenticationFailed, UnsupportedSaslMechanismError, IllegalSaslStateError)
_ANSWER_MS, _PAUSE_S = 5_000, 0.5
logger = logging.getLogger(__name__)


class BrokersRefused(RuntimeError):
    """Brokers that a process cannot begin with; the message says which and why in one line, without secrets."""


async def await_brokers(settings: KafkaSettings, patience_s: float = 0) -> None:
    """Return when a broker of the cluster answers us; raises BrokersRefused.

    Brokers that are not there (yet) are waited for, up to `patience_s` seconds; a wrong password or a certificate that
    is not trusted is refused at once.
    """
    deadline, told = monotonic() + patience_s, False
    while error := await _none_answers(settings):
        reason = f"{type(error).__name__}: {error}".replace("\n", " ")
        if isinstance(error, _REFUSALS):
            raise BrokersRefused(f"Kafka at {settings.bootstrap}: {reason}")
        if monotonic() >= deadline:
            hint = f"is {settings.security_protocol} what it speaks?"
            raise BrokersRefused(f"Kafka at {settings.bootstrap} cannot be reached, {hint} {reason}")
        if not told:
            logger.warning("waiting for Kafka at %s: %s", settings.bootstrap, reason)
        told = True
        await asyncio.sleep(_PAUSE_S)


async def _none_answers(settings: KafkaSettings) -> Exception | None:
    """Return None as soon as one broker answers, else what the last one came to; a refusal by any counts at once."""
    arguments = settings.client()
    last: Exception | None = None
    for address in arguments.pop("bootstrap_servers"):
        host, _, port = address.rpartition(":")
        try:
            connection = await create_conn(host, int(port), request_timeout_ms=_ANSWER_MS, **arguments)
        except (OSError, KafkaError, TimeoutError) as error:
            if isinstance(error, _REFUSALS):
                return error
            last = error
        else:
            connection.close()
            return None
    return last
