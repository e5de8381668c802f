#!/bin/sh
# Runs once, when the volume of PostgreSQL is empty: a database and a user for n8n and for gpu-local.
set -eu
for name in n8n gpu_local; do
	psql --set ON_ERROR_STOP=1 --set name="$name" --set password="$POSTGRES_PASSWORD" \
		--username "$POSTGRES_USER" --dbname postgres <<-'SQL'
		CREATE ROLE :"name" LOGIN PASSWORD :'password';
		CREATE DATABASE :"name" OWNER :"name";
	SQL
done
