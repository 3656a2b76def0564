"""Damage to files, as disks do it."""

from __future__ import annotations


def flip(log: bytes) -> bytes:
    middle = len(log) // 2
    return log[:middle] + bytes([log[middle] ^ 1]) + log[middle + 1 :]
