from config.effective import terms_of
from sbc.policy.chain import Reject
from sbc.policy.extensions import extensions, supported
from tests.support.attempts import attempt
from tests.support.configs import TWO_ZONES, config

TERMS = terms_of(config())
UNTIMED = terms_of(
    config(
        TWO_ZONES.replace(
            "zone: outside, endp", "zone: outside, session_timer: { mode: none }, endp"
        )
    )
)


def test_what_we_support_may_be_required() -> None:
    asked = attempt(require=("100rel", "replaces", "timer"))
    assert extensions(TERMS)(asked) is asked


def test_what_we_do_not_support_is_named_in_the_refusal() -> None:
    refused = extensions(UNTIMED)(attempt(require=("100rel", "timer", "foo")))
    assert isinstance(refused, Reject)
    assert refused.status == 420
    assert refused.fields == (("Unsupported", "timer, foo"),)


def test_session_timers_are_supported_where_they_are_on() -> None:
    assert supported(TERMS["carrier"]) == ("100rel", "replaces", "timer")
    assert supported(UNTIMED["carrier"]) == ("100rel", "replaces")
