"""What PostgreSQL alone needs: lines that notice when nobody is at the other end, and commits that are kept."""
