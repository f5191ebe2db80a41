"""`python -m monitor`: the same as `pqwatch`."""

from __future__ import annotations

from monitor.cli import main

main()
