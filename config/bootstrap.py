"""The way in from a bare machine: `python3 config/bootstrap.py up`, which `make up` calls.

It runs on the system's own Python, whichever that is, so this file keeps to syntax that old ones can read:
only so can they say that they are too old.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the locked packages say so too, much later and less kindly
    sys.exit("Throughline needs Python 3.11 or newer. Name one: make up PYTHON=python3.11")

# As a script this file's own folder comes first, where celery.py would hide the package of that name.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from config.launch import set_up  # noqa: E402

if __name__ == "__main__":
    set_up.run(sys.argv[1:])
