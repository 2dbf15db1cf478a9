-- How access records are found: by indexes on the stored bytes themselves, so that no record is ever missing from an
-- answer. The schema is that of the access log; app_role is a psql variable.
CREATE FUNCTION log.trace_of(metadata bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (convert_from(metadata, 'UTF8')::jsonb ->> 'correlation')::uuid;

CREATE FUNCTION log.caller_of(metadata bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN convert_from(metadata, 'UTF8')::jsonb #>> '{actor,id}';

CREATE FUNCTION log.things_of(payload bytea) RETURNS uuid[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT thing::uuid FROM jsonb_array_elements_text(convert_from(payload, 'UTF8')::jsonb -> 'ids') AS thing
);

CREATE INDEX events_by_trace ON log.events (log.trace_of(metadata), position);

CREATE INDEX events_by_caller ON log.events (log.caller_of(metadata), position);

CREATE INDEX events_by_thing ON log.events USING gin (log.things_of(payload));

-- The last position that was recorded before `moment`. Positions are dense and recorded_at never runs backwards, so it
-- is found by halving, and time needs no index.
CREATE FUNCTION log.position_before(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    low bigint := 0;
    high bigint := (SELECT position FROM log.head);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT recorded_at < moment FROM log.events WHERE position = middle) THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

REVOKE ALL ON FUNCTION log.trace_of, log.caller_of, log.things_of, log.position_before FROM PUBLIC;

GRANT EXECUTE ON FUNCTION log.trace_of, log.caller_of, log.things_of, log.position_before TO :"app_role";
