"""Access rules from where the settings have them: options and files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fakeldapd.operations.access.evaluation import RuleAccess
from fakeldapd.operations.access.parse import read_rules
from fakeldapd.operations.access.words import AccessSyntaxError, Directive, directives, in_order

if TYPE_CHECKING:
    from fakeldapd.directory.dit import DIT
    from fakeldapd.schema.registry import Schema

OPTION = "--access"
"""How errors begin that are about what stands in an option and not in a file."""


def rule_access(given: Sequence[str], schema: "Schema", dit: "DIT") -> RuleAccess:
    """The access that rules grant: each of those given is text, or ``@`` and the name of a file. Raises OSError, and
    AccessSyntaxError for a rule that is no good.
    """
    found: list[list[Directive]] = []
    for text in given:
        if text.startswith("@"):
            found.append(directives(_read(text[1:]), text[1:]))
        else:
            found.append(directives(text, f"{OPTION} {text}", numbered=False))
    together = [directive for each in found for directive in each]
    if not any(text.startswith("@") for text in given):
        together = in_order(together)
    return RuleAccess(schema, dit, read_rules(schema, together))


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise AccessSyntaxError(f"{name}: not UTF-8") from None
