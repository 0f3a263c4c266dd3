#!/bin/sh
# Run once by the image of PostgreSQL, when it makes the database: the roles of Ketnoi, and an account for each use.
# `ketnoi migrate` and `ketnoi keys` sign in as ketnoi_migrate, the service as ketnoi_service and, for what partners
# read, as ketnoi_reads. None of them is a superuser; nobody signs in as one afterwards.
set -eu
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set migrate="$OWNER_PASSWORD" --set service="$SERVICE_PASSWORD" --set reads="$READER_PASSWORD" <<'SQL'
CREATE ROLE ketnoi_owner NOLOGIN;
CREATE ROLE ketnoi_app NOLOGIN;
CREATE ROLE ketnoi_reader NOLOGIN;
CREATE ROLE ketnoi_migrate LOGIN PASSWORD :'migrate' IN ROLE ketnoi_owner, ketnoi_app, ketnoi_reader;
CREATE ROLE ketnoi_service LOGIN PASSWORD :'service' IN ROLE ketnoi_app;
CREATE ROLE ketnoi_reads LOGIN PASSWORD :'reads' IN ROLE ketnoi_reader;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()),
       format('GRANT CONNECT ON DATABASE %I TO ketnoi_migrate, ketnoi_service, ketnoi_reads', current_database()) \gexec
GRANT USAGE, CREATE ON SCHEMA public TO ketnoi_owner;
SQL
