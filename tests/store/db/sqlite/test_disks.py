"""Network disks are told from local ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.store.db.sqlite.disks import network_disk

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /mnt/home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /mnt/home/local ext4 rw 0 0
//office/share /mnt/the\\040office cifs rw 0 0
tmpfs /tmp tmpfs rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/var/lib/digest.db", ""),
        ("/mnt/home/digest.db", "nfs4"),
        ("/mnt/home/local/digest.db", ""),
        ("/mnt/homely/digest.db", ""),
        ("/mnt/the office/deep/digest.db", "cifs"),
        ("/tmp/digest.db", ""),
    ],
)
def test_the_innermost_mount_decides(file: str, kind: str) -> None:
    assert network_disk(Path(file), MOUNTS) == kind


def test_where_nobody_can_tell_it_is_local(tmp_path: Path) -> None:
    assert network_disk(tmp_path / "digest.db", "") == ""
    assert network_disk(tmp_path / "digest.db") == ""
