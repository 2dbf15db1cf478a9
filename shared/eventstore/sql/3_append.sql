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

-- Each statement does one thing for the whole batch, and what a batch does not need is not done: most appends bring no
-- key, no watermark and no timer. Elements are found by subscript: joins of arrays take time by the square. Plans are
-- made once (planning takes longer than a small batch) and kept for the life of the connection while the log grows from
-- nothing, hence no seq scans, and LATERAL … LIMIT 1 where a join could read a whole index.
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
    keyed boolean;
    marked boolean;
    fenced boolean;
    shared boolean := false;
    repeated boolean := false;
    standing bigint[];
    verdicts log.verdict[];
    owners integer[];
    seen record;
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'log.append must be the first write of its transaction';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'log.append needs READ COMMITTED';
    END IF;
    SELECT count(scope) > 0, count(consumer) > 0, count(lease) > 0 INTO keyed, marked, fenced FROM unnest(appends);
    IF cardinality(appends) > 1 OR cardinality(events) > 1 THEN
        shared := EXISTS (SELECT FROM unnest(appends) GROUP BY stream HAVING count(*) > 1);
        IF shared AND EXISTS (SELECT FROM unnest(appends) GROUP BY stream HAVING count(DISTINCT expected_version) > 1)
            OR shared AND EXISTS (SELECT FROM unnest(timers) AS t JOIN unnest(appends) AS a
                                  ON a.stream = (appends[t.append]).stream GROUP BY t.append, t.name HAVING count(*) > 1)
            OR EXISTS (SELECT FROM unnest(events) GROUP BY event_id HAVING count(*) > 1)
            OR keyed AND EXISTS (SELECT FROM unnest(appends) WHERE scope IS NOT NULL
                                 GROUP BY scope, key HAVING count(*) > 1)
            OR marked AND EXISTS (SELECT FROM unnest(appends) WHERE consumer IS NOT NULL
                                  GROUP BY consumer, source_log, source_stream HAVING count(*) > 1)
        THEN
            RAISE EXCEPTION 'two appends of a batch share a key, a watermark, an event id or a stream at two versions';
        END IF;
    END IF;

    -- A statement of its own: what follows must see what the holder before us has committed.
    SELECT * INTO STRICT before FROM log.head FOR UPDATE;
    present := greatest(clock_timestamp(), before.recorded_at);

    -- Every append that does not fit is told why; of several reasons the last one that is found here is given.
    SELECT array_agg(v.version ORDER BY a.ordinality),
           array_agg(CASE WHEN a.expected_version <> v.version THEN
               ROW('version-conflict', before.position, v.version, NULL, NULL, NULL, NULL, NULL)::log.verdict
           END ORDER BY a.ordinality)
    INTO standing, verdicts
    FROM unnest(appends) WITH ORDINALITY AS a,
         LATERAL (SELECT coalesce((SELECT s.version FROM log.events AS s WHERE s.stream = a.stream
                                   ORDER BY s.version DESC LIMIT 1), 0) AS version) AS v;

    IF marked THEN
        FOR seen IN
            SELECT a.ordinality AS n, coalesce(m.version, 0) AS mark,
                   CASE WHEN a.source_version > coalesce(m.version, 0) + 1 THEN 'watermark-hole'
                        WHEN a.source_version = m.version AND a.source_event_id <> m.event_id THEN 'watermark-conflict'
                        ELSE 'watermark-duplicate' END AS outcome
            FROM unnest(appends) WITH ORDINALITY AS a
            LEFT JOIN LATERAL (SELECT * FROM log.inbox AS m WHERE m.consumer = a.consumer AND m.log = a.source_log
                               AND m.stream = a.source_stream LIMIT 1) AS m ON true
            WHERE a.source_version > coalesce(m.version, 0) + 1 OR a.source_version <= m.version
        LOOP
            verdicts[seen.n] := (seen.outcome, before.position, seen.mark, NULL, NULL, NULL, NULL, NULL);
            repeated := true;
        END LOOP;
    END IF;
    IF keyed THEN
        FOR seen IN
            SELECT a.ordinality AS n, k.position, k.version, k.digest, k.status, k.location, k.stream
            FROM unnest(appends) WITH ORDINALITY AS a,
                 LATERAL (SELECT * FROM log.idempotency AS k WHERE k.scope = a.scope AND k.key = a.key LIMIT 1) AS k
        LOOP
            verdicts[seen.n] := ('key-known', seen.position, seen.version, NULL,
                                  seen.digest, seen.status, seen.location, seen.stream);
            repeated := true;
        END LOOP;
    END IF;
    IF fenced THEN
        -- Nobody takes over a lease between the look at its epoch and the commit.
        PERFORM 1 FROM log.lease AS l WHERE l.name IN (SELECT a.lease FROM unnest(appends) AS a)
        ORDER BY l.name FOR SHARE;
        FOR seen IN
            SELECT a.ordinality AS n
            FROM unnest(appends) WITH ORDINALITY AS a LEFT JOIN log.lease AS l ON l.name = a.lease
            WHERE a.lease IS NOT NULL AND l.epoch IS DISTINCT FROM a.epoch
        LOOP
            verdicts[seen.n] := ('fenced', before.position, 0, NULL, NULL, NULL, NULL, NULL);
        END LOOP;
    END IF;
    IF before.stopped IS NOT NULL THEN
        verdicts := array_fill(('log-stopped', before.position, 0, NULL, NULL, NULL, NULL, NULL)::log.verdict,
                               ARRAY[cardinality(appends)]);
    END IF;
    IF repeated THEN  -- what was stored by an earlier sending of the same append
        FOR seen IN
            SELECT a.ordinality AS n, k.position, k.version
            FROM unnest(appends) WITH ORDINALITY AS a
            LEFT JOIN LATERAL (SELECT * FROM log.idempotency AS k WHERE k.scope = a.scope AND k.key = a.key
                               LIMIT 1) AS k ON true
            LEFT JOIN LATERAL (SELECT * FROM log.inbox AS m WHERE m.consumer = a.consumer AND m.log = a.source_log
                               AND m.stream = a.source_stream LIMIT 1) AS m ON true
            WHERE a.append_id IN (k.append_id, m.append_id)
        LOOP
            verdicts[seen.n] := ('stored', coalesce(seen.position, before.position),
                                  coalesce(seen.version, standing[seen.n]), NULL, NULL, NULL, NULL, NULL);
        END LOOP;
    END IF;
    IF EXISTS (SELECT FROM unnest(events) AS e,
                           LATERAL (SELECT FROM log.events AS s WHERE s.event_id = e.event_id LIMIT 1) AS s) THEN
        FOR seen IN
            SELECT e.append AS n, max(s.position) AS position, max(s.version) AS version,
                   (array_agg(s.event_id) FILTER (WHERE s.position IS NOT NULL))[1] AS event_id,
                   CASE WHEN count(s.position) = count(*)
                             AND bool_and((s.stream, s.type, s.schema_version, s.payload, s.metadata)
                                        = ((appends[e.append]).stream, e.type, e.schema_version, e.payload, e.metadata))
                        THEN 'stored' ELSE 'event-id-taken' END AS outcome
            FROM unnest(events) AS e
            LEFT JOIN LATERAL (SELECT * FROM log.events AS s WHERE s.event_id = e.event_id LIMIT 1) AS s ON true
            GROUP BY e.append HAVING count(s.position) > 0
        LOOP
            repeated := true;
            verdicts[seen.n] := (seen.outcome, seen.position, seen.version, seen.event_id,
                                  NULL, NULL, NULL, NULL);
        END LOOP;
    END IF;

    IF shared THEN  -- of several that fit at the end of a stream the first with events is accepted, and moves that end
        owners := ARRAY(SELECT e.append FROM unnest(events) AS e ORDER BY 1);
        FOR seen IN
            SELECT f.n, f.version
            FROM (SELECT a.ordinality AS n, first_value(a.ordinality) OVER best AS winner,
                         standing[a.ordinality] + first_value(s.size) OVER best AS version
                  FROM unnest(appends) WITH ORDINALITY AS a,
                       LATERAL (SELECT width_bucket(a.ordinality, owners)
                                       - width_bucket(a.ordinality - 1, owners) AS size) AS s
                  WHERE verdicts[a.ordinality] IS NULL
                  WINDOW best AS (PARTITION BY a.stream ORDER BY s.size = 0, a.ordinality)) AS f
            WHERE f.n > f.winner AND f.version > standing[f.n]
        LOOP
            verdicts[seen.n] := ('version-conflict', before.position, seen.version, NULL, NULL, NULL, NULL, NULL);
        END LOOP;
    END IF;

    -- The others are accepted. So many of their events belong to the first n appends: width_bucket(n, owners).
    owners := ARRAY(SELECT e.append FROM unnest(events) AS e WHERE verdicts[e.append] IS NULL ORDER BY 1);
    verdicts := ARRAY(
        SELECT coalesce(verdicts[n], ROW(
            'accepted', before.position + width_bucket(n, owners),
            standing[n] + width_bucket(n, owners) - width_bucket(n - 1, owners), NULL, NULL, NULL, NULL, NULL
        )::log.verdict)
        FROM generate_series(1, cardinality(appends)) AS n ORDER BY n
    );
    PERFORM set_config('rongcuo.appending', 'on', true);
    INSERT INTO log.events
    SELECT before.position + e.n, (appends[e.append]).stream,
           standing[e.append] + e.n - width_bucket(e.append - 1, owners),
           e.event_id, e.type, e.schema_version, e.payload, e.metadata, present
    FROM (SELECT e.*, row_number() OVER (ORDER BY e.append, e.ordinality) AS n
          FROM unnest(events) WITH ORDINALITY AS e WHERE (verdicts[e.append]).outcome = 'accepted') AS e
    ORDER BY e.n;
    PERFORM set_config('rongcuo.appending', 'off', true);
    IF keyed THEN
        INSERT INTO log.idempotency
        SELECT a.scope, a.key, a.digest, a.status, a.location, a.stream,
               (verdicts[a.ordinality]).version, (verdicts[a.ordinality]).position, a.append_id, present
        FROM unnest(appends) WITH ORDINALITY AS a
        WHERE a.scope IS NOT NULL AND (verdicts[a.ordinality]).outcome = 'accepted';
    END IF;
    IF marked THEN
        INSERT INTO log.inbox
        SELECT a.consumer, a.source_log, a.source_stream, a.source_version, a.source_event_id, a.append_id
        FROM unnest(appends) WITH ORDINALITY AS a
        WHERE a.consumer IS NOT NULL AND (verdicts[a.ordinality]).outcome = 'accepted'
        ON CONFLICT (consumer, log, stream) DO UPDATE
        SET version = excluded.version, event_id = excluded.event_id, append_id = excluded.append_id;
    END IF;
    IF cardinality(timers) > 0 THEN
        INSERT INTO log.timers
        SELECT (appends[t.append]).stream, t.name, t.due_at
        FROM unnest(timers) AS t
        WHERE t.due_at IS NOT NULL AND (verdicts[t.append]).outcome = 'accepted'
        ON CONFLICT (stream, name) DO UPDATE SET due_at = excluded.due_at;
        DELETE FROM log.timers AS s USING unnest(timers) AS t
        WHERE t.due_at IS NULL AND (verdicts[t.append]).outcome = 'accepted'
              AND s.stream = (appends[t.append]).stream AND s.name = t.name;
    END IF;
    IF cardinality(owners) > 0 THEN
        UPDATE log.head SET position = before.position + cardinality(owners), recorded_at = present;
    ELSIF NOT (repeated OR keyed OR marked OR cardinality(timers) > 0) THEN
        SET LOCAL synchronous_commit = off;  -- nothing was written: such refusals need not wait for the disk
    END IF;
    RETURN QUERY
    SELECT CASE v.outcome WHEN 'accepted' THEN 'stored' ELSE v.outcome END,
           v.position, v.version, v.event_id, v.digest, v.status, v.location, v.stream
    FROM unnest(verdicts) WITH ORDINALITY AS v ORDER BY v.ordinality;
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
