"""What PostgreSQL alone needs: connections that notice when the server is gone, and durable commits."""
