"""People who don't exist, for tests that need many: always the same ones for the same seed.

Names come from many languages, so not everybody is ASCII, and many share a name. Mail addresses are of a domain that
nobody has (RFC 2606), telephone numbers of ranges kept for films and novels. The first ten of a thousand are the same
as the first ten of ten.
"""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

_GIVEN = [
    "Ada",
    "Amara",
    "Anna",
    "Astrid",
    "Ayşe",
    "Beatriz",
    "Bela",
    "Camille",
    "Chidi",
    "Chloë",
    "Dara",
    "Dilnoza",
    "Elif",
    "Emeka",
    "Emma",
    "Esra",
    "Eun-ji",
    "Farid",
    "Fatima",
    "Felix",
    "Francesca",
    "Gita",
    "Hana",
    "Henrik",
    "Hiroshi",
    "Ines",
    "Ingrid",
    "Isla",
    "Iván",
    "Jakub",
    "Jelena",
    "Jiří",
    "Jonas",
    "José",
    "Kateřina",
    "Keiko",
    "Kofi",
    "Lakshmi",
    "Lars",
    "Layla",
    "Leila",
    "Lucía",
    "Łukasz",
    "Maeve",
    "Malik",
    "Małgorzata",
    "Marek",
    "Mateo",
    "Mei",
    "Mila",
    "Mohammed",
    "Niamh",
    "Noor",
    "Nikhil",
    "Oksana",
    "Olga",
    "Oluwaseun",
    "Omar",
    "Paulo",
    "Petra",
    "Priya",
    "Quentin",
    "Rania",
    "Ravi",
    "Rosa",
    "Saoirse",
    "Søren",
    "Sofia",
    "Sven",
    "Tamar",
    "Tariq",
    "Thandiwe",
    "Tuấn",
    "Ulrike",
    "Valentina",
    "Viktor",
    "Wei",
    "Yasmin",
    "Yuki",
    "Yusuf",
    "Zeynep",
    "Zoë",
    "Željka",
]

_FAMILY = [
    "Abebe",
    "Adeyemi",
    "Ahmed",
    "Almeida",
    "Andersson",
    "Bakker",
    "Bauer",
    "Berg",
    "Bianchi",
    "Björnsdóttir",
    "Bondarenko",
    "Bose",
    "Brown",
    "Castro",
    "Çelik",
    "Chen",
    "Costa",
    "Da_Silva",
    "De_Vries",
    "Diaz",
    "Dubois",
    "Endo",
    "Eriksson",
    "Fernández",
    "Fischer",
    "García",
    "Ghosh",
    "Grünwald",
    "Gupta",
    "Haas",
    "Haddad",
    "Hansen",
    "Hernández",
    "Horváth",
    "Hughes",
    "Ito",
    "Ivanova",
    "Jensen",
    "Johnson",
    "Jovanović",
    "Kaur",
    "Khan",
    "Kim",
    "Kovács",
    "Kowalski",
    "Kumar",
    "Lefèvre",
    "Li",
    "López",
    "Mbeki",
    "McCarthy",
    "Mensah",
    "Meyer",
    "Moreau",
    "Müller",
    "Murphy",
    "Ndiaye",
    "Nguyễn",
    "Novák",
    "Nowak",
    "O'Brien",
    "O'Connor",
    "Okafor",
    "Öztürk",
    "Papadopoulos",
    "Park",
    "Patel",
    "Pereira",
    "Petrov",
    "Popescu",
    "Rossi",
    "Sato",
    "Schmidt",
    "Singh",
    "Smith",
    "Sørensen",
    "Suzuki",
    "Takahashi",
    "Tanaka",
    "Taylor",
    "Tran",
    "Van_den_Berg",
    "Virtanen",
    "Wang",
    "Williams",
    "Y\u0131lmaz",
    "Zhang",
    "Zimmermann",
]

_PLACES = (
    # town, country, a telephone number there with # for each digit that is drawn, language
    ("London", "GB", "+44 20 7946 0###", "en-GB"),
    ("New York", "US", "+1 212 555 01##", "en-US"),
    ("Chicago", "US", "+1 312 555 01##", "en-US"),
    ("Berlin", "DE", "+49 30 23125 ###", "de-DE"),
    ("Paris", "FR", "+33 1 99 00 ## ##", "fr-FR"),
    ("Dublin", "IE", "+353 20 91# ####", "en-IE"),
    ("Sydney", "AU", "+61 2 5550 ####", "en-AU"),
    ("Stockholm", "SE", "+46 8 465 004 ##", "sv-SE"),
)

_DEPARTMENTS = (
    ("Engineering", ("Software Engineer", "Senior Software Engineer", "Test Engineer", "Systems Administrator")),
    ("Sales", ("Account Executive", "Sales Assistant", "Regional Sales Lead")),
    ("Finance", ("Accountant", "Controller", "Payroll Clerk")),
    ("People", ("Recruiter", "Personnel Officer")),
    ("Marketing", ("Editor", "Designer", "Campaign Planner")),
    ("Support", ("Support Agent", "Support Lead")),
    ("Research", ("Scientist", "Data Analyst", "Librarian")),
    ("Facilities", ("Caretaker", "Receptionist")),
)

_SPAN = 8
"""How many report to one person, about."""

_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "\u0131": "i", "đ": "d", "ß": "ss"})


def people(
    count: int = 100,
    seed: int = 1,
    *,
    base: str = "dc=example,dc=com",
    mail_domain: str = "example.com",
    groups: bool = True,
    posix: bool = False,
) -> dict[str, Any]:
    """Data with so many people, in the short form of ``fakeldapd.double.data``: what FakeDirectory takes, and what a
    test may change before.

    Each has a name, a mail address, telephone numbers, a title, a department, a place, a manager, an employee number,
    and the password ``UID-password``; with ``posix`` the attributes of a posixAccount. ``groups`` are ``everyone``, one
    for each department, ``managers`` and ``admins``. Raises ValueError for a count below 1.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count={count!r}: one person at least is expected")
    users: dict[str, dict[str, Any]] = {}
    taken: dict[str, int] = {}
    for number in range(count):
        uid, attributes = _person(number, seed, taken, mail_domain)
        users[uid] = attributes
    _report(list(users), users, base)
    if posix:
        for number, attributes in enumerate(users.values()):
            attributes["uidNumber"] = 10_000 + number
            attributes["gidNumber"] = 10_000
            attributes["loginShell"] = "/bin/bash"
    data: dict[str, Any] = {"base": base, "users": users}
    if groups:
        data["groups"] = dict(_groups(users, base))
    return data


class _Draw:
    """What is drawn for one person. Only ``random()`` is used: what it gives is the same in every Python."""

    def __init__(self, seed: int, number: int) -> None:
        self._next = random.Random(f"{seed}/{number}").random

    def below(self, limit: int) -> int:
        """A number from 0 on."""
        return int(self._next() * limit)

    def one(self, of: Sequence[Any]) -> Any:
        """One of several."""
        return of[self.below(len(of))]

    def is_so(self, chance: float) -> bool:
        """True with that probability."""
        return self._next() < chance


def _person(number: int, seed: int, taken: dict[str, int], mail_domain: str) -> tuple[str, dict[str, Any]]:
    """The uid and the attributes of a person, without a manager."""
    draw = _Draw(seed, number)
    given, family = draw.one(_GIVEN), draw.one(_FAMILY).replace("_", " ")
    second = draw.one(_GIVEN) if draw.is_so(0.15) else ""
    department, titles = draw.one(_DEPARTMENTS)
    town, country, dialled, language = draw.one(_PLACES)
    plain_given, plain_family = _ascii(given), _ascii(family)
    stem = f"{plain_given[:1]}{plain_family}"[:12]
    taken[stem] = taken.get(stem, 0) + 1
    suffix = str(taken[stem]) if taken[stem] > 1 else ""
    uid = f"{stem}{suffix}"
    while uid in taken and uid != stem:  # somebody is called like that already
        taken[stem] += 1
        uid = f"{stem}{taken[stem]}"
    taken.setdefault(uid, 1)
    name = f"{given} {family}"
    mail = f"{plain_given}.{plain_family}{suffix and uid.removeprefix(stem)}@{mail_domain}"
    attributes: dict[str, Any] = {
        "cn": [name, f"{given} {second[:1]}. {family}"] if second else name,
        "sn": family,
        "givenName": [given, second] if second and second != given else given,
        "displayName": name,
        "initials": given[:1] + second[:1] + family[:1],
        "mail": [mail, f"{uid}@{mail_domain}"] if draw.is_so(0.3) else mail,
        "telephoneNumber": _telephone(dialled, draw),
        "title": draw.one(titles),
        "departmentNumber": department,
        "ou": department,
        "l": town,
        "postalAddress": f"{draw.below(200) + 1} Main Street${town}${country}",
        "preferredLanguage": language,
        "employeeNumber": str(100_000 + number),
        "employeeType": "contractor" if draw.is_so(0.1) else "employee",
        "password": f"{uid}-password",
    }
    if draw.is_so(0.6):
        attributes["mobile"] = _telephone(dialled, draw)
    if draw.is_so(0.2):
        attributes["description"] = f"{given} sits on floor {draw.below(12)} in {town}"
    return uid, attributes


def _telephone(pattern: str, draw: _Draw) -> str:
    """A number of that pattern."""
    return "".join(str(draw.below(10)) if sign == "#" else sign for sign in pattern)


def _ascii(name: str) -> str:
    """The letters of a name as they stand in an address."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


def _report(order: Sequence[str], users: dict[str, dict[str, Any]], base: str) -> None:
    """Everybody but the first reports to somebody who came before."""
    for number, uid in enumerate(order):
        if number:
            users[uid]["manager"] = f"uid={order[(number - 1) // _SPAN]},ou=people,{base}"


def _groups(users: dict[str, dict[str, Any]], base: str) -> Iterator[tuple[str, dict[str, Any]]]:
    order = list(users)
    yield "everyone", {"members": order, "description": "Everybody"}
    for department, _ in _DEPARTMENTS:
        members = [uid for uid, attributes in users.items() if attributes["departmentNumber"] == department]
        if members:
            yield department.lower(), {"members": members, "description": f"The department {department}"}
    managers = order[: max(1, (len(order) - 2) // _SPAN + 1)]
    yield "managers", {"members": managers, "description": "Who has somebody to lead"}
    yield "admins", {"members": order[:2], "description": "Who may do more"}
