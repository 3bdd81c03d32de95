"""Become the trial S3 server over a folder, with the bucket `media`.

python3 s3.py FOLDER
"""  # noqa: INP001 - a file of the chart, no module

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

folder = Path(sys.argv[1])
# A bucket is a folder. Attributes lie beside the data: not every volume has extended attributes.
(folder / "objects" / "media").mkdir(parents=True, exist_ok=True)
(folder / "attributes").mkdir(exist_ok=True)
server = shutil.which("versitygw")
if server is None:
    sys.exit("there is no versitygw in this image")
port = os.environ.get("S3_PORT", ":9000")
where = ["posix", "--sidecar", str(folder / "attributes"), str(folder / "objects")]
os.execv(server, [server, "--quiet", "--port", port, *where])  # noqa: S606 - to become it
