"""The whole job on one machine and without a network: a newsroom, its newsletter, 25 readers, and their inbox."""

from __future__ import annotations

from digest.demo.run import run_demo

__all__ = ["run_demo"]
