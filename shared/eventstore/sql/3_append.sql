-- The only way into the log: one call writes one batch of appends and gives one verdict for each.
CREATE TYPE log.new_append AS (
    append_id uuid, stream text, expected_version bigint,
    scope text, key text, digest bytea, status integer, location text,
    consumer text, source_log text, source_stream text, source_version bigint, source_event_id uuid,
    lease text, epoch bigint
);

-- append: which append of the batch the event or timer belongs to, counted from 1.
CREATE TYPE log.new_event AS (
    append integer, event_id uuid, type text, schema_version integer, payload bytea, metadata bytea
);

CREATE TYPE log.new_timer AS (append integer, name text, due_at timestamptz);

-- outcome 'stored': position and version of the append's last event. Otherwise why nothing of the append was written,
-- with the version that stands instead, the event id that is taken, or the record kept under the known key.
CREATE TYPE log.verdict AS (
    outcome text, position bigint, version bigint, event_id uuid,
    digest bytea, status integer, location text, stream text
);

-- The plan is made once (planning takes longer than a small batch) and kept for the life of the connection while the
-- log grows from nothing, hence without seq scans.
CREATE FUNCTION log.append(appends log.new_append[], events log.new_event[], timers log.new_timer[])
RETURNS SETOF log.verdict
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    before log.head;
    present timestamptz;
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'log.append must be the first write of its transaction';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'log.append needs READ COMMITTED';
    END IF;
    IF (SELECT count(DISTINCT stream) < count(*)
            OR count(DISTINCT (scope, key)) FILTER (WHERE scope IS NOT NULL) < count(scope)
            OR count(DISTINCT (consumer, source_log, source_stream)) FILTER (WHERE consumer IS NOT NULL)
               < count(consumer)
        FROM unnest(appends))
        OR (SELECT count(DISTINCT event_id) < count(*) FROM unnest(events))
    THEN
        RAISE EXCEPTION 'two appends of a batch share a stream, a key, a watermark or an event id';
    END IF;

    -- A statement of its own: what follows must see what the holder before us has committed.
    SELECT * INTO STRICT before FROM log.head FOR UPDATE;
    present := greatest(clock_timestamp(), before.recorded_at);

    -- Nobody takes over a lease between the look at its epoch and the commit.
    PERFORM 1 FROM log.lease AS l WHERE l.name IN (SELECT a.lease FROM unnest(appends) AS a) ORDER BY l.name FOR SHARE;

    PERFORM set_config('rongcuo.appending', 'on', true);
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(appends) WITH ORDINALITY
    ),
    offered AS MATERIALIZED (
        SELECT e.append, count(*) AS size, count(s.position) AS known, max(s.position) AS position,
               max(s.version) AS version, (array_agg(s.event_id) FILTER (WHERE s.position IS NOT NULL))[1] AS event_id,
               bool_and((s.stream, s.type, s.schema_version, s.payload, s.metadata)
                      = (a.stream, e.type, e.schema_version, e.payload, e.metadata)) AS same
        FROM unnest(events) AS e
        JOIN asked AS a ON a.ordinality = e.append
        LEFT JOIN LATERAL (SELECT * FROM log.events AS s WHERE s.event_id = e.event_id LIMIT 1) AS s ON true
        GROUP BY e.append
    ),
    judged AS MATERIALIZED (
        SELECT a.*, coalesce(o.size, 0) AS size, o.position AS known_position, o.version AS known_version,
               o.event_id, coalesce(v.version, 0) AS standing, coalesce(m.version, 0) AS mark, k AS record,
               CASE
                   WHEN o.known = o.size AND o.same THEN 'known'
                   WHEN o.known > 0 THEN 'event-id-taken'
                   WHEN a.append_id IN (k.append_id, m.append_id) THEN 'known'
                   WHEN before.stopped IS NOT NULL THEN 'log-stopped'
                   WHEN a.lease IS NOT NULL AND l.epoch IS DISTINCT FROM a.epoch THEN 'fenced'
                   WHEN k.append_id IS NOT NULL THEN 'key-known'
                   WHEN a.source_version > coalesce(m.version, 0) + 1 THEN 'watermark-hole'
                   WHEN a.source_version = m.version AND a.source_event_id <> m.event_id THEN 'watermark-conflict'
                   WHEN a.source_version <= m.version THEN 'watermark-duplicate'
                   WHEN a.expected_version <> coalesce(v.version, 0) THEN 'version-conflict'
                   ELSE 'stored'
               END AS outcome
        FROM asked AS a
        LEFT JOIN offered AS o ON o.append = a.ordinality
        LEFT JOIN LATERAL (SELECT s.version FROM log.events AS s WHERE s.stream = a.stream
                           ORDER BY s.version DESC LIMIT 1) AS v ON true
        LEFT JOIN log.idempotency AS k ON k.scope = a.scope AND k.key = a.key
        LEFT JOIN log.inbox AS m ON m.consumer = a.consumer AND m.log = a.source_log AND m.stream = a.source_stream
        LEFT JOIN log.lease AS l ON l.name = a.lease
    ),
    accepted AS MATERIALIZED (
        SELECT j.*, j.standing + j.size AS version,
               before.position + (sum(j.size) OVER (ORDER BY j.ordinality))::bigint AS position
        FROM judged AS j WHERE j.outcome = 'stored'
    ),
    written AS (
        INSERT INTO log.events
        SELECT before.position + row_number() OVER (ORDER BY e.ordinality), a.stream,
               a.standing + row_number() OVER (PARTITION BY e.append ORDER BY e.ordinality),
               e.event_id, e.type, e.schema_version, e.payload, e.metadata, present
        FROM unnest(events) WITH ORDINALITY AS e
        JOIN accepted AS a ON a.ordinality = e.append
        ORDER BY 1
        RETURNING 1
    ),
    keys AS (
        INSERT INTO log.idempotency
        SELECT a.scope, a.key, a.digest, a.status, a.location, a.stream, a.version, a.position, a.append_id, present
        FROM accepted AS a WHERE a.scope IS NOT NULL
    ),
    marks AS (
        INSERT INTO log.inbox
        SELECT a.consumer, a.source_log, a.source_stream, a.source_version, a.source_event_id, a.append_id
        FROM accepted AS a WHERE a.consumer IS NOT NULL
        ON CONFLICT (consumer, log, stream) DO UPDATE
        SET version = excluded.version, event_id = excluded.event_id, append_id = excluded.append_id
    ),
    due AS (
        INSERT INTO log.timers
        SELECT a.stream, t.name, t.due_at
        FROM unnest(timers) AS t JOIN accepted AS a ON a.ordinality = t.append WHERE t.due_at IS NOT NULL
        ON CONFLICT (stream, name) DO UPDATE SET due_at = excluded.due_at
    ),
    cancelled AS (
        DELETE FROM log.timers AS s USING unnest(timers) AS t, accepted AS a
        WHERE a.ordinality = t.append AND t.due_at IS NULL AND s.stream = a.stream AND s.name = t.name
    ),
    moved AS (
        UPDATE log.head SET position = before.position + n, recorded_at = present
        FROM (SELECT count(*) AS n FROM written) AS w WHERE n > 0
    )
    SELECT CASE j.outcome WHEN 'known' THEN 'stored' ELSE j.outcome END,
           CASE WHEN j.outcome = 'stored' THEN a.position
                ELSE coalesce(j.known_position, (j.record).position, before.position) END,
           CASE WHEN j.outcome = 'stored' THEN a.version
                WHEN j.outcome IN ('watermark-hole', 'watermark-conflict', 'watermark-duplicate') THEN j.mark
                ELSE coalesce(j.known_version, (j.record).version, j.standing) END,
           j.event_id, (j.record).digest, (j.record).status, (j.record).location, (j.record).stream
    FROM judged AS j LEFT JOIN accepted AS a USING (ordinality)
    ORDER BY j.ordinality;
    PERFORM set_config('rongcuo.appending', 'off', true);
END
$$;

-- Refuses every append from now on, and tells why, or (null) takes them again: for whoever compares the log with its
-- topic, when the log has lost something.
CREATE FUNCTION log.set_stopped(reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE log.head SET stopped = reason WHERE stopped IS DISTINCT FROM reason
$$;

-- Idempotency records are kept for a while only (design §9); removes at most so many at once, returns how many went.
CREATE FUNCTION log.purge_idempotency(older_than interval, at_most integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM log.idempotency WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM log.idempotency WHERE recorded_at < now() - older_than
            ORDER BY recorded_at LIMIT at_most FOR UPDATE SKIP LOCKED))
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
