"""From settings to a service: where it listens, what it begins TLS with, what a connection may do.

The command and the servers of tests are made of this.
"""

import logging
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeldapd import certificates
from fakeldapd.config import Config, ConfigError

if TYPE_CHECKING:
    from fakeldapd.double.request_file import RequestFile
    from fakeldapd.operations.directory import Directory
    from fakeldapd.operations.request import Handler
    from fakeldapd.server.service import Service
    from fakeldapd.server.tls import ServerTLS

_log = logging.getLogger(__name__)


def listen_addresses(settings: Config, environ: MutableMapping[str, str]) -> "list[Any]":
    """What ``--listen`` asks for. Raises ListenError."""
    from fakeldapd.server import listen

    addresses: list[Any] = []
    for text in settings.listen:
        if text == "systemd:":
            addresses += listen.inherited(environ, allow_remote=settings.allow_remote)
        else:
            addresses.append(listen.parse(text, allow_remote=settings.allow_remote))
    if not settings.offers_tls and any(getattr(address, "tls", False) for address in addresses):
        raise listen.ListenError("--listen ldaps: needs a certificate: --tls auto, or --tls-cert FILE --tls-key FILE")
    return addresses


def ca_file(settings: Config, environ: Mapping[str, str]) -> str | None:
    """The file with the authority that clients should trust, where we know it."""
    if settings.tls == "auto":
        return str(certificates.directory(settings.tls_directory, environ) / "ca.pem")
    return str(Path(settings.tls_ca).absolute()) if settings.tls_ca else None


def make_tls(settings: Config, environ: Mapping[str, str]) -> "ServerTLS | None":
    """What connections begin TLS with, None without. Raises ConfigError for certificates and keys that are no good."""
    if not settings.offers_tls:
        return None
    from fakeldapd.server.tls import ServerTLS, TLSError, TLSFiles

    try:
        if settings.tls == "auto":
            made = certificates.ensure(certificates.directory(settings.tls_directory, environ))
            certificate, key, authorities = str(made.certificate), str(made.key), settings.tls_ca or str(made.ca)
        else:
            certificate, key = settings.tls_cert, settings.tls_key or settings.tls_cert
            authorities = settings.tls_ca
        return ServerTLS(TLSFiles(certificate, key, authorities, settings.tls_client_cert))
    except certificates.CertificateError as error:
        raise ConfigError(f"--tls auto: {error}; --tls-directory DIR takes another place") from None
    except TLSError as error:
        raise ConfigError(str(error)) from None


def reload_tls(settings: Config, tls: "ServerTLS", environ: Mapping[str, str]) -> None:
    """Read certificates and keys again, for connections that begin from now on. What is no good is logged, and those of
    before stay."""
    from fakeldapd.server.tls import TLSError

    try:
        if settings.tls == "auto":
            certificates.ensure(certificates.directory(settings.tls_directory, environ))
        tls.reload()
    except (certificates.CertificateError, TLSError) as error:
        _log.error("certificates are not reloaded: %s", error)
    else:
        _log.warning("certificates reloaded")


def make_service(
    settings: Config,
    directory: "Directory",
    reactor: Any,
    tls: "ServerTLS | None" = None,
    handler: "Handler | None" = None,
) -> "Service":
    """The directory behind its middleware, ready to listen; ``handler`` is it with what else is around it. Raises
    ConfigError where requests can't be written.
    """
    from fakeldapd.server.service import LDAPServerFactory, Limits, Service

    requests = _request_file(settings)
    if handler is None:
        handler = directory
        if requests is not None:
            from fakeldapd.middleware.recorder import recorder

            handler = recorder(requests)(handler)
        if settings.log_level in ("debug", "info"):
            from fakeldapd.middleware.access_log import access_log

            handler = access_log(handler)
    limits = Limits(max_connections=settings.max_connections, idle_timeout=settings.idle_timeout)
    if settings.max_message_size is not None:
        limits = Limits(
            max_message_size=settings.max_message_size,
            max_message_size_bound=settings.max_message_size,
            max_connections=settings.max_connections,
            idle_timeout=settings.idle_timeout,
        )
    factory = LDAPServerFactory(
        handler, reactor, limits, notice_on_stop=settings.notice_on_stop, tls=tls, read_dn=directory.schema.dn
    )
    if requests is not None:
        factory.opened = requests.opened
    return Service(factory, reactor)


def _request_file(settings: Config) -> "RequestFile | None":
    """Where requests are written to, None: nowhere. Raises ConfigError."""
    if not settings.record_requests:
        return None
    from fakeldapd.double.request_file import RequestFile

    try:
        return RequestFile(settings.record_requests)
    except OSError as error:
        raise ConfigError(f"--record-requests {settings.record_requests}: {error.strerror}") from None
