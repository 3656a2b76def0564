"""Decide: pure functions from candidates and settings to a plan that can explain itself."""

from digest.selection.choice import select
from digest.selection.lead import reconsidered
from digest.selection.simulation import simulate

__all__ = ["reconsidered", "select", "simulate"]
