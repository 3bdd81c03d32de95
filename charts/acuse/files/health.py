"""Ask each address until it answers 200; fail after two minutes. Run by `helm test`."""

import sys
import time
import urllib.error
import urllib.request

deadline = time.monotonic() + 120
for address in sys.argv[1:]:
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                print("ok", address, answer.status)
            break
        except (urllib.error.URLError, OSError) as exc:
            if time.monotonic() > deadline:
                sys.exit(f"failed {address}: {exc}")
            time.sleep(1)
