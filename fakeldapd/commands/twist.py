"""``twist fakeldapd`` and ``twistd fakeldapd``: the same server, as a service of Twisted's application runners.

The options are those of ``fakeldapd serve``, made from the same table. What runs the reactor, logs and handles signals
is Twisted's runner, so ``--log`` and ``--log-level`` leave the runner's own lines alone.
"""

import os
from typing import Any

from twisted.application.service import Service as ApplicationService
from twisted.internet.defer import Deferred
from twisted.python.usage import Options as UsageOptions
from twisted.python.usage import UsageError

from fakeldapd import config, logs
from fakeldapd.commands.serve import announce, on_hangup, remove_ready_file, settle_memory
from fakeldapd.config import Config, ConfigError
from fakeldapd.loading import LoadError, build
from fakeldapd.server.listen import ListenError, notify
from fakeldapd.server.reactor import in_thread
from fakeldapd.serving import listen_addresses, make_service, make_tls


class Options(UsageOptions):
    """The rows of Config as twist wants them; ``settings``, ``addresses`` and the loaded ``directory`` afterwards.

    Loading belongs here, since this is where twist tells the user what is wrong instead of showing a traceback.
    """

    synopsis = "[FILE.ldif ...] [options]"

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}
        super().__init__()  # type: ignore[no-untyped-call]

    def parseArgs(self, *files: str) -> None:
        """What is not an option."""
        if files:
            self.given["files"] = files

    def postOptions(self) -> None:
        """Everything has been read."""
        try:
            self.settings = Config.make(self.given, os.environ)
            self.addresses = listen_addresses(self.settings, os.environ)
            logs.configure(self.settings.log, self.settings.log_level)
            remove_ready_file(self.settings)
            self.tls = make_tls(self.settings, os.environ)
            self.directory = build(self.settings, in_thread(_reactor))
        except (ConfigError, ListenError, LoadError) as error:
            raise UsageError(str(error)) from error


def _flag_method(name: str, text: str) -> Any:
    def opt(self: Options) -> None:
        self.given[name] = True

    opt.__doc__ = text
    return opt


def _value_method(name: str, option: config.Option, text: str) -> Any:
    def opt(self: Options, value: str) -> None:
        try:
            if option.many:
                self.given[name] = (*self.given.get(name, ()), *option.parse_all([value]))
            else:
                self.given[name] = option.parse(value)
        except ValueError as error:
            raise UsageError(f"--{name.replace('_', '-')} {value}: {error}") from error

    opt.__doc__ = text
    return opt


def _add_options() -> None:
    """Twisted's parser finds options by the names of methods."""
    for name, option in config.options():
        if name == "files":
            continue
        text = config.help_text(option, config.default(name))
        method = _flag_method(name, text) if option.is_flag else _value_method(name, option, text)
        setattr(Options, f"opt_{name}", method)


_add_options()


class DirectoryService(ApplicationService):
    """Listens while it runs."""

    def __init__(self, options: Options) -> None:
        self._settings = options.settings
        self._addresses = options.addresses
        self._directory = options.directory
        self._tls = options.tls

    def startService(self) -> None:
        """Listen, and say so. Raises CannotListen, which ends the runner."""
        super().startService()  # type: ignore[no-untyped-call]
        reactor = _reactor()
        settle_memory()
        self._service = make_service(self._settings, self._directory, reactor, self._tls)
        self._service.listen(self._addresses)
        reactor.callWhenRunning(self._ready)

    def _ready(self) -> None:
        on_hangup(self._settings, self._tls, _reactor())
        announce(self._settings, self._directory, self._service.urls)
        notify(os.environ, "READY=1")

    def stopService(self) -> "Deferred[None]":
        """Finish what is under way; fires when the last connection is gone."""
        super().stopService()  # type: ignore[no-untyped-call]
        notify(os.environ, "STOPPING=1")
        remove_ready_file(self._settings)
        return self._service.stop()


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor


def makeService(options: Options) -> DirectoryService:
    """What twist calls once the options have been read."""
    return DirectoryService(options)
