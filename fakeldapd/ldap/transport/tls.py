"""What a client wants of TLS, in libldap's options, as a context of Python's ``ssl``.

A context is made when it is first needed, and again when OPT_X_TLS_NEWCTX asks for it: options changed in between have
no effect, as in libldap.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

NEVER, HARD, DEMAND, ALLOW, TRY = range(5)
"""OPT_X_TLS_REQUIRE_CERT: not looked at (never, allow); looked at where there is one (try); needed (demand, hard)."""

_TLS_1_2 = 0x303
_VERSIONS = range(0x301, 0x305)
"""OPT_X_TLS_PROTOCOL_MIN and _MAX, and Python's numbers, too."""


class TLSFileMissing(Exception):
    """A file that an option names is not there, or not what it should be."""


@dataclass(slots=True)
class TLSSettings:
    """The options. Files are paths or None; ``timeout`` bounds the handshake, in seconds."""

    require: int = DEMAND
    ca_file: str | None = None
    ca_directory: str | None = None
    certificate: str | None = None
    key: str | None = None
    ciphers: str | None = None
    minimum: int = 0
    maximum: int = 0
    timeout: float | None = None
    _context: "ssl.SSLContext | None" = field(default=None, repr=False)

    def context(self) -> "ssl.SSLContext":
        """The context, made on first use. Raises ssl.SSLError, OSError."""
        if self._context is None:
            self._context = self._made()
        return self._context

    @property
    def subject(self) -> bytes | None:
        """The DN in the client's own certificate, None where there is none."""
        if self.certificate is None:
            return None
        import ssl

        from fakeldapd.schema.x509 import certificate_subject

        try:
            text = Path(self.certificate).read_text("ascii", "replace")
            start, end = text.index(ssl.PEM_HEADER), text.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
            return certificate_subject(ssl.PEM_cert_to_DER_cert(text[start:end]))
        except (OSError, ValueError):
            return None

    def check(self) -> None:
        """Make the context now. Raises TLSFileMissing."""
        try:
            self.context()
        except (OSError, ValueError) as error:
            raise TLSFileMissing(str(error)) from None

    def _made(self) -> "ssl.SSLContext":
        import ssl  # not everybody wants TLS

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        if self.require in (NEVER, ALLOW):
            context.verify_mode = ssl.CERT_NONE
        if self.ca_file is not None or self.ca_directory is not None:
            if self.ca_directory is not None and not Path(self.ca_directory).is_dir():
                raise FileNotFoundError(self.ca_directory)
            context.load_verify_locations(self.ca_file, self.ca_directory)
        else:
            context.set_default_verify_paths()
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key or self.certificate)
        if self.ciphers is not None and ":" not in self.ciphers.lstrip("+-!"):
            context.set_ciphers(self.ciphers)
        context.minimum_version = ssl.TLSVersion(self.minimum if self.minimum in _VERSIONS else _TLS_1_2)
        if self.maximum in _VERSIONS:
            context.maximum_version = ssl.TLSVersion(self.maximum)
        context.check_hostname = self.require not in (NEVER, ALLOW)
        return context
