-- Puts back events that the database has lost and the topic still has. For the owner alone, and never a way to write history:
-- positions go on from the head without a hole, versions without a gap.
CREATE FUNCTION log.restore_events(
    positions bigint[], streams text[], versions bigint[], event_ids uuid[], types text[], schema_versions integer[],
    payloads bytea[], metadatas bytea[], recorded_ats timestamptz[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before log.head;
    size bigint := cardinality(positions);
BEGIN
    SELECT * INTO STRICT before FROM log.head FOR UPDATE;
    IF EXISTS (SELECT 1 FROM unnest(positions) WITH ORDINALITY AS p(position, n) WHERE position <> before.position + n) THEN
        RAISE EXCEPTION 'restored events must follow the head % without a hole', before.position;
    END IF;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT r, lag(r, 1, before.recorded_at) OVER (ORDER BY n) AS previous
            FROM unnest(recorded_ats) WITH ORDINALITY AS t(r, n)
        ) AS times WHERE r < previous
    ) THEN
        RAISE EXCEPTION 'recorded_at must not run backwards';
    END IF;
    PERFORM set_config('rongcuo.appending', 'on', true);
    INSERT INTO log.events
    SELECT * FROM unnest(
        positions, streams, versions, event_ids, types, schema_versions, payloads, metadatas, recorded_ats);
    PERFORM set_config('rongcuo.appending', 'off', true);
    IF EXISTS (
        SELECT 1 FROM unnest(streams, versions) AS r(stream, version)
        WHERE r.version > 1 AND NOT EXISTS (
            SELECT 1 FROM log.events AS e WHERE e.stream = r.stream AND e.version = r.version - 1)
    ) THEN
        RAISE EXCEPTION 'restored versions must follow one another';
    END IF;
    UPDATE log.head SET position = before.position + size, recorded_at = recorded_ats[size] WHERE size > 0;
    RETURN size;
END
$$;

REVOKE ALL ON FUNCTION log.restore_events FROM PUBLIC;

GRANT SELECT, UPDATE ON log.relay TO :"app_role";

GRANT SELECT, INSERT, UPDATE, DELETE ON log.relay_partitions, log.places, log.parked TO :"app_role";

GRANT SELECT ON log.restorations TO :"app_role";
