"""The PostgreSQL that comes with the Python packages: its programs, its data folder, its user, its server."""

from records.database.embedded.server import running
