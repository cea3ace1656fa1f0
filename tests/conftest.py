"""How much Hypothesis tries: `ci`, the same examples in every run, or `deep`, new ones all night.

`pytest --hypothesis-profile deep` chooses, or the environment: `HYPOTHESIS_PROFILE=deep`.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile(
    "deep",
    max_examples=20_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
