-- What relay and consumers of one service remember. Role names are psql variables: :"app_role".
-- How far the log has been published, and by whom: a checkpoint of another epoch is refused.
CREATE TABLE log.relay (
    log text PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    event_id uuid
);

INSERT INTO log.relay (log) SELECT log FROM log.head;

-- Where each partition ended after the last acknowledgement: the event that stands at end_offset - 1.
CREATE TABLE log.relay_partitions (
    log text NOT NULL,
    partition integer NOT NULL,
    end_offset bigint NOT NULL CHECK (end_offset > 0),
    event_id uuid NOT NULL,
    PRIMARY KEY (log, partition)
);

-- The last record that a consumer has dealt with in a partition; moved by compare-and-swap only.
CREATE TABLE log.places (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    last_offset bigint NOT NULL CHECK (last_offset >= 0),
    event_id uuid NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);

-- Events that wait: for a missing one before them (error null), for another attempt, or behind such an event.
CREATE TABLE log.parked (
    consumer text NOT NULL,
    log text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    schema_version integer NOT NULL,
    payload bytea NOT NULL,
    metadata bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    error text,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, log, stream, version)
);

-- What was brought back from the topic, so that the event that tells of it is written whatever happens in between.
CREATE TABLE log.restorations (
    from_position bigint PRIMARY KEY,
    to_position bigint NOT NULL,
    restored_at timestamptz NOT NULL DEFAULT now()
);
