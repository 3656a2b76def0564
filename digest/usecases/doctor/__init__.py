"""What `digest check --online` looks at: whether mails would arrive, and whether readers could leave.

Each probe returns findings, is bounded in time, and mails nobody; `examination` runs them side by side.
"""
