from sbc.policy.chain import Reject
from sbc.policy.extensions import extensions
from tests.support.attempts import attempt


def test_what_we_support_may_be_required() -> None:
    asked = attempt(require=("100rel",))
    assert extensions(asked) is asked


def test_what_we_do_not_support_is_named_in_the_refusal() -> None:
    refused = extensions(attempt(require=("100rel", "timer", "foo")))
    assert isinstance(refused, Reject)
    assert refused.status == 420
    assert refused.fields == (("Unsupported", "timer, foo"),)
