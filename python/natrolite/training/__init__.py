# SPDX-License-Identifier: GPL-2.0-only
"""Training of SpookyNet: settings, structures in batches, the loop, errors by kind."""
