"""Settings: the same from the command line, from the environment and by default; and what is refused."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from fakeldapd import config
from fakeldapd.config import Config, ConfigError


def parse(*words: str, **environ: str) -> Config:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    config.add_arguments(parser)
    return config.from_arguments(
        parser.parse_args(words), {f"FAKELDAPD_{name}": value for name, value in environ.items()}
    )


DEFAULTS: dict[str, Any] = {
    "files": (),
    "listen": ("ldap://127.0.0.1:1389",),
    "base": (),
    "admin_dn": "",
    "admin_password": "admin",
    "admin_password_file": "",
    "schema": (),
    "schema_check": "strict",
    "empty": False,
    "read_only": False,
    "anonymous": "read",
    "allow_remote": False,
    "ldif_no_syntax_check": False,
    "ldif_file_urls": "",
    "ldif_operational": "keep",
    "notice_on_stop": False,
    "ready_file": "",
    "record_requests": "",
    "log": "text",
    "log_level": "warning",
    "max_message_size": None,
    "size_limit": 500,
    "time_limit": 3600,
    "max_connections": 0,
    "idle_timeout": 0.0,
    "overlay": (),
    "tls": "off",
    "tls_directory": "",
    "tls_cert": "",
    "tls_key": "",
    "tls_ca": "",
    "tls_client_cert": "none",
    **dict.fromkeys(("access", "allow", "disallow", "require", "security", "restrict", "referral", "limits"), ()),
    "authz_regexp": (),
    "authz_policy": "none",
    "sasl_secprops": "noplain,noanonymous",
}


def test_defaults() -> None:
    settings = parse()
    assert {each.name: getattr(settings, each.name) for each in fields(settings)} == DEFAULTS


ROWS = [
    (["--listen", "ldap://[::1]", "--listen", "systemd:"], "LISTEN", "ldap://[::1];systemd:", "listen"),
    (["--base", "dc=a,dc=b", "--base", "o=c"], "BASE", "dc=a,dc=b\no=c\n", "base"),
    (["--admin-dn", "cn=x"], "ADMIN_DN", "cn=x", "admin_dn"),
    (["--admin-password", "a;b"], "ADMIN_PASSWORD", "a;b", "admin_password"),
    (["--schema", "core,nis", "--schema", "./x.schema"], "SCHEMA", "core;nis,./x.schema", "schema"),
    (["--schema-check", "off"], "SCHEMA_CHECK", "off", "schema_check"),
    (["--empty"], "EMPTY", "1", "empty"),
    (["--read-only"], "READ_ONLY", "yes", "read_only"),
    (["--anonymous", "deny"], "ANONYMOUS", "deny", "anonymous"),
    (["--allow-remote"], "ALLOW_REMOTE", "TRUE", "allow_remote"),
    (["--ldif-no-syntax-check"], "LDIF_NO_SYNTAX_CHECK", "on", "ldif_no_syntax_check"),
    (["--ldif-file-urls", "."], "LDIF_FILE_URLS", ".", "ldif_file_urls"),
    (["--ldif-operational", "new"], "LDIF_OPERATIONAL", "new", "ldif_operational"),
    (["--notice-on-stop"], "NOTICE_ON_STOP", "1", "notice_on_stop"),
    (["--ready-file", "ready"], "READY_FILE", "ready", "ready_file"),
    (["--record-requests", "asked"], "RECORD_REQUESTS", "asked", "record_requests"),
    (["--log", "json"], "LOG", "json", "log"),
    (["--log-level", "debug"], "LOG_LEVEL", "debug", "log_level"),
    (["--max-message-size", "0"], "MAX_MESSAGE_SIZE", "0", "max_message_size"),
    (["--size-limit", "7"], "SIZE_LIMIT", "7", "size_limit"),
    (["--time-limit", "7"], "TIME_LIMIT", "7", "time_limit"),
    (["--max-connections", "7"], "MAX_CONNECTIONS", "7", "max_connections"),
    (["--idle-timeout", "1.5"], "IDLE_TIMEOUT", "1.5", "idle_timeout"),
    (["--overlay", "sssvlv,deref", "--overlay", "x:a b"], "OVERLAY", "sssvlv,deref;x:a b", "overlay"),
    (["--tls", "auto"], "TLS", "auto", "tls"),
    (["--tls", "auto", "--tls-directory", "."], "TLS_DIRECTORY", ".", "tls_directory"),
    (["--tls-cert", "c"], "TLS_CERT", "c", "tls_cert"),
    (["--tls-cert", "c", "--tls-key", "k"], "TLS_KEY", "k", "tls_key"),
    (["--tls-cert", "c", "--tls-ca", "ca"], "TLS_CA", "ca", "tls_ca"),
    (["--tls", "auto", "--tls-client-cert", "try"], "TLS_CLIENT_CERT", "try", "tls_client_cert"),
    (["--access", "to a", "--access", "@f"], "ACCESS", "to a\n@f", "access"),
    (["--allow", "bind_v2,UPDATE_ANON"], "ALLOW", "bind_v2;update_anon", "allow"),
    (["--disallow", "bind_anon", "--disallow", "tls_authc"], "DISALLOW", "bind_anon,tls_authc", "disallow"),
    (["--require", "sasl,ldapv3"], "REQUIRE", "SASL,LDAPv3", "require"),
    (["--security", "ssf=1,TLS=2"], "SECURITY", "ssf=1;tls=2", "security"),
    (["--restrict", "add,extended=1.2.3"], "RESTRICT", "add;extended=1.2.3", "restrict"),
    (["--referral", "ldap://a"], "REFERRAL", "ldap://a", "referral"),
    (["--limits", "* size=1", "--limits", "users size=2"], "LIMITS", "* size=1;users size=2", "limits"),
    (["--authz-regexp", "a b", "--authz-regexp", "c d"], "AUTHZ_REGEXP", "a b\nc d", "authz_regexp"),
    (["--authz-policy", "to"], "AUTHZ_POLICY", "to", "authz_policy"),
    (["--sasl-secprops", "none"], "SASL_SECPROPS", "none", "sasl_secprops"),
    (["a.ldif", "b.ldif"], "FILES", "a.ldif;b.ldif", "files"),
]


NOT_ALONE = ("tls_directory", "tls_key", "tls_ca", "tls_client_cert")
"""They mean nothing without what the row has before them."""


@pytest.mark.parametrize(("words", "variable", "value", "name"), ROWS, ids=[row[3] for row in ROWS])
def test_the_environment_says_the_same_as_the_command_line(
    words: list[str], variable: str, value: str, name: str
) -> None:
    settings = parse(*words)
    assert getattr(settings, name) != DEFAULTS[name]
    before = words[:-2] if name in NOT_ALONE else []
    assert parse(*before, **{variable: value}) == settings


def test_every_option_is_in_the_table_above() -> None:
    assert {row[3] for row in ROWS} | {"admin_password_file"} == {name for name, _ in config.options()}


def test_the_command_line_counts_more() -> None:
    assert parse("--size-limit", "1", "--base", "o=a", SIZE_LIMIT="2", BASE="o=b;o=c", TIME_LIMIT="3") == Config(
        size_limit=1, base=("o=a",), time_limit=3
    )


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        ([], {"SIZE_LIMIT": "many"}, "FAKELDAPD_SIZE_LIMIT=many: a whole number"),
        ([], {"SIZE_LIMIT": "-1"}, "FAKELDAPD_SIZE_LIMIT=-1"),
        ([], {"IDLE_TIMEOUT": "nan"}, "FAKELDAPD_IDLE_TIMEOUT=nan: a number of seconds"),
        (["--allow", "bind_v4"], {}, "--allow bind_v4: one of bind_v2, "),
        (["--security", "ssf"], {}, "--security ssf: a whole number"),
        (["--security", "foo=1"], {}, "--security foo=1: one of ssf, "),
        ([], {"RESTRICT": "everything"}, "FAKELDAPD_RESTRICT=everything: one of bind, "),
        (["--access", "to * by * read", "--anonymous", "deny"], {}, "--access and --anonymous deny"),
        ([], {"EMPTY": "perhaps"}, "FAKELDAPD_EMPTY=perhaps: yes or no"),
        ([], {"SCHEMA_CHECK": "loose"}, "one of strict, lenient, off"),
        ([], {"LISTEN": ";\n"}, "--listen: no address"),
        (["x.ldif", "--empty"], {}, "--empty and x.ldif"),
        (["--admin-password", ""], {}, "--admin-password: must not be empty"),
        (["--admin-password", "a", "--admin-password-file", "b"], {}, "give one of them"),
        (["--admin-password-file", "no-such-file"], {}, "no-such-file: No such file"),
        (["--ready-file", "no/such/place"], {}, "--ready-file no/such/place"),
        (["--ldif-file-urls", "no-such-place"], {}, "--ldif-file-urls no-such-place"),
    ],
)
def test_refused(words: list[str], environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(*words, **environ)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "words", [["--size-limit", "-1"], ["--size-limit", "x"], ["--log", "xml"], ["--idle-timeout", "-1"], ["--no-such"]]
)
def test_refused_by_the_parser(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(*words)
    assert words[0] in capsys.readouterr().err


def test_a_password_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\r\nnot this\n")
    assert parse("--admin-password-file", str(file)).admin_password == "from the file"
    assert parse(ADMIN_PASSWORD_FILE=str(file), ADMIN_PASSWORD="x").admin_password == "from the file"
    assert parse("--admin-password", "y", ADMIN_PASSWORD_FILE=str(file)).admin_password == "y"


def test_help_shows_every_option_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    config.add_arguments(parser)
    text = " ".join(parser.format_help().split())
    for name, _ in config.options():
        assert name == "files" or "--" + name.replace("_", "-") in text
    for default in ("ldap://127.0.0.1:1389", "default: 500", "default: 3600", "default: unlimited", "262143"):
        assert default in text
