# SPDX-License-Identifier: GPL-2.0-only
"""`python -m natrolite` is the command `natrolite`."""

import sys

from natrolite.cli import main

if __name__ == "__main__":
    sys.exit(main())
