"""How to reach the brokers; handed to every maker of a Kafka client, so that TLS and SASL are only data."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka.helpers import create_ssl_context

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


@dataclass(frozen=True)
class KafkaSettings:
    """One cluster: `bootstrap` is `host:port[,host:port]`, `ca_file` who signed the brokers' certificates (None: whom
    the system trusts), `certificate_file` and `key_file` who we are where brokers ask for a certificate.

    `topic_prefix` begins the names of the topics. `replication` and `min_insync` are given to topics when they are
    made: 1 for one broker, 3 and 2 for a cluster that may lose a machine.
    """

    bootstrap: str
    topic_prefix: str = "rongcuo"
    security_protocol: Protocol = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    replication: int = 1
    min_insync: int = 1

    def client(self) -> dict[str, Any]:
        """Return the arguments that every aiokafka client takes."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol.endswith("SSL"):
            arguments["ssl_context"] = create_ssl_context(
                cafile=self.ca_file, certfile=self.certificate_file, keyfile=self.key_file, password=""
            )
        if self.security_protocol.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return arguments
