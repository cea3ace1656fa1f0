"""S10: what a call remembers of the redirects that it met."""

from sbc.b2bua.redirect import Redirects


def test_a_number_is_called_once() -> None:
    redirects = Redirects("100")
    redirects.heard(("100", "300", "300"), 3)
    assert redirects.waiting == ["300"]
    redirects.heard(("300", "100"), 3)
    assert redirects.waiting == ["300"]


def test_the_contacts_of_the_last_redirect_come_first() -> None:
    redirects = Redirects("100")
    redirects.heard(("300", "400"), 3)
    redirects.heard(("500",), 3)
    assert redirects.waiting == ["500", "300", "400"]


def test_further_redirects_are_not_followed() -> None:
    redirects = Redirects("100")
    redirects.heard(("300",), 1)
    redirects.heard(("400",), 1)
    assert (redirects.waiting, redirects.followed) == (["300"], 1)
