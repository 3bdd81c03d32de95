"""Ask each address until it answers 200; fail after two minutes.

Run by `helm test`.
"""  # noqa: INP001 - a file of the chart, no module

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

deadline = time.monotonic() + 120
for address in sys.argv[1:]:
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - the chart's own
                sys.stdout.write(f"ok {address} {answer.status}\n")
            break
        except (urllib.error.URLError, OSError) as exc:
            if time.monotonic() > deadline:
                sys.exit(f"failed {address}: {exc}")
            time.sleep(1)
