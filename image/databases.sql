-- PostgreSQL's image runs this when it makes its data. It makes a database per service, each with a role that owns it,
-- for migrations, and a role for work. The passwords are in the environment of the container. Only its own two roles
-- can connect to a database.
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv auth_password AUTH_DATABASE_PASSWORD
\getenv tracker_password TRACKER_DATABASE_PASSWORD
\getenv accounting_password ACCOUNTING_DATABASE_PASSWORD
\getenv analytics_password ANALYTICS_DATABASE_PASSWORD

CREATE ROLE auth_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE tracker_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE accounting_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE analytics_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE auth_app LOGIN PASSWORD :'auth_password';
CREATE ROLE tracker_app LOGIN PASSWORD :'tracker_password';
CREATE ROLE accounting_app LOGIN PASSWORD :'accounting_password';
CREATE ROLE analytics_app LOGIN PASSWORD :'analytics_password';

CREATE DATABASE auth OWNER auth_owner TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE tracker OWNER tracker_owner TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE accounting OWNER accounting_owner TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE analytics OWNER analytics_owner TEMPLATE template0 ENCODING 'UTF8';

REVOKE CONNECT, TEMPORARY ON DATABASE auth, tracker, accounting, analytics FROM PUBLIC;
GRANT CONNECT ON DATABASE auth TO auth_app;
GRANT CONNECT ON DATABASE tracker TO tracker_app;
GRANT CONNECT ON DATABASE accounting TO accounting_app;
GRANT CONNECT ON DATABASE analytics TO analytics_app;
