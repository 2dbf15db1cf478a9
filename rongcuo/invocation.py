"""What every command begins with: the settings of this invocation, and logs that follow them."""

import logging

from shared.settings import Settings, load_settings


def given_settings(**given: object) -> Settings:
    """Read the environment; what the command line gives wins."""
    settings = load_settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for detail in ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks"):
        setattr(logging, detail, False)  # looked up for every line, shown in none
    for library in ("aiokafka", "alembic", "httpx"):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))
    # A group that a new broker does not know yet is said to be an error; our own watchdog tells real ones.
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.CRITICAL)
    return settings
