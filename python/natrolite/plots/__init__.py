# SPDX-License-Identifier: GPL-2.0-only
"""One module per kind of table: NAME, recognizes(table), draw(table, figure). natrolite.plot finds them by recognizes."""
