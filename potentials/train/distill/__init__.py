# SPDX-License-Identifier: GPL-2.0-only
"""Small potentials from a large one, their teacher: labels by it, training of students, errors."""
