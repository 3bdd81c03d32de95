"""PostgreSQL: roles, migrations, pools and the tenant's scope."""
