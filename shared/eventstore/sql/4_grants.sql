-- The application reads, and writes events through log.append alone; the bus role reads events alone.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA log FROM PUBLIC;

GRANT USAGE ON SCHEMA log TO :"app_role";

GRANT USAGE ON SCHEMA log TO :"bus_role";

GRANT SELECT ON ALL TABLES IN SCHEMA log TO :"app_role";

GRANT EXECUTE ON FUNCTION log.append, log.set_stopped, log.purge_idempotency TO :"app_role";

GRANT INSERT, UPDATE, DELETE ON log.inbox, log.lease, log.read_models TO :"app_role";

GRANT SELECT ON log.head, log.events TO :"bus_role";
