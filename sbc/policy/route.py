"""A call without a route goes nowhere: zones do not reach each other by default (Z1)."""

from dataclasses import replace

from sbc.policy.chain import Attempt, Policy, Reject
from sbc.routing.routes import Routes


def route(routes: Routes) -> Policy:
    def choose(attempt: Attempt) -> Attempt | Reject:
        chosen = routes.choose(attempt.zone, attempt.trunk, attempt.called)
        if chosen is None:
            return Reject(403, "no route matches")
        return replace(attempt, chosen=chosen)

    return choose
