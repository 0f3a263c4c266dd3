"""PostgreSQL: settings, the embedded server, roles and grants, migrations, connections."""
