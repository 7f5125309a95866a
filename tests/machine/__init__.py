"""The calendar at random; what failed is said in full, in the modules beside the tests too."""

import pytest

pytest.register_assert_rewrite("tests.machine.acting", "tests.machine.happenings")
