"""The calendar at random; what failed is said in full, in the modules beside the tests too."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"tests.machine.{name}"
        for name in ("acting", "calling", "closing", "happenings", "merging", "undoing", "waiting")
    )
)
