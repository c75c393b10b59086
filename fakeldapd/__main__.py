"""``python -m fakeldapd``."""

import sys

from fakeldapd.cli import main

sys.exit(main())
