"""Tell network disks from local ones: SQLite's locks do not hold over a network, and the file ends up damaged."""

from __future__ import annotations

from pathlib import Path

_NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smb3",
    "smbfs",
    "afs",
    "ncpfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "glusterfs",
)
_MOUNTS = Path("/proc/self/mounts")


def network_disk(file: Path, mounts: str | None = None) -> str:
    """Return the kind of network disk that a file lies on ("nfs4"), "" for a local one or where nobody can tell.

    `mounts` is the system's table of mounts as Linux has it (proc(5)); by default the real one.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    place = file.resolve()
    best, kind = Path(), ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        folder = Path(fields[1].replace("\\040", " "))
        if place.is_relative_to(folder) and len(folder.parts) >= len(best.parts):
            best, kind = folder, fields[2]
    return kind if kind in _NETWORK else ""
