"""How does a worker prove to Kafka who it is? By a certificate (mutual TLS), or by a password."""

import ssl
from typing import Any

import faust
from aiokafka.helpers import create_ssl_context

from ledger.errors import LedgerError
from ledger.settings import Settings


def client_options(settings: Settings) -> dict[str, Any]:
    """What every aiokafka client is given. Raises LedgerError if a file can't be used."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka}
    context = _context(settings)
    if context is not None:
        options |= {"ssl_context": context, "security_protocol": "SSL"}
    if settings.kafka_user:
        options |= {
            "security_protocol": "SASL_SSL" if context else "SASL_PLAINTEXT",
            "sasl_mechanism": settings.kafka_sasl,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": _password(settings),
        }
    return options


def credentials(settings: Settings) -> Any:
    """The same for Faust; None where Kafka is open."""
    context = _context(settings)
    if settings.kafka_user:
        return faust.SASLCredentials(
            username=settings.kafka_user,
            password=_password(settings),
            ssl_context=context,
            mechanism=settings.kafka_sasl,
        )
    return None if context is None else faust.SSLCredentials(context)


def _context(settings: Settings) -> ssl.SSLContext | None:
    if not (settings.kafka_ca or settings.kafka_cert):
        return None
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=settings.kafka_ca or None,
            certfile=settings.kafka_cert or None,
            keyfile=settings.kafka_cert_key or None,
        )
    except (OSError, ssl.SSLError) as error:
        raise LedgerError(
            f"can't use VLEDGER_KAFKA_CA, _CERT or _CERT_KEY: {error}: they name files in PEM"
        ) from None
    return context


def _password(settings: Settings) -> str:
    if settings.kafka_sasl == "PLAIN" and not settings.kafka_ca:
        raise LedgerError("PLAIN would send the password in the clear: set VLEDGER_KAFKA_CA")
    if settings.kafka_password_file is None:
        raise LedgerError("VLEDGER_KAFKA_USER needs VLEDGER_KAFKA_PASSWORD_FILE")
    try:
        return settings.kafka_password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"can't read {settings.kafka_password_file}: {error}") from None
