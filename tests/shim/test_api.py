"""The shim has python-ldap's API: every module, name, signature, value and exception of the data."""

from typing import Any

import pytest
from shim_support.api import API, DELIVERED, complaints, same

import fakeldapd.ldap as ldap
from fakeldapd.ldap import constants, errors
from fakeldapd.ldap._ldap import LDAP
from fakeldapd.ldap.descriptions import description
from fakeldapd.ldap.ldapobject import SimpleLDAPObject

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")


@pytest.mark.parametrize("name", DELIVERED)
def test_a_module_has_what_python_ldap_has(name: str) -> None:
    assert list(complaints(name)) == []


@pytest.mark.parametrize("name", sorted(API["exceptions"]))
def test_exceptions_have_number_base_and_text(name: str) -> None:
    told = API["exceptions"][name]
    found = getattr(ldap, name)
    assert found.__mro__[1].__name__ == told["base"].rpartition(".")[2]
    assert getattr(found, "errnum", None) == told["errnum"]
    if "libldap_desc" in told:
        assert description(found.errnum) == told["libldap_desc"]
    assert found.__module__ == "fakeldapd.ldap"


def test_a_result_code_has_its_exception() -> None:
    raised = {int(code): names[-1] for code, names in API["result_code_to_exception"].items()}
    assert {code: found.__name__ for code, found in errors.EXCEPTIONS.items()} == raised


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (15, "Unknown error"),
        (72, "Unknown error"),
        (4095, "Unknown error"),
        (4096, "Content Sync Refresh Required"),
        (4097, "Unknown (extension) error"),
        (16384, "Unknown (private extension) error"),
        (16654, "No Operation (X)"),
        (65536, "Unknown error"),
        (-18, "Connecting (X)"),
        (-19, "Unknown API error"),
    ],
)
def test_codes_without_a_class_have_a_text_too(code: int, text: str) -> None:
    assert description(code) == text


def test_the_c_object_has_its_methods() -> None:
    assert set(API["connection"]["c_object_methods"]) <= set(dir(LDAP))


def test_a_connection_has_its_attributes() -> None:
    told = API["connection"]
    assert told["attribute_to_option"] == SimpleLDAPObject.CLASSATTR_OPTION_MAPPING
    assert sorted(ldap.initialize("").__dict__) == sorted(told["instance_attributes"])


CONSTANTS = sorted(
    name for name, told in API["modules"]["ldap"]["names"].items() if told["kind"] == "constant" and name.isupper()
)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_have_their_values(name: str) -> None:
    told = API["modules"]["ldap"]["names"][name]["value"]
    assert same(told, getattr(ldap, name)), told


def declared(constant: constants.Constant) -> tuple[str, str, list[str]]:
    return type(constant).__name__, constant.name, list(constant.requirements)


def test_constants_are_declared() -> None:
    def as_told(each: dict[str, Any]) -> tuple[str, str, list[str]]:
        return each["kind"], each["name"], each.get("requirements", {"list": []})["list"]

    told = API["modules"]["ldap.constants"]["declared"]
    assert sorted(map(declared, constants.CONSTANTS)) == sorted(map(as_told, told))


def test_the_declarations_are_printed_as_c(capsys: pytest.CaptureFixture[str]) -> None:
    constants.print_header()
    printed = capsys.readouterr().out.splitlines()
    assert "add_err(NO_SUCH_OBJECT);" in printed
    at = printed.index("add_int(TAG_SASL_RES_CREDS);")
    assert printed[at - 2 : at] == ["#if LDAP_API_VERSION >= 2004", "#if defined(HAVE_SASL)"]
    assert printed.count("#endif") == sum(line.startswith("#if") for line in printed)
