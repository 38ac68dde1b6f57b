"""Makes the own check of the example suites known to pytest."""

import suites.extensions  # noqa: F401
