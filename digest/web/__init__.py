"""Pages: the readers' (unsubscribe, view in browser), the operator's (health), and the embedded inbox's.

The only importer of the web framework. Every page works without a script, and no GET changes anything.
"""

from __future__ import annotations

from digest.web.app import create_app
from digest.web.server.serve import serve

__all__ = ["create_app", "serve"]
