"""The menus lead where their reader may go, and nowhere else."""

from html.parser import HTMLParser

import pytest

from tests.client import PageClient
from tests.factories import CentreFactory, FederationFactory, FunderFactory, person
from tests.signing import sign_in
from webapp.models import User
from webapp.navigation import FOOTER, OWN, SITE
from webapp.vocabulary import RoleName

# The address of a page that nobody may fail to open, and whose frame is that of every other.
PAGE = "/catalogue"


class Menus(HTMLParser):
    """The addresses inside nav, the menu of the account and the foot of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.depth = 0
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag in {"nav", "details", "footer"}
        if tag == "a" and self.depth:
            self.addresses.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in {"nav", "details", "footer"}


def somebody(name: RoleName | None) -> User | None:
    federation = FederationFactory()
    centre, funder = CentreFactory(federation=federation), FunderFactory(federation=federation)
    places = {"m": centre, "r": federation, "a": federation, "f": funder, "p": None}
    if name is None:
        return None
    return person(name, centre if name is RoleName.RESPONSIBLE else places[name[0]])


@pytest.mark.parametrize("name", [None, *RoleName])
def test_every_link_of_the_menus_opens(client: PageClient, name: RoleName | None) -> None:
    user = somebody(name)
    if user is not None:
        sign_in(client, user)
    menus = Menus(client.get(PAGE).text).addresses
    assert "/catalogue" in menus
    assert ("/compte" in menus) == (user is not None)
    for address in dict.fromkeys(menus):
        if address.startswith("/"):
            assert client.get(address, follow_redirects=True).status_code == 200, address


def test_the_centre_and_the_federation_see_what_is_theirs(make_client: type[PageClient]) -> None:
    seen = {}
    for name in (RoleName.MEMBER, RoleName.REVIEWER):
        visitor = make_client()
        user = somebody(name)
        assert user is not None
        sign_in(visitor, user)
        seen[name] = set(Menus(visitor.get(PAGE).text).addresses)
    assert "/fiches" in seen[RoleName.MEMBER] - seen[RoleName.REVIEWER]
    assert "/relecture" in seen[RoleName.REVIEWER] - seen[RoleName.MEMBER]


def test_every_entry_has_its_page(client: PageClient) -> None:
    missing = {endpoint for _label, endpoint in (*SITE, *OWN, *FOOTER)} - client.application.view_functions.keys()
    assert missing == set()


def test_one_leaves_by_the_menu(client: PageClient) -> None:
    user = somebody(RoleName.MEMBER)
    assert user is not None
    sign_in(client, user)
    assert 'method="post" action="/deconnexion"' in client.get(PAGE).text
